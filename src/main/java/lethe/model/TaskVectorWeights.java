package lethe.model;

import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Architecture;
import lethe.settings.InvalidSettings;

/**
 * The weights of a model without a part of what training on some text added to another.
 *
 * <pre>  W' = S - a (F - R)
 * </pre>
 *
 * S are the weights to begin with, F those of a model finetuned on the text, R those that its
 * finetuning began with; F - R is the task vector. Usually S = R, and a = 1 takes as much off as
 * the finetuning put on. Ilharco et al., "Editing Models with Task Arithmetic", arXiv:2212.04089.
 * All weights change, norms and biases too. An element is computed in double precision from three
 * float32 numbers and rounded once, so it does not depend on how a tensor is read.
 */
public final class TaskVectorWeights implements TensorSource {
  private static final int PIECE = 1 << 16;

  private final TensorSource start;
  private final TensorSource finetuned;
  private final TensorSource reference;
  private final double scale;

  private TaskVectorWeights(
      TensorSource start, TensorSource finetuned, TensorSource reference, double scale) {
    this.start = start;
    this.finetuned = finetuned;
    this.reference = reference;
    this.scale = scale;
  }

  /**
   * @param start S
   * @param finetuned F
   * @param reference R
   * @param scale a, greater than 0
   * @throws InvalidSettings naming two of the models that have different networks
   */
  public static TaskVectorWeights of(
      ModelSource start, ModelSource finetuned, ModelSource reference, double scale) {
    requireSame(finetuned, reference);
    requireSame(finetuned, start);
    TensorSource weights = start.weights();
    return new TaskVectorWeights(
        weights,
        finetuned.weights(),
        reference.equals(start) ? weights : reference.weights(),
        scale);
  }

  private static void requireSame(ModelSource one, ModelSource other) {
    Architecture network = one.architecture();
    network
        .difference(other.architecture())
        .ifPresent(
            difference -> {
              throw new InvalidSettings(
                  "Cannot make a task vector of %s and %s: %s; finetune the model itself"
                      .formatted(one.path(), other.path(), difference));
            });
  }

  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    float[] with = new float[Math.min(PIECE, count)];
    float[] without = new float[with.length];
    for (int done = 0; done < count; done += with.length) {
      int some = Math.min(with.length, count - done);
      start.read(name, fromElement + done, to, offset + done, some);
      finetuned.read(name, fromElement + done, with, 0, some);
      reference.read(name, fromElement + done, without, 0, some);
      for (int i = 0; i < some; i++) {
        int at = offset + done + i;
        to[at] = (float) (to[at] - scale * ((double) with[i] - without[i]));
      }
    }
  }
}
