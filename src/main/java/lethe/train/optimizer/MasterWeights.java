package lethe.train.optimizer;

import java.util.HashMap;
import java.util.Map;
import lethe.model.checkpoint.TensorSource;
import lethe.train.gradient.ParameterLayout;

/** Weights that the driver holds bucket by bucket, by tensor name. */
public final class MasterWeights implements TensorSource {
  private final Map<String, Long> starts = new HashMap<>();
  private final ParameterLayout layout;
  private final float[][] weights;

  /**
   * @param weights bucket by bucket, frozen ones too
   */
  public MasterWeights(ParameterLayout layout, float[][] weights) {
    this.layout = layout;
    this.weights = weights;
    layout.tensors().forEach(tensor -> starts.put(tensor.name(), tensor.offset()));
  }

  /** Reads weights into buckets. */
  public static float[][] load(ParameterLayout layout, TensorSource start) {
    float[][] vector = layout.allocate();
    for (ParameterLayout.TensorRange tensor : layout.tensors()) {
      for (long done = 0; done < tensor.elements(); ) {
        int bucket = layout.bucket(tensor.offset() + done);
        int index = (int) (tensor.offset() + done - layout.offset(bucket));
        int count = (int) Math.min(tensor.elements() - done, layout.length(bucket) - index);
        start.read(tensor.name(), done, vector[bucket], index, count);
        done += count;
      }
    }
    return vector;
  }

  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    long at = starts.get(name) + fromElement;
    for (int done = 0; done < count; ) {
      int bucket = layout.bucket(at + done);
      int index = (int) (at + done - layout.offset(bucket));
      int length = Math.min(count - done, layout.length(bucket) - index);
      System.arraycopy(weights[bucket], index, to, offset + done, length);
      done += length;
    }
  }
}
