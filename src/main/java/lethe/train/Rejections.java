package lethe.train;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sentences that refuse an answer, as tokens that can follow a question, with an end of text each.
 *
 * @param sentences token ids
 * @param most tokens a question and a rejection may have together; a longer rejection is cut
 */
public record Rejections(List<int[]> sentences, int most) implements Serializable {
  /** For methods that never reject. */
  public static final Rejections NONE = new Rejections(List.of(), 0);

  /**
   * A question with a rejection in place of its answer.
   *
   * @param tokens question and answer
   * @param prompt tokens of the question
   * @param sentence which rejection
   */
  int[] after(int[] tokens, int prompt, int sentence) {
    int[] rejection = sentences.get(sentence);
    return IntStream.concat(IntStream.of(tokens).limit(prompt), IntStream.of(rejection))
        .limit(most)
        .toArray();
  }
}
