package lethe.train.exchange;

/** Checks that numbers are finite, at the speed of memory. */
public final class FiniteCheck {
  private FiniteCheck() {}

  /**
   * x * 0 is 0 for a finite x and NaN for any other, so the sum is 0 only if all are finite. Eight
   * sums, because each addition to a single sum would have to wait for the one before.
   *
   * @param from first element
   * @param to the one after the last
   */
  public static boolean finite(float[] values, int from, int to) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    float e = 0;
    float f = 0;
    float g = 0;
    float h = 0;
    int i = from;
    for (; i + 7 < to; i += 8) {
      a += values[i] * 0;
      b += values[i + 1] * 0;
      c += values[i + 2] * 0;
      d += values[i + 3] * 0;
      e += values[i + 4] * 0;
      f += values[i + 5] * 0;
      g += values[i + 6] * 0;
      h += values[i + 7] * 0;
    }
    for (; i < to; i++) {
      a += values[i] * 0;
    }
    return a + b + c + d + e + f + g + h == 0;
  }
}
