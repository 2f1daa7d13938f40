package lethe.model.adapter;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import lethe.model.checkpoint.TensorSource;
import lethe.random.SplitMix64;

/**
 * The start of an adapter, as PEFT initialises it: A uniform between -1 / sqrt(inputs) and 1 /
 * sqrt(inputs) (Kaiming-uniform with a = sqrt 5), B zero, so the network starts as the base. Each
 * element is a function of the seed, its tensor's name and its position alone.
 */
public final class AdapterStart implements TensorSource {
  private final long seed;

  /** Bound of A, by name of the tensor; B is not here. */
  private final Map<String, Double> bounds = new HashMap<>();

  public AdapterStart(AdaptedNetwork network, long seed) {
    this.seed = seed;
    network
        .matrices()
        .forEach(matrix -> bounds.put(matrix.a().name(), 1 / Math.sqrt((double) matrix.inputs())));
  }

  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    Double bound = bounds.get(name);
    if (bound == null) {
      Arrays.fill(to, offset, offset + count, 0);
      return;
    }
    long stream = SplitMix64.mix(seed ^ SplitMix64.mix(name.hashCode() + SplitMix64.GAMMA));
    for (int i = 0; i < count; i++) {
      double uniform =
          (SplitMix64.mix(stream + (fromElement + i) * SplitMix64.GAMMA) >>> 11) * 0x1p-53;
      to[offset + i] = (float) (bound * (2 * uniform - 1));
    }
  }
}
