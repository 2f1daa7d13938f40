package lethe.random;

/**
 * The generator SplitMix64, whose n-th number is a function of its seed and n alone: so numbers can
 * belong to places in a text or a tensor, whoever requests them and in whatever order.
 *
 * <pre>  number n of seed s = mix(s + n GAMMA),   n from 1 </pre>
 *
 * Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, as {@link
 * java.util.SplittableRandom} computes it. That class is not used, since it keeps its state in an
 * object and does not promise a stable algorithm.
 */
public final class SplitMix64 {
  /** The odd number nearest to 2^64 over the golden ratio. */
  public static final long GAMMA = 0x9E3779B97F4A7C15L;

  private SplitMix64() {}

  /** A bijection in which every input bit affects every output bit. */
  public static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
