package lethe.examples;

import java.nio.charset.StandardCharsets;
import lethe.random.SplitMix64;

/**
 * Random numbers that belong to places in the corpus: the same for a seed and a chunk, whatever
 * else is drawn, by whom and in which order.
 *
 * @param key of a chunk
 */
record ChunkRandom(long key) {
  static ChunkRandom of(long seed, String domain, String document, int ordinal) {
    long key = SplitMix64.mix(seed + SplitMix64.GAMMA);
    for (String text : new String[] {domain, document}) {
      for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
        key = SplitMix64.mix(key ^ b);
      }
      key = SplitMix64.mix(key + SplitMix64.GAMMA); // so that the boundaries between names count
    }
    return new ChunkRandom(SplitMix64.mix(key ^ ordinal));
  }

  /**
   * A number from 0 to less than 1, with 24 random bits, which a float holds.
   *
   * @param position in the chunk
   */
  float nextFloat(int position) {
    return (SplitMix64.mix(key + (position + 1) * SplitMix64.GAMMA) >>> 40) * 0x1p-24f;
  }

  /** A number from 0 to less than {@code below}. */
  int nextInt(int position, int below) {
    return (int)
        Math.multiplyHigh(
            SplitMix64.mix(key + (position + 1) * SplitMix64.GAMMA) >>> 1, (long) below << 1);
  }
}
