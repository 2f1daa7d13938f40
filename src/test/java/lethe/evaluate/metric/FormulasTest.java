package lethe.evaluate.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import lethe.evaluate.DocumentScore;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.RocCurve.Point;
import lethe.target.DocumentHalves;
import lethe.target.Outcome;
import org.apache.commons.math3.stat.inference.MannWhitneyUTest;
import org.junit.jupiter.api.Test;

class FormulasTest {
  @Test
  void minKByHand() {
    TokenScores scores = scores(new float[] {1, 5, 3, 2}, 0, 1);
    double[] plain = MinK.plain(scores);
    assertThat(plain[0]).isEqualTo(-5); // 10 % of 4 tokens is none: one counts
    assertThat(plain[4]).isEqualTo(-4); // 50 %
    assertThat(plain[9]).isEqualTo(-11 / 4.0);
    double[] plusPlus = MinK.plusPlus(scores(new float[] {1, 5, 3, 2}, -2, 4));
    assertThat(plusPlus[4]).isEqualTo((-3 / 4.0 + -1 / 4.0) / 2);
  }

  /** Losses in order 5, 3, 2, 1; of those the second and the last were first choices. */
  @Test
  void accuracyOfTheLeastLikelyByHand() {
    float[] nll = {1, 5, 3, 2};
    TokenScores scores = new TokenScores(nll, nll, nll, new boolean[] {true, false, true, false});
    double[] accuracy = MinK.accuracy(scores);
    assertThat(accuracy[0]).isZero(); // one token
    assertThat(accuracy[4]).isEqualTo(0.5); // 50 %: two
    assertThat(accuracy[7]).isEqualTo(1 / 3.0); // 80 %: three
    assertThat(accuracy[9]).isEqualTo(0.5);
    float[] alike = {2, 2};
    assertThat(MinK.accuracy(new TokenScores(alike, alike, alike, new boolean[] {true, false}))[4])
        .isEqualTo(1);
  }

  @Test
  void meansOverChunksByHand() {
    ChunkMeans means = new ChunkMeans(2);
    means.add(0.5, List.of(-1.0, -0.5), List.of(0.0, 0.5));
    means.add(1, List.of(-3.0, -0.5), List.of(0.5, 1.0));
    assertThat(means.chunks()).isEqualTo(2);
    assertThat(means.accuracy()).isEqualTo(0.75);
    assertThat(means.accuracy(0)).isEqualTo(0.25);
    assertThat(means.accuracy(1)).isEqualTo(0.75);
    assertThat(means.perplexity(0)).isEqualTo(Math.exp(2));
    assertThat(means.perplexity(1)).isEqualTo(Math.exp(0.5));
  }

  /** At a threshold between 4 and 3: a third of the members and no false alarm. */
  @Test
  void balancedAccuracyByHand() {
    assertThat(new RocCurve(new double[] {4, 3, 1}, new double[] {3, 2}).balancedAccuracy())
        .isCloseTo(2 / 3.0, within(1e-12));
    assertThat(new RocCurve(new double[] {1, 2}, new double[] {3, 4}).balancedAccuracy())
        .as("worse known than unseen text: never below chance")
        .isEqualTo(0.5);
    assertThat(new RocCurve(new double[] {3, 4}, new double[] {1, 2}).balancedAccuracy())
        .isEqualTo(1);
  }

  @Test
  void minKPlusPlusWithoutMeanAndDeviationIsMinK() {
    TokenScores scores = scores(new float[] {0.5f, 1, 2, 7, 3, 0.1f, 0.2f}, 0, 1);
    assertThat(MinK.plusPlus(scores)).containsExactly(MinK.plain(scores));
  }

  @Test
  void verbatimByHand() {
    assertThat(Extraction.of(hits("110111"))).isEqualTo(new Extraction(3, 3, 0.5));
    assertThat(Extraction.of(hits("111110"))).isEqualTo(new Extraction(2, 5, 0));
    assertThat(Extraction.of(hits("1111"))).isEqualTo(new Extraction(2, 4, 1));
    assertThat(Extraction.of(hits("0"))).isEqualTo(new Extraction(0, 0, 0));
  }

