package lethe.train.optimizer;

import java.util.HashMap;
import java.util.Map;
import lethe.model.checkpoint.TensorSource;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.ParameterLayout;

/**
 * Weights by tensor name: the trained ones, which the driver holds bucket by bucket, and those that
 * are as they were.
 */
public final class MasterWeights implements TensorSource {
  private final Map<String, Long> starts = new HashMap<>();
  private final ParameterLayout layout;
  private final float[][] weights;
  private final TensorSource others;

  /**
   * @param weights bucket by bucket
   * @param others the weights that are not trained
   */
  public MasterWeights(ParameterLayout layout, float[][] weights, TensorSource others) {
    this.layout = layout;
    this.weights = weights;
    this.others = others;
    layout.tensors().forEach(tensor -> starts.put(tensor.name(), tensor.offset()));
  }

  /** Reads the weights that are trained into buckets. */
  public static float[][] load(ParameterLayout layout, TensorSource start) {
    Buckets buckets = layout.buckets();
    float[][] vector = buckets.allocate();
    for (ParameterLayout.TensorRange tensor : layout.tensors()) {
      for (long done = 0; done < tensor.elements(); ) {
        int bucket = buckets.at(tensor.offset() + done);
        int index = (int) (tensor.offset() + done - buckets.offset(bucket));
        int count = (int) Math.min(tensor.elements() - done, buckets.length(bucket) - index);
        start.read(tensor.name(), done, vector[bucket], index, count);
        done += count;
      }
    }
    return vector;
  }

  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    Long start = starts.get(name);
    if (start == null) {
      others.read(name, fromElement, to, offset, count);
      return;
    }
    Buckets buckets = layout.buckets();
    long at = start + fromElement;
    for (int done = 0; done < count; ) {
      int bucket = buckets.at(at + done);
      int index = (int) (at + done - buckets.offset(bucket));
      int length = Math.min(count - done, buckets.length(bucket) - index);
      System.arraycopy(weights[bucket], index, to, offset + done, length);
      done += length;
    }
  }
}
