package lethe.generation;

import java.nio.charset.StandardCharsets;
import lethe.random.SplitMix64;

/**
 * A token drawn from the model's distribution at a temperature T, by the Gumbel-max trick:
 *
 * <pre>  argmax_v  z_v / T - log(-log u_v),   u_v uniform on (0, 1)  </pre>
 *
 * has the distribution softmax(z / T). Each u_v belongs to the seed, the prompt's id, the token's
 * place in the answer and v, so a draw does not depend on what else is drawn; and unlike a draw
 * from cumulated probabilities it changes only where two scores are nearly equal, which is rare.
 *
 * <p>Gumbel, "Statistical Theory of Extreme Values", 1954; Maddison et al., "A* Sampling", 2014,
 * arXiv:1411.0030.
 */
final class SampledToken implements TokenChoice {
  private static final int BITS = 53; // those of a double's fraction

  private final double temperature;
  private final long seed;
  private final double clear;

  /**
   * @param temperature above 0
   */
  SampledToken(double temperature, long seed) {
    this.temperature = temperature;
    this.seed = seed;
    this.clear = CLEAR / temperature;
  }

  @Override
  public Choice choose(float[] logits, int from, int vocabulary, String id, int place) {
    long key = SplitMix64.mix(key(seed, id) + (place + 1) * SplitMix64.GAMMA);
    int best = -1;
    double first = Double.NEGATIVE_INFINITY;
    double second = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < vocabulary; v++) {
      double scaled = logits[from + v] / temperature;
      long bits = SplitMix64.mix(key + (v + 1) * SplitMix64.GAMMA) >>> (64 - BITS);
      if (scaled + atMost(bits) > first - clear) { // else far behind, as most are
        double score = scaled + gumbel(bits);
        if (score > first) {
          second = first;
          first = score;
          best = v;
        } else if (score > second) {
          second = score;
        }
      }
    }
    return Choice.of(best, first * temperature, second * temperature);
  }

  /** Of a prompt. */
  private static long key(long seed, String id) {
    long key = SplitMix64.mix(seed + SplitMix64.GAMMA);
    for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
      key = SplitMix64.mix(key ^ b);
    }
    return SplitMix64.mix(key + SplitMix64.GAMMA);
  }

  private static double gumbel(long bits) {
    return -StrictMath.log(-StrictMath.log((bits + 0.5) * 0x1p-53));
  }

  /**
   * A number that {@link #gumbel} does not exceed, without logarithms: -log(-log(1 - w)) is at most
   * -log(w), and w is at least the power of two of its highest bit.
   */
  private static double atMost(long bits) {
    long w = (1L << BITS) - 1 - bits;
    return (Long.numberOfLeadingZeros(w) - 64 + BITS + 1) * Math.log(2);
  }
}
