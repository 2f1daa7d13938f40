package lethe.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** By how much true tokens are lowered, against the labels that come of it. */
class TrueTokenOddsTest {
  private static final int POSITIONS = 400;
  private static final int VOCABULARY = 9;
  private static final double TEMPERATURE = 1.3;

  @Test
  void labelsLoweredByTheAnswerHaveTheLoss() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      Random random = new Random(3);
      float[][] logits = new float[POSITIONS][VOCABULARY];
      long[] labels = new long[POSITIONS];
      for (int i = 0; i < POSITIONS; i++) {
        labels[i] = random.nextInt(VOCABULARY);
        for (int v = 0; v < VOCABULARY; v++) {
          logits[i][v] = (float) (2 * random.nextGaussian());
        }
        logits[i][(int) labels[i]] += 4; // it knows them
      }
      Positions positions = new Positions(manager.create(logits), manager.create(labels), Map.of());
      TrueTokenOdds odds = counted(TrueTokenOdds.bins(positions, TEMPERATURE));
      assertThat(odds.loss(0)).isCloseTo(loss(logits, labels, 0), within(1 / 128.0));
      for (double target : new double[] {1, 2.5, 5}) {
        double nats = odds.lowering(target);
        assertThat(nats).isPositive();
        assertThat(odds.loss(nats)).isCloseTo(target, within(1e-9));
        assertThat(loss(logits, labels, nats)).isCloseTo(target, within(1 / 128.0));
      }
      assertThat(odds.lowering(odds.loss(0) - 0.01)).as("it is unlikely enough").isZero();
      assertThat(odds.loss(odds.lowering(200))).as("far").isCloseTo(200, within(1e-9));
    }
  }

  @Test
  void certaintyBeyondTheLastBinCountsAsThat() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      float[][] logits = {{1e30f, 0, 0}, {-1e30f, 0, 0}, {0, -1e9f, -1e9f}};
      int[] bins =
          TrueTokenOdds.bins(
              new Positions(manager.create(logits), manager.create(new long[] {0, 0, 0}), Map.of()),
              1);
      assertThat(bins).containsExactly(TrueTokenOdds.BINS - 1, 0, TrueTokenOdds.BINS - 1);
    }
  }

  /** Mean loss of the true token under softmax(z / T - nats onehot), worked out directly. */
  private static double loss(float[][] logits, long[] labels, double nats) {
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      double all = 0;
      double own = 0;
      for (int v = 0; v < logits[i].length; v++) {
        double e = Math.exp(logits[i][v] / TEMPERATURE - (v == labels[i] ? nats : 0));
        all += e;
        own = v == labels[i] ? e : own;
      }
      sum -= Math.log(own / all);
    }
    return sum / logits.length;
  }

  private static TrueTokenOdds counted(int[] bins) {
    long[] counts = new long[TrueTokenOdds.BINS];
    for (int bin : bins) {
      counts[bin]++;
    }
    return new TrueTokenOdds(counts);
  }
}