  private static boolean[] hits(String bits) {
    boolean[] hits = new boolean[bits.length()];
    for (int i = 0; i < hits.length; i++) {
      hits[i] = bits.charAt(i) == '1';
    }
    return hits;
  }

  @Test
  void kolmogorovSmirnovByHandAndUnderItsHypothesis() {
    KolmogorovSmirnov apart =
        KolmogorovSmirnov.of(new double[] {1, 2, 3}, new double[] {4, 5, 6, 7});
    assertThat(apart.distance()).isEqualTo(1);
    assertThat(KolmogorovSmirnov.of(new double[] {1, 2}, new double[] {2, 1}).distance()).isZero();
    assertThat(KolmogorovSmirnov.of(new double[] {1, 3}, new double[] {2, 4}).distance())
        .isEqualTo(0.5);
    SplittableRandom random = new SplittableRandom(3);
    int rejected = 0;
    for (int round = 0; round < 1000; round++) {
      double[] a = random.doubles(80).toArray();
      double[] b = random.doubles(120).toArray();
      rejected += KolmogorovSmirnov.of(a, b).p() < 0.05 ? 1 : 0;
    }
    assertThat(rejected).isBetween(20, 75); // 50 +- 3 x 6.9, a little conservative
  }

  @Test
  void kolmogorovSmirnovCountsTheSplitsOfASmallSample() {
    double[] low = {1, 2, 3};
    double[] high = {4, 5, 6, 7};
    assertThat(KolmogorovSmirnov.of(low, high).p())
        .as("of 35 splits of seven values, two are as far apart")
        .isCloseTo(2 / 35.0, within(1e-15));
    assertThat(KolmogorovSmirnov.of(low, low)).isEqualTo(new KolmogorovSmirnov(0, 1));
    assertThat(KolmogorovSmirnov.of(new double[] {0}, high))
        .as("a sole value, the lowest or the highest of five")
        .satisfies(sole -> assertThat(sole.distance()).isEqualTo(1))
        .satisfies(sole -> assertThat(sole.p()).isCloseTo(2 / 5.0, within(1e-15)));
    double[] ruined = {Double.NaN, Double.NaN};
    assertThat(KolmogorovSmirnov.of(low, ruined).distance()).isEqualTo(1);
    assertThat(KolmogorovSmirnov.of(ruined, ruined)).isEqualTo(new KolmogorovSmirnov(0, 1));
  }

  @Test
  void kolmogorovSmirnovOfManyValuesThatAreApartHasAProbabilityOfZero() {
    SplittableRandom random = new SplittableRandom(5);
    for (int n : new int[] {99, 101, 4000}) { // the exact formula, and the limit
      double[] low = random.doubles(n, 0, 1).toArray();
      double[] high = random.doubles(n, 1, 2).toArray();
      assertThat(KolmogorovSmirnov.of(low, high).p()).isBetween(0.0, 1e-15);
    }
  }

  @Test
  void zlibIsThatOfPython() {
    // len(zlib.compress(b"to be or not to be, that is the question" * 3))
    assertThat(ZlibLength.bytes("to be or not to be, that is the question".repeat(3)))
        .isEqualTo(48);
    // len(zlib.compress("süß, süßer, am süßesten: 日本語".encode()))
    assertThat(ZlibLength.bytes("süß, süßer, am süßesten: 日本語")).isEqualTo(42);
  }

