package lethe.model.family;

import java.util.List;
import java.util.function.IntFunction;
import lethe.model.network.Architecture;

/**
 * Rotary position embedding (Su et al., arXiv:2104.09864): element pairs (i, i + d/2) of a head
 * turn by position x frequency. Tables hold the cosine and sine of each angle, computed as Hugging
 * Face does: frequencies and angles in float32.
 *
 * @param frequencies for a sequence length, the d/2 frequencies in radians per position
 * @param scale factor on cosine and sine (1 for most types)
 */
record Rope(IntFunction<float[]> frequencies, double scale) {
  /** Most elements of a head: more than any model has, and few enough for tables. */
  static final int MOST_DIMENSIONS = 1 << 16;

  /** For architectures with learned positions, which ignore it. */
  static final Rope NONE = new Rope(tokens -> new float[1], 0);

  /** Cosines and sines for positions 0 to tokens - 1, each row its d/2 angles. */
  List<Architecture.Table> tables(int tokens) {
    float[] frequency = frequencies.apply(tokens);
    int half = frequency.length;
    float[] cosines = new float[tokens * half];
    float[] sines = new float[tokens * half];
    for (int t = 0; t < tokens; t++) {
      for (int i = 0; i < half; i++) {
        float angle = t * frequency[i];
        cosines[t * half + i] = (float) (Math.cos(angle) * scale);
        sines[t * half + i] = (float) (Math.sin(angle) * scale);
      }
    }
    return List.of(
        new Architecture.Table(tokens, half, cosines), new Architecture.Table(tokens, half, sines));
  }
}
