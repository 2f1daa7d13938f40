package lethe.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Token sequences laid side by side, padded on the right, and the positions in them that are
 * scored. Only scored positions go through the head, so padding costs nothing there and cannot
 * affect a loss.
 *
 * @param idsBT int64 token ids, padded with id 0
 * @param rowsN int64 flat positions b * T + t whose prediction is scored, in order
 * @param labelsN int64, the token each of them should predict
 * @param sequence for each scored position, the sequence it belongs to
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record TokenBatch(NDArray idsBT, NDArray rowsN, NDArray labelsN, int[] sequence) {
  /** A label that is not scored. */
  public static final int IGNORED = -100;

  /**
   * Each token predicted from those before it; the first has no prediction.
   *
   * @param manager owns the arrays
   * @param tokens sequences of at least 2 tokens
   */
  public static TokenBatch of(NDManager manager, List<int[]> tokens) {
    return of(manager, tokens, tokens);
  }

  /**
   * @param manager owns the arrays
   * @param tokens sequences of at least 2 tokens
   * @param labels of the same lengths, or one longer: the label at t is what position t - 1 should
   *     predict, or {@link #IGNORED}; the first is never scored, and that behind the last token is
   *     what the last token should predict
   */
  public static TokenBatch of(NDManager manager, List<int[]> tokens, List<int[]> labels) {
    int longest = tokens.stream().mapToInt(t -> t.length).max().orElseThrow();
    long[] ids = new long[tokens.size() * longest];
    IntStream.Builder rows = IntStream.builder();
    IntStream.Builder wanted = IntStream.builder();
    IntStream.Builder sequence = IntStream.builder();
    for (int b = 0; b < tokens.size(); b++) {
      int[] own = labels.get(b);
      int length = tokens.get(b).length;
      if (own.length != length && own.length != length + 1) {
        throw new IllegalArgumentException(
            "Cannot score a sequence of " + length + " tokens with " + own.length + " labels");
      }
      for (int t = 0; t < own.length; t++) {
        if (t < length) {
          ids[b * longest + t] = tokens.get(b)[t];
        }
        if (t > 0 && own[t] != IGNORED) {
          rows.add(b * longest + t - 1);
          wanted.add(own[t]);
          sequence.add(b);
        }
      }
    }
    return new TokenBatch(
        manager.create(ids, new Shape(tokens.size(), longest)),
        manager.create(rows.build().asLongStream().toArray()),
        manager.create(wanted.build().asLongStream().toArray()),
        sequence.build().toArray());
  }

  /** Number of scored positions. */
  public int scored() {
    return sequence.length;
  }

  /** Scored positions that a sequence has, without building a batch. */
  public static int scored(int[] labels) {
    return (int) Arrays.stream(labels).skip(1).filter(l -> l != IGNORED).count();
  }
}
