package lethe.examples;

import java.io.Serializable;
import java.util.Arrays;
import lethe.model.network.TokenBatch;
import lethe.settings.InvalidSettings;

/**
 * The labels of terms that learn a short text again and again.
 *
 * @param tokens of that text
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record RepeatedLabels(int[] tokens) implements Serializable {
  /** For methods that have no such term. */
  public static final RepeatedLabels NONE = new RepeatedLabels(new int[0]);

  /**
   * The tokens of a text that a user gives.
   *
   * @param rows of the model's embedding
   * @throws InvalidSettings when it has none, or one that the model does not have
   */
  public static RepeatedLabels of(String text, int[] tokens, int rows) {
    if (tokens.length == 0 || Arrays.stream(tokens).anyMatch(token -> token >= rows)) {
      throw new InvalidSettings(
          "unlearn.jsd-text must be a text of tokens that the model has, those below %d, was \"%s\", which is %s; choose another"
              .formatted(rows, text, Arrays.toString(tokens)));
    }
    return new RepeatedLabels(tokens);
  }

  /**
   * Labels for a text, which begin with the short text's first token where its own would begin.
   *
   * @param length of the text, tokens
   * @param prompt tokens before the answer, 0 in plain text
   */
  int[] labels(int length, int prompt) {
    int[] labels = new int[length];
    int first = Math.max(prompt, 1); // nothing predicts the first token
    for (int t = 0; t < length; t++) {
      labels[t] = t < first ? TokenBatch.IGNORED : tokens[(t - first) % tokens.length];
    }
    return labels;
  }
}
