package lethe.examples;

import java.nio.charset.StandardCharsets;

/**
 * Random numbers that belong to places in the corpus: the same for a seed and a chunk, whatever
 * else is drawn, by whom and in which order.
 *
 * @param key of a chunk
 */
record ChunkRandom(long key) {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  static ChunkRandom of(long seed, String domain, String document, int ordinal) {
    long key = mix(seed + GOLDEN);
    for (String text : new String[] {domain, document}) {
      for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
        key = mix(key ^ b);
      }
      key = mix(key + GOLDEN); // so that where one name ends counts
    }
    return new ChunkRandom(mix(key ^ ordinal));
  }

  /**
   * A number from 0 to less than 1, with 24 random bits, which a float holds.
   *
   * @param position in the chunk
   */
  float nextFloat(int position) {
    return (mix(key + (position + 1) * GOLDEN) >>> 40) * 0x1p-24f;
  }

  /** A number from 0 to less than {@code below}. */
  int nextInt(int position, int below) {
    return (int) Math.multiplyHigh(mix(key + (position + 1) * GOLDEN) >>> 1, (long) below << 1);
  }

  /** The finalizer of SplitMix64 (Steele et al., 2014), in which every bit moves every other. */
  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
