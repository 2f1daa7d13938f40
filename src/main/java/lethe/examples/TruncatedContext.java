package lethe.examples;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lethe.model.network.TokenBatch;

/**
 * Texts in overlapping pieces, from which each token is predicted by few tokens before it. A piece
 * has c + 1 tokens and begins c/2, rounded up, after the one before; of its tokens those are scored
 * that no piece before it has. So a token is predicted from min(t, c) tokens at the most, t being
 * those before it in its text, and from more than half as many. The pieces have about twice the
 * tokens of the texts.
 */
final class TruncatedContext {
  private TruncatedContext() {}

  /**
   * The scored positions of the texts, in the order that {@link TokenBatch} gives them, in pieces.
   *
   * @param tokens sequences of at least 2 tokens
   * @param labels of the same lengths, as for {@link TokenBatch#of(NDManager, List, List)}
   * @param context c, at least 1
   */
  static TokenBatch of(NDManager manager, List<int[]> tokens, List<int[]> labels, int context) {
    int stride = context - context / 2;
    List<int[]> pieces = new ArrayList<>();
    List<int[]> scored = new ArrayList<>();
    for (int text = 0; text < tokens.size(); text++) {
      int length = tokens.get(text).length;
      int told = 0; // tokens that have been scored
      for (int from = 0; told < length; from += stride) {
        int to = Math.min(length, from + context + 1);
        int[] own = Arrays.copyOfRange(labels.get(text), from, to);
        Arrays.fill(own, 0, told - from, TokenBatch.IGNORED);
        pieces.add(Arrays.copyOfRange(tokens.get(text), from, to));
        scored.add(own);
        told = to;
      }
    }
    return TokenBatch.of(manager, pieces, scored);
  }
}
