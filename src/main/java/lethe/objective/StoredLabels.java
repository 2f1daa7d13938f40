package lethe.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * Labels of some scored positions that were made before training: {@link LikeliestTokens} as
 * tensors.
 *
 * @param truthN1 probability of the true token
 * @param idsNK int64, the likeliest other tokens
 * @param probabilitiesNK of these
 * @param restN1 of all tokens that are left
 */
public record StoredLabels(
    NDArray truthN1, NDArray idsNK, NDArray probabilitiesNK, NDArray restN1) {
  /**
   * The labels of texts that are one after the other.
   *
   * @param manager owns the arrays
   * @param texts with as many other tokens a position as one another
   * @throws IllegalStateException when they have not
   */
  public static StoredLabels of(NDManager manager, List<LikeliestTokens> texts) {
    int positions = texts.stream().mapToInt(LikeliestTokens::positions).sum();
    int k = texts.stream().mapToInt(LikeliestTokens::likeliest).max().orElse(0);
    float[] truth = new float[positions];
    float[] rest = new float[positions];
    float[] probabilities = new float[positions * k];
    long[] ids = new long[positions * k];
    int at = 0;
    for (LikeliestTokens text : texts) {
      int own = text.positions();
      if (own > 0 && text.likeliest() != k) {
        throw new IllegalStateException(
            "Cannot join labels of %d and of %d tokens a position".formatted(k, text.likeliest()));
      }
      System.arraycopy(text.truth(), 0, truth, at, own);
      System.arraycopy(text.rest(), 0, rest, at, own);
      System.arraycopy(text.probabilities(), 0, probabilities, at * k, own * k);
      for (int i = 0; i < own * k; i++) {
        ids[at * k + i] = text.ids()[i];
      }
      at += own;
    }
    return new StoredLabels(
        manager.create(truth, new Shape(positions, 1)),
        manager.create(ids, new Shape(positions, k)),
        manager.create(probabilities, new Shape(positions, k)),
        manager.create(rest, new Shape(positions, 1)));
  }

  /** Those of some of the positions. */
  public StoredLabels rows(int from, int to) {
    NDIndex rows = new NDIndex("{}:{}", from, to);
    return new StoredLabels(
        truthN1.get(rows), idsNK.get(rows), probabilitiesNK.get(rows), restN1.get(rows));
  }

  /** The same arrays, owned by another manager. */
  public StoredLabels attachedTo(NDManager manager) {
    for (NDArray array : List.of(truthN1, idsNK, probabilitiesNK, restN1)) {
      array.attach(manager);
    }
    return this;
  }
}
