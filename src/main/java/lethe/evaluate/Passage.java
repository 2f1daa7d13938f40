package lethe.evaluate;

import java.util.Arrays;
import lethe.model.network.TokenBatch;

/**
 * Some tokens, of which those at the end are scored: all but the first of a plain text, the answer
 * of a question with its answer.
 *
 * @param tokens at least 2
 * @param from the first that is scored, at least 1
 * @param read how many of them, from the first, the model reads: all, or all but the last, which is
 *     predicted and predicts nothing
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Passage(int[] tokens, int from, int read) {

  /** The model reads all tokens. */
  Passage(int[] tokens, int from) {
    this(tokens, from, tokens.length);
  }

  /**
   * A chunk.
   *
   * @param prompt tokens before the answer, 0 in plain text
   */
  static Passage chunk(int[] tokens, int prompt) {
    return new Passage(tokens, Math.max(1, prompt)); // the first token has no prediction
  }

  /** Number of tokens that are scored. */
  int scored() {
    return tokens.length - from;
  }

  /** What the model reads. */
  int[] input() {
    return read == tokens.length ? tokens : Arrays.copyOf(tokens, read);
  }

  /** As {@link TokenBatch} takes them. */
  int[] labels() {
    int[] labels = tokens.clone();
    Arrays.fill(labels, 0, from, TokenBatch.IGNORED);
    return labels;
  }

  /** What its text is: the whole, or the answer alone. */
  int[] own() {
    return from == 1 ? tokens : Arrays.copyOfRange(tokens, from, tokens.length);
  }
}
