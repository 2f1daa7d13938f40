package lethe.random;

/**
 * Standard normal numbers of the elements of a tensor: each a function of the seed, the tensor's
 * name and the element's position alone, by the Box-Muller transform of two uniform ones.
 */
public final class NormalNumbers {
  private final long stream;

  /**
   * @param name of the tensor
   */
  public NormalNumbers(long seed, String name) {
    this.stream = mix(seed ^ mix(name.hashCode()));
  }

  /** The number of an element, from 0. */
  public double at(long element) {
    long counter = stream + 2 * element;
    double u = ((mix(counter) >>> 11) + 1) * 0x1p-53;
    double v = (mix(counter + 1) >>> 11) * 0x1p-53;
    return StrictMath.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * StrictMath.PI * v);
  }

  /** The first number of a generator. */
  private static long mix(long seed) {
    return SplitMix64.mix(seed + SplitMix64.GAMMA);
  }
}
