package lethe.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.objective.MaxEntropy.Direction;
import lethe.objective.SequenceTerm.View;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two sequences of four tokens over five words, worked by hand in float64. */
class HandWorkedTest {
  private static final int B = 2;
  private static final int T = 4;
  private static final int V = 5;
  private static final double BETA = 0.1;
  private static final int[][] LABELS = {{-100, -100, 2, 4}, {-100, 1, 3, -100}};
  private static final int[][] REJECTION_LABELS = {{-100, -100, 0, 1}, {-100, 3, -100, -100}};

  private Network network;
  private NDManager manager;

  /** A logit by sequence, position and word. */
  private interface Logit {
    double at(int b, int t, int v);
  }

  private static final Logit CURRENT = (b, t, v) -> 2 * Math.sin(1 + 3 * b + 2 * t + .7 * v);
  private static final Logit REFERENCE = (b, t, v) -> 2 * Math.cos(.5 + 2 * b + t + .3 * v);
  private static final Logit CURRENT_REJECTION =
      (b, t, v) -> 2 * Math.sin(.2 + b + 1.5 * t + 1.1 * v);
  private static final Logit REFERENCE_REJECTION =
      (b, t, v) -> 2 * Math.cos(.9 + b + .5 * t + .4 * v);

  @BeforeEach
  void open() {
    network = TinyLlama.network();
    manager = network.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
    network.close();
  }

  @Test
  void summedLikelihoods() {
    assertThat(nll(CURRENT, LABELS)).containsExactly(new double[] {3.366267, 4.379845}, micro());
    assertThat(nll(REFERENCE, LABELS)).containsExactly(new double[] {3.437387, 3.081875}, micro());
    assertThat(nll(CURRENT_REJECTION, REJECTION_LABELS))
        .containsExactly(new double[] {4.457907, 4.433084}, micro());
    assertThat(nll(REFERENCE_REJECTION, REJECTION_LABELS))
        .containsExactly(new double[] {2.189038, 2.214060}, micro());
  }

  @Test
  void termsOfPositions() {
    assertThat(mean(new Descent(), LABELS)).isCloseTo(1.936528, micro());
    assertThat(mean(new GradientAscent(), LABELS)).isCloseTo(-1.936528, micro());
    assertThat(mean(new KullbackLeibler(), LABELS)).isCloseTo(0.482692, micro());
    assertThat(mean(new MaxEntropy(Direction.UNIFORM_TO_MODEL), LABELS))
        .isCloseTo(0.539031, micro());
    assertThat(mean(new MaxEntropy(Direction.MODEL_TO_UNIFORM), LABELS))
        .isCloseTo(0.432549, micro());
  }

  /**
   * Two positions of four words, z = (2, 1, 0, -1) before word 0 and (0, 1, 2, 0) before word 1,
   * reference (3, 1, 0, 0) and (0, 2, 1, 0): p = 0.643914 and 0.224515 of the labels.
   */
  private Positions pair() {
    double[][] current = {{2, 1, 0, -1}, {0, 1, 2, 0}};
    double[][] reference = {{3, 1, 0, 0}, {0, 2, 1, 0}};
    return new Positions(
        manager.create(current),
        manager.create(new long[] {0, 1}),
        Map.of(FrozenModel.REFERENCE, manager.create(reference)));
  }

  private double pair(PositionTerm term) {
    return term.sum(pair()).getDouble() / 2;
  }

  @Test
  void distillationOfAPair() {
    assertThat(pair(new KullbackLeibler())).isCloseTo(0.232532, micro());
    double[][] current = {{2, 1, 0, -1}, {0, 1, 2, 0}};
    Positions learnt = new Positions(manager.create(current), manager.create(new long[] {3, 2}));
    assertThat(new JensenShannonLabels().sum(learnt).getDouble() / 2).isCloseTo(0.390297, micro());
    assertThat(pair(new JensenShannon())).isCloseTo(0.056984, micro());
    // p0 of the labels is 0.809776 and 0.610296: q is 0.161955 and 0.122059 there, and what the
    // others of p0 have is multiplied by 4.406 and 2.253.
    assertThat(pair(new Distillation(new CalibratedPredictions(0.2, 1))))
        .isCloseTo(0.341845, micro());
    assertThat(pair(new Undial(10, 1))).isCloseTo(1.708644, micro());
    assertThat(pair(new Undial(3, 1))).isCloseTo(1.571267, micro());
    // The labels of (0.5, 0.5, 0, 0) and (0, 0, 0.5, 0): z_ref / 2 less 1 at the true token.
    assertThat(pair(new Undial(1, 2))).isCloseTo(1.632324, micro());
    // Their divergences are 0.339277 and 0.210115; the true tokens are 0.727034 and 0.042780 above.
    assertThat(pair(new UndialAscent(new Undial(1, 2), 0.5))).isCloseTo(0.467149, micro());
  }

  @Test
  void termsThatHoldTheirOwnPredictionOfAPair() {
    assertThat(pair(new WeightedAscent(1))).isCloseTo(-0.309414, micro());
    assertThat(pair(new SatImp(5, 1))).isCloseTo(-0.009006, micro());
    assertThat(pair(new CrossEntropyUnlearning())).isCloseTo(1.392409, micro());
  }

