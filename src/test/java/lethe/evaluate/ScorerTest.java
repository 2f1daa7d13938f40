package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lethe.evaluate.metric.TokenScores;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.network.PredictionStatistics;
import lethe.model.network.PredictionStatistics.Statistic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a prediction, beside the same in double precision. */
class ScorerTest {
  @TempDir Path temp;

  @AfterEach
  void letGo() {
    LoadedModel.clear();
  }

  @Test
  void statisticsAreThoseOfTheSoftmax() {
    int positions = 6;
    int vocabulary = 500;
    float[] spreads = {0, 1e-3f, 1, 5, 40, 1000};
    Random random = new Random(2);
    float[] logits = new float[positions * vocabulary];
    long[] labels = new long[positions];
    for (int n = 0; n < positions; n++) {
      labels[n] = random.nextInt(vocabulary);
      for (int v = 0; v < vocabulary; v++) {
        logits[n * vocabulary + v] = (float) (7 + spreads[n] * random.nextGaussian());
      }
    }
    try (Network network = TinyLlama.network();
        NDManager manager = network.newManager()) {
      PredictionStatistics found =
          network.statistics(
              manager.create(logits, new Shape(positions, vocabulary)), manager.create(labels));
      for (int n = 0; n < positions; n++) {
        Map<Statistic, Double> all =
            statistics(logits, n * vocabulary, vocabulary, (int) labels[n]);
        assertThat(all).containsOnlyKeys(Statistic.values());
        for (Statistic statistic : Statistic.values()) {
          double expected = all.get(statistic);
          double tolerance =
              1e-5 * (1 + Math.abs(expected)) + (statistic == Statistic.DEVIATION ? 2e-3 : 0);
          assertThat(found.at(n, statistic))
              .as("spread %s, %s", spreads[n], statistic)
              .isCloseTo((float) expected, within((float) tolerance));
        }
      }
    }
  }

  /** The same in double precision. */
  private static Map<Statistic, Double> statistics(
      float[] logits, int at, int vocabulary, int label) {
    double best = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < vocabulary; v++) {
      best = Math.max(best, logits[at + v]);
    }
    double sum = 0;
    for (int v = 0; v < vocabulary; v++) {
      sum += Math.exp(logits[at + v] - best);
    }
    double mean = 0;
    for (int v = 0; v < vocabulary; v++) {
      double logP = logits[at + v] - best - Math.log(sum);
      mean += Math.exp(logP) * logP;
    }
    double variance = 0;
    for (int v = 0; v < vocabulary; v++) {
      double logP = logits[at + v] - best - Math.log(sum);
      variance += Math.exp(logP) * (logP - mean) * (logP - mean);
    }
    double own = logits[at + label] - best;
    return Map.of(
        Statistic.NLL, Math.log(sum) - own,
        Statistic.MEAN, mean,
        Statistic.DEVIATION, Math.sqrt(variance),
        Statistic.DISTANCE, own,
        Statistic.SUM, sum);
  }

  @Test
  void ofEquallyLikelyTokensOnlyTheFirstIsTheChoice() throws IOException {
    float[] zero = new float[TinyLlama.values(1).length];
    ModelKey key = ModelKey.of(TinyLlama.write(temp, zero), ComputeSettings.cpu(1));
    TokenScores scores =
        LoadedModel.with(
            key, m -> Scorer.score(m, List.of(new Passage(new int[] {5, 0, 3, 0, 31}, 1))).get(0));
    assertThat(scores.hit()).containsExactly(true, false, true, false);
    for (int t = 0; t < 4; t++) {
      assertThat(scores.nll()[t]).isCloseTo((float) Math.log(32), within(1e-6f));
      assertThat(scores.mean()[t]).isCloseTo((float) -Math.log(32), within(1e-6f));
      assertThat(scores.deviation()[t]).isZero();
    }
  }

  /** As lm-evaluation-harness has it where a text is one token longer than the context. */
  @Test
  void aLastTokenThatIsNotReadIsPredictedAllTheSame() throws IOException {
    ModelKey key = ModelKey.of(TinyLlama.write(temp, 1), ComputeSettings.cpu(1));
    int[] text = new Random(5).ints(60, 0, TinyLlama.VOCABULARY).toArray();
    Passage whole = new Passage(text, 40);
    Passage unread = new Passage(text, 40, 59);
    assertThat(unread.input()).hasSize(59).isEqualTo(Arrays.copyOf(text, 59));
    Passage other = new Passage(Arrays.copyOf(text, 7), 1, 6); // padded beside it
    List<TokenScores> together =
        LoadedModel.with(key, m -> Scorer.score(m, List.of(unread, other)));
    List<TokenScores> expected =
        LoadedModel.with(
            key, m -> Scorer.score(m, List.of(whole, new Passage(Arrays.copyOf(text, 7), 1))));
    assertThat(together.get(0).nll()).hasSize(20);
    assertThat(together.get(1).nll()).hasSize(6);
    for (int passage = 0; passage < 2; passage++) {
      float[] nll = expected.get(passage).nll();
      for (int t = 0; t < nll.length; t++) {
        assertThat(together.get(passage).nll()[t]).isCloseTo(nll[t], within(1e-5f));
      }
      assertThat(together.get(passage).hit()).isEqualTo(expected.get(passage).hit());
    }
  }

  @Test
  void hitsAreThoseOfTheLikeliestToken() throws IOException {
    ModelKey key = ModelKey.of(TinyLlama.write(temp, 1), ComputeSettings.cpu(1));
    int hits = 0;
    for (int seed = 0; seed < 10; seed++) {
      int[] text = new Random(seed).ints(60, 0, TinyLlama.VOCABULARY).toArray();
      boolean[] hit =
          LoadedModel.with(key, m -> Scorer.score(m, List.of(new Passage(text, 1))).get(0).hit());
      long[] likeliest = likeliest(key, text);
      for (int t = 1; t < text.length; t++) {
        assertThat(hit[t - 1]).isEqualTo(likeliest[t - 1] == text[t]);
        hits += hit[t - 1] ? 1 : 0;
      }
    }
    assertThat(hits).isPositive();
  }

  private static long[] likeliest(ModelKey key, int[] text) {
    return LoadedModel.with(
        key,
        m -> {
          try (NDManager manager = m.network().newManager()) {
            NDArray idsBT = manager.create(longs(text), new Shape(1, text.length));
            NDArray hidden = m.network().hidden(idsBT, m.weights()).squeeze(0);
            return m.network().logits(hidden, m.weights()).argMax(1).toLongArray();
          }
        });
  }

  private static long[] longs(int[] values) {
    return java.util.Arrays.stream(values).asLongStream().toArray();
  }
}
