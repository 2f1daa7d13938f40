package lethe.objective;

/** The logistic function, without overflow and with the same bits on every machine. */
final class Logistic {
  private Logistic() {}

  /** log(1 + e^x), which is -log sigmoid(-x). */
  static double softplus(double x) {
    return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
  }

  /** 1 / (1 + e^-x). */
  static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + StrictMath.exp(-x)) : StrictMath.exp(x) / (1 + StrictMath.exp(x));
  }
}