  @Test
  void termsOfLogitsOfAPair() {
    assertThat(pair(new FlatLogits())).isCloseTo(1.906250, micro());
    assertThat(pair(new Margin(1, 0, 1))).isCloseTo(0.5, micro());
  }

  @Test
  void termsOfHiddenStates() {
    NDArray hiddenND = manager.create(new double[][] {{1, 2}, {-1, 0}});
    NDArray referenceND = manager.create(new double[][] {{0, 2}, {-1, 3}});
    Misdirection drawn = new Misdirection(0, 5, width -> new float[] {0.6f, 0.8f});
    HiddenTerm.Slope misdirected = drawn.of(hiddenND, Map.of());
    assertThat(misdirected.sum().getDouble()).isCloseTo(20, within(1e-5)); // u in float32
    assertThat(misdirected.gradientND().toDoubleArray())
        .containsExactly(new double[] {-2, -2, -4, -4}, micro());
    HiddenTerm.Slope kept =
        new RepresentationDistance(0).of(hiddenND, Map.of(FrozenModel.REFERENCE, referenceND));
    assertThat(kept.sum().getDouble()).isCloseTo((1 + 9) / 2.0, micro());
    assertThat(kept.gradientND().toDoubleArray())
        .containsExactly(new double[] {1, 0, 0, -3}, micro());
  }

  @Test
  void termsOfSequences() {
    assertThat(mean(new Npo(BETA), views())).isCloseTo(13.270627, micro());
    assertThat(mean(new Dpo(BETA), views())).isCloseTo(15.572355, micro());
    assertThat(mean(new AnswerPreservation(BETA), views())).isCloseTo(6.652714, micro());
  }

  @Test
  void whatThePapersCodeAveragesOverPaddingToo() {
    int[][] all = {{-100, 0, 0, 0}, {-100, 0, 0, 0}};
    assertThat(mean(new MaxEntropy(Direction.UNIFORM_TO_MODEL), all)).isCloseTo(0.590270, micro());
    Positions every =
        new Positions(
            matrix(CURRENT),
            manager.zeros(new Shape(B * T)),
            Map.of(FrozenModel.REFERENCE, matrix(REFERENCE)));
    double divergence = new KullbackLeibler().sum(every).getDouble() / (B * T);
    assertThat(divergence).isCloseTo(0.711665, micro());
    double entropy = new Positions(matrix(REFERENCE), null).entropyN().mean().getDouble();
    assertThat(divergence + entropy).as("cross-entropy").isCloseTo(2.180357, micro());
  }

  @Test
  void ascentAndDescentInOneBatchAsTheFirstPapersCodeWeighsThem() {
    double[] nll = nll(CURRENT, LABELS); // two labels each: one sequence forgets, one retains
    assertThat((-nll[0] / 2 + nll[1] / 2) / B).isCloseTo(0.253395, micro());
  }

  private List<List<View>> views() {
    double[] text = nll(CURRENT, LABELS);
    double[] textReference = nll(REFERENCE, LABELS);
    double[] rejection = nll(CURRENT_REJECTION, REJECTION_LABELS);
    double[] rejectionReference = nll(REFERENCE_REJECTION, REJECTION_LABELS);
    return IntStream.range(0, B)
        .mapToObj(
            b ->
                List.of(
                    new View(text[b], textReference[b], 2),
                    new View(rejection[b], rejectionReference[b], 2 - b)))
        .toList();
  }

  private static double mean(SequenceTerm term, List<List<View>> examples) {
    return examples.stream()
        .mapToDouble(views -> term.of(views.subList(0, term.views().size())).value())
        .average()
        .orElseThrow();
  }

  private double mean(PositionTerm term, int[][] labels) {
    int[] rows = rows(labels);
    Positions positions =
        new Positions(
            matrix(CURRENT).get(manager.create(rows)),
            manager.create(labels(labels)),
            Map.of(FrozenModel.REFERENCE, matrix(REFERENCE).get(manager.create(rows))));
    return term.sum(positions).getDouble() / rows.length;
  }

  private double[] nll(Logit logit, int[][] labels) {
    NDArray nllN =
        new Positions(
                matrix(logit).get(manager.create(rows(labels))), manager.create(labels(labels)))
            .nllN();
    int first = (int) IntStream.of(rows(labels)).filter(row -> row < T).count();
    return new double[] {
      nllN.get(new NDIndex("0:{}", first)).sum().getDouble(),
      nllN.get(new NDIndex("{}:", first)).sum().getDouble()
    };
  }

  /** The positions that predict a label: one before it. */
  private static int[] rows(int[][] labels) {
    return IntStream.range(0, B * T)
        .filter(row -> row % T > 0 && labels[row / T][row % T] >= 0)
        .map(row -> row - 1)
        .toArray();
  }

  private static long[] labels(int[][] labels) {
    return IntStream.of(rows(labels)).mapToLong(row -> labels[row / T][row % T + 1]).toArray();
  }

  private NDArray matrix(Logit logit) {
    double[] values =
        IntStream.range(0, B * T * V)
            .mapToDouble(i -> logit.at(i / (T * V), i / V % T, i % V))
            .toArray();
    return manager.create(values, new Shape(B * T, V));
  }

  private static org.assertj.core.data.Offset<Double> micro() {
    return within(1e-6);
  }
}