  @Test
  void aucIsThePairwiseCountAndMannAndWhitneysU() {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < 50; round++) {
      double[] members = values(random, 1 + random.nextInt(40));
      double[] others = values(random, 1 + random.nextInt(40));
      double pairs = 0;
      for (double m : members) {
        for (double n : others) {
          pairs += m > n ? 1 : m == n ? 0.5 : 0;
        }
      }
      RocCurve roc = new RocCurve(members, others);
      assertThat(roc.auc()).isCloseTo(pairs / (members.length * others.length), within(1e-12));
      double larger = new MannWhitneyUTest().mannWhitneyU(members, others); // of U and its mirror
      assertThat(Math.max(roc.auc(), 1 - roc.auc()))
          .isCloseTo(larger / (members.length * others.length), within(1e-12));
      assertThat(new RocCurve(others, members).auc()).isCloseTo(1 - roc.auc(), within(1e-12));
    }
  }

  @Test
  void rocByHand() {
    RocCurve roc = new RocCurve(new double[] {4, 3, 1}, new double[] {3, 2});
    assertThat(roc.curve(100))
        .containsExactly(
            new Point(0, 0),
            new Point(0, 1 / 3.0),
            new Point(0.5, 2 / 3.0),
            new Point(1, 2 / 3.0),
            new Point(1, 1));
    assertThat(roc.tprAt(0.01)).isEqualTo(1 / 3.0);
    assertThat(roc.tprAt(0.5)).isEqualTo(2 / 3.0);
    assertThat(roc.curve(2)).startsWith(new Point(0, 0)).endsWith(new Point(1, 1));
  }

  @Test
  void aScoreThatIsNotANumberSpeaksAgainstAMember() {
    RocCurve roc = new RocCurve(new double[] {Double.NaN, 1}, new double[] {2, Double.NaN});
    assertThat(roc.auc()).isEqualTo((0.5 + 1) / 4);
  }

  @Test
  void intervalsOfAKnownDistributionHoldItsMeanAsOftenAsTheySay() {
    SplittableRandom random = new SplittableRandom(7);
    int held = 0;
    double width = 0;
    int rounds = 300;
    int n = 60;
    for (int round = 0; round < rounds; round++) {
      double[] sample = new double[n];
      for (int i = 0; i < n; i++) {
        sample[i] = random.nextGaussian();
      }
      Interval interval = Bootstrap.interval(n, round, times -> mean(sample, times));
      held += interval.low() <= 0 && 0 <= interval.high() ? 1 : 0;
      width += (interval.high() - interval.low()) / rounds;
    }
    // binomial: 0.95 +- 3 x 0.0126, and a bootstrap of 60 is a little narrow
    assertThat((double) held / rounds).isBetween(0.90, 0.985);
    assertThat(width).isCloseTo(2 * 1.96 / Math.sqrt(n), within(0.03));
  }

  @Test
  void anIntervalEndsBetweenTheTwoDrawsNearestToItsPercentile() {
    int[] draw = {0};
    // The figures are 0 to 999, drawn in another order: 2.5 % of the way is 24.975.
    Interval interval = Bootstrap.interval(1, 0, times -> draw[0]++ * 7 % 1000);
    assertThat(interval.low()).isCloseTo(24.975, within(1e-12));
    assertThat(interval.high()).isCloseTo(974.025, within(1e-12));
  }

  @Test
  void halvesAreDisjointAndWholeAndDoNotDependOnOrder() {
    List<String> ids = List.of("a", "b", "c", "d", "e");
    Set<String> steering = DocumentHalves.steering(ids);
    Set<String> judging = DocumentHalves.judging(ids);
    assertThat(steering).hasSize(3).doesNotContainAnyElementsOf(judging);
    assertThat(judging).hasSize(2);
    assertThat(DocumentHalves.steering(List.of("e", "d", "c", "b", "a", "a"))).isEqualTo(steering);
    assertThat(DocumentHalves.steering(List.of("a")))
        .isEqualTo(DocumentHalves.judging(List.of("a")));
  }

  @Test
  void verdictComparesTheHalvesThatDidNotSteer() {
    List<String> ids = List.of("a", "b", "c", "d", "e", "f");
    Set<String> judging = DocumentHalves.judging(ids);
    List<DocumentScore> original =
        ids.stream().map(d -> document("approximate", d, judging.contains(d) ? 4 : 9)).toList();
    for (double nll : new double[] {3.5, 3.9, 4.1, 4.5, Double.NaN}) {
      List<DocumentScore> judged =
          ids.stream().map(d -> document("forget", d, judging.contains(d) ? nll : 1)).toList();
      Verdict verdict = Verdict.of(original, judged, "unlearned", 0.2).orElseThrow();
      assertThat(verdict.target()).isEqualTo(4);
      Outcome expected = nll < 3.8 ? Outcome.UNDER : nll < 4.2 ? Outcome.MATCHED : Outcome.OVER;
      assertThat(verdict.outcome()).as("nll " + nll).isEqualTo(expected);
      if (Double.isFinite(nll)) {
        assertThat(verdict.distance()).isCloseTo(nll - 4, within(1e-12));
        assertThat(verdict.interval().low()).isCloseTo(nll - 4, within(1e-12));
      } else {
        assertThat(verdict.distance()).isNull();
      }
    }
    assertThat(Verdict.of(List.of(), original, "x", 0.2)).isEqualTo(Optional.empty());
  }

  private static DocumentScore document(String split, String id, double nll) {
    return new DocumentScore(split, "d", id, 1, 10, 10 * nll, nll, 5, 0);
  }

  private static double mean(double[] sample, int[] times) {
    double sum = 0;
    for (int i = 0; i < sample.length; i++) {
      sum += times[i] * sample[i];
    }
    return sum / sample.length;
  }

  private static double[] values(SplittableRandom random, int count) {
    return random.doubles(count).map(v -> Math.floor(v * 20)).toArray(); // with ties
  }

  private static TokenScores scores(float[] nll, float mean, float deviation) {
    float[] means = new float[nll.length];
    float[] deviations = new float[nll.length];
    Arrays.fill(means, mean);
    Arrays.fill(deviations, deviation);
    return new TokenScores(nll, means, deviations, new boolean[nll.length]);
  }

  @Test
  void theAreaByDocumentsByHand() {
    // Of three unseen chunks 3 is above all, 1 above one and equal to one, 2 above two and equal to
    // one.
    DocumentAuc auc =
        DocumentAuc.of(
            List.of(new double[] {3, 1}, new double[] {2}),
            List.of(new double[] {2, 0}, new double[] {1}));
    assertThat(auc.auc()).isCloseTo(7 / 9.0, within(1e-15));
    assertThat(auc.auc())
        .isEqualTo(new RocCurve(new double[] {3, 1, 2}, new double[] {2, 0, 1}).auc());
    assertThat(auc.memberSums()).containsExactly(1.5, 2.5 / 3);
    assertThat(auc.otherSums()).containsExactly(1.5, 2.5 / 3);
    // Residuals (1.5 - 14/9) / 3 and its opposite: 2 (2 / 54^2) of members and as much of the
    // others,
    // of 2 degrees of freedom.
    Interval interval = StratifiedInterval.of(auc.auc(), auc.strata(1));
    double half = 4.302653 * Math.sqrt(2 * 4 / (54.0 * 54));
    assertThat(interval.low()).isCloseTo(7 / 9.0 - half, within(1e-6));
    assertThat(interval.high()).isCloseTo(7 / 9.0 + half, within(1e-6));
  }

  @Test
  void aRuinedModelsScoresSpeakAgainstMembers() {
    List<double[]> known = List.of(new double[] {1, 2});
    List<double[]> ruined = List.of(new double[] {Double.NaN, Double.NEGATIVE_INFINITY});
    assertThat(DocumentAuc.of(ruined, known).auc()).isZero();
    assertThat(DocumentAuc.of(ruined, ruined).auc()).isEqualTo(0.5);
    assertThat(UnseenRange.of(new double[] {1, 2}).inside(ruined)).isZero();
  }

  @Test
  void theRangeOfUnseenChunksLeavesOneInFortyOutAtEitherEnd() {
    double[] unseen = IntStream.range(0, 80).mapToDouble(i -> 79 - i).toArray();
    assertThat(UnseenRange.of(unseen)).isEqualTo(new UnseenRange(2, 77));
    assertThat(UnseenRange.of(new double[] {3, 1})).isEqualTo(new UnseenRange(1, 3));
    assertThat(new UnseenRange(2, 77).inside(List.of(new double[] {1, 2}, new double[] {77, 78})))
        .isEqualTo(2);
  }
}
