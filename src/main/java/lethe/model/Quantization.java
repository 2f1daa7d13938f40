package lethe.model;

/**
 * How the matrices of layers are rounded to few bits, as a copy of a model for small machines has
 * them. Embedding, output matrix, norms and biases are left as they are. Values are computed as
 * bitsandbytes computes them (Dettmers et al., arXiv:2208.07339 and arXiv:2305.14314): rounded and
 * multiplied back, so that any pass runs with them.
 */
public enum Quantization {
  /** Not at all. */
  NONE {
    @Override
    void round(float[] values, int columns) {
      // left as they are
    }
  },
  /**
   * 4 bits: blocks of 64 values in the order of memory, each divided by its largest magnitude and
   * rounded to the nearest of 16 levels.
   */
  NF4 {
    @Override
    void round(float[] values, int columns) {
      for (int from = 0; from < values.length; from += BLOCK) {
        int to = Math.min(from + BLOCK, values.length);
        float most = largest(values, from, to);
        if (most > 0) {
          float scale = 1 / most;
          for (int i = from; i < to; i++) {
            values[i] = LEVELS[nearest(values[i] * scale)] * most;
          }
        }
      }
    }
  },
  /** 8 bits: each row divided by its largest magnitude and rounded to the nearest of 255 levels. */
  INT8 {
    @Override
    void round(float[] values, int columns) {
      for (int from = 0; from < values.length; from += columns) {
        int to = from + columns;
        float most = largest(values, from, to);
        if (most > 0) {
          float scale = 1 / most * STEPS; // in this order, as PyTorch divides a number by a tensor
          for (int i = from; i < to; i++) {
            values[i] = (int) Math.rint(values[i] * scale) * most * (1 / STEPS);
          }
        }
      }
    }
  };

  private static final int BLOCK = 64;
  private static final float STEPS = 127;

  /** The levels of NF4: quantiles of the normal distribution, with 0 among them. */
  private static final float[] LEVELS = {
    -1.0f,
    -0.6961928f,
    -0.52507305f,
    -0.3949175f,
    -0.28444138f,
    -0.18477343f,
    -0.091050036f,
    0.0f,
    0.0795803f,
    0.1609302f,
    0.2461123f,
    0.33791524f,
    0.44070983f,
    0.562617f,
    0.72295684f,
    1.0f
  };

  /**
   * Rounds a matrix in place.
   *
   * @param values rows of outputs, one after another
   * @param columns inputs: values per row
   */
  abstract void round(float[] values, int columns);

  private static float largest(float[] values, int from, int to) {
    float most = 0;
    for (int i = from; i < to; i++) {
      most = Math.max(most, Math.abs(values[i]));
    }
    return most;
  }

  /** The first of the nearest levels. */
  private static int nearest(float value) {
    int nearest = 0;
    for (int level = 1; level < LEVELS.length; level++) {
      if (Math.abs(value - LEVELS[level]) < Math.abs(value - LEVELS[nearest])) {
        nearest = level;
      }
    }
    return nearest;
  }
}
