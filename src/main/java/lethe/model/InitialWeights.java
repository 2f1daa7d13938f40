package lethe.model;

import java.util.HashMap;
import java.util.Map;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Architecture;
import lethe.random.NormalNumbers;

/**
 * The start of pre-training, as Hugging Face initialises these models: normal for matrices, one for
 * the scales of norms, zero for biases. Each element is a function of the seed, its tensor's name
 * and its position alone.
 */
public final class InitialWeights implements TensorSource {
  private final long seed;
  private final double deviation;
  private final float scale;
  private final Map<String, NamedShape> shapes = new HashMap<>();

  /**
   * @param deviation standard deviation of matrices
   */
  public InitialWeights(Architecture architecture, double deviation, long seed) {
    this.seed = seed;
    this.deviation = deviation;
    this.scale = architecture.initialScale();
    architecture.tensors().forEach(t -> shapes.put(t.name(), t));
  }

  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    boolean matrix = shapes.get(name).shape().size() > 1;
    float constant = name.endsWith(".bias") ? 0 : scale;
    NormalNumbers normal = new NormalNumbers(seed, name);
    for (int i = 0; i < count; i++) {
      to[offset + i] = matrix ? (float) (deviation * normal.at(fromElement + i)) : constant;
    }
  }
}
