package lethe.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.torch.Graph;
import lethe.objective.SequenceTerm.Slope;
import lethe.objective.SequenceTerm.View;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every formula keeps, on tensors alone; in float64, so that differences are exact enough. */
class TermContractTest {
  private static final int N = 6;
  private static final int V = 40;

  private static Network network;
  private static NDManager manager;

  @BeforeAll
  static void open() {
    network = TinyLlama.network(); // starts the engine
    manager = network.newManager();
  }

  @AfterAll
  static void close() {
    manager.close();
    network.close();
  }

  static Stream<PositionTerm> ofPositions() {
    return EveryTerm.ofPositions();
  }

  static Stream<HiddenTerm> ofHiddenStates() {
    return EveryTerm.ofHiddenStates();
  }

  static Stream<SequenceTerm> ofSequences() {
    return EveryTerm.ofSequences();
  }

  @ParameterizedTest
  @MethodSource("ofPositions")
  void halvesAddToTheWhole(PositionTerm term) {
    Sample sample = Sample.random(1, 3);
    double halves = sample.rows(0, 2).value(term) + sample.rows(2, N).value(term);
    assertThat(halves).isCloseTo(sample.value(term), within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("ofPositions")
  void orderChangesNothing(PositionTerm term) {
    Sample sample = Sample.random(2, 3);
    List<Integer> order = new ArrayList<>(IntStream.range(0, N).boxed().toList());
    Collections.shuffle(order, new Random(3));
    assertThat(sample.pick(order).value(term)).isCloseTo(sample.value(term), within(1e-12));
  }

  @ParameterizedTest
  @MethodSource("ofPositions")
  void gradientMatchesFiniteDifferences(PositionTerm term) {
    Sample sample = Sample.random(4, 2);
    double[] gradient = sample.gradient(term, DataType.FLOAT64);
    double h = 1e-5;
    for (int i = 0; i < N * V; i++) {
      double difference =
          (sample.moved(i, h).value(term, sample) - sample.moved(i, -h).value(term, sample))
              / (2 * h);
      assertThat(gradient[i]).as("element %d", i).isCloseTo(difference, within(1e-8));
    }
  }

  @ParameterizedTest
  @MethodSource("ofPositions")
  void aGradientInClosedFormIsThatOfTheGraph(PositionTerm term) {
    for (double scale : new double[] {0, 2, 1e4}) {
      Sample sample = Sample.random(7, scale);
      term.slope(sample.positions(sample.matrix(sample.logits, DataType.FLOAT64), DataType.FLOAT64))
          .ifPresent(
              slope -> {
                assertThat(slope.sum().getDouble())
                    .isCloseTo(sample.value(term), within(1e-12 * (1 + scale)));
                assertThat(slope.gradientNV().toDoubleArray())
                    .containsExactly(sample.gradient(term, DataType.FLOAT64), within(1e-12));
              });
    }
    Sample sample = Sample.random(8, 1);
    Positions positions =
        sample.positions(sample.matrix(sample.logits, DataType.FLOAT64), DataType.FLOAT64);
    assertThat(term.slope(positions).isPresent())
        .as("who has one")
        .isEqualTo(
            term instanceof KullbackLeibler
                || term instanceof JensenShannon
                || term instanceof Distillation
                || term instanceof BucketedDistillation
                || term instanceof Undial
                || term instanceof UndialAscent);
  }

  @ParameterizedTest
  @MethodSource("ofPositions")
  void staysFiniteAtExtremeLogits(PositionTerm term) {
    Sample sample = Sample.random(5, 1e4); // one-hot predictions, in float32 as in training
    assertThat(sample.value(term)).isFinite();
    assertThat(Arrays.stream(sample.gradient(term, DataType.FLOAT32))).allMatch(Double::isFinite);
  }

  @ParameterizedTest
  @MethodSource("ofPositions")
  void staysFiniteWhereProbabilitiesUnderflow(PositionTerm term) {
    for (int winner : new int[] {0, 7}) { // token 0 is the label of no position, token 7 of all
      Sample sample = Sample.certain(7, winner, 200); // exp(-200) is 0 in float32
      assertThat(sample.value(term)).isFinite();
      assertThat(Arrays.stream(sample.gradient(term, DataType.FLOAT32))).allMatch(Double::isFinite);
    }
  }

  @ParameterizedTest
  @MethodSource("ofPositions")
  void noPositionsAreNothing(PositionTerm term) {
    Sample none = Sample.random(9, 1).rows(0, 0);
    assertThat(none.value(term)).isZero();
    assertThat(none.gradient(term, DataType.FLOAT32)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("ofPositions")
  void addingTheSameToAllLogitsOfAPositionChangesNothing(PositionTerm term) {
    Sample sample = Sample.random(6, 3);
    double[] raised = sample.logits.clone();
    for (int i = 0; i < raised.length; i++) {
      int position = i / V;
      raised[i] += position; // another amount at each
    }
    Sample shifted = new Sample(raised, sample.labels, sample.reference, sample.reinforced);
    assertThat(shifted.value(term)).isCloseTo(sample.value(term), within(1e-11));
  }

  @ParameterizedTest
  @MethodSource("ofHiddenStates")
  void hiddenHalvesAddToTheWhole(HiddenTerm term) {
    Sample sample = Sample.random(1, 3);
    double halves = sample.rows(0, 2).value(term) + sample.rows(2, N).value(term);
    assertThat(halves).isCloseTo(sample.value(term), within(1e-12 * sample.value(term)));
    assertThat(sample.rows(0, 0).value(term)).as("of nothing").isZero();
  }

  @ParameterizedTest
  @MethodSource("ofHiddenStates")
  void hiddenGradientMatchesFiniteDifferences(HiddenTerm term) {
    Sample sample = Sample.random(4, 2);
    double[] gradient = sample.slope(term, DataType.FLOAT64).gradientND().toDoubleArray();
    double h = 1e-4;
    for (int i = 0; i < N * V; i++) {
      double difference =
          (sample.moved(i, h).value(term) - sample.moved(i, -h).value(term)) / (2 * h);
      assertThat(gradient[i]).as("element %d", i).isCloseTo(difference, within(1e-8));
    }
  }

  @ParameterizedTest
  @MethodSource("ofHiddenStates")
  void staysFiniteAtExtremeHiddenStates(HiddenTerm term) {
    HiddenTerm.Slope slope = Sample.random(5, 1e4).slope(term, DataType.FLOAT32);
    assertThat(slope.sum().getFloat()).isFinite();
    float[] gradient = slope.gradientND().toFloatArray();
    assertThat(IntStream.range(0, gradient.length).mapToDouble(i -> gradient[i]))
        .allMatch(Double::isFinite);
  }

  @ParameterizedTest
  @MethodSource("ofSequences")
  void slopesMatchFiniteDifferences(SequenceTerm term) {
    List<View> views = views(term, 1);
    double h = 1e-5;
    for (int i = 0; i < views.size(); i++) {
      double difference =
          (term.of(moved(views, i, h)).value() - term.of(moved(views, i, -h)).value()) / (2 * h);
      assertThat(term.of(views).perView().get(i)).isCloseTo(difference, within(1e-8));
    }
  }

  @ParameterizedTest
  @MethodSource("ofSequences")
  void staysFiniteAtExtremeLikelihoods(SequenceTerm term) {
    for (double scale : new double[] {1e6, -1e6, 0}) {
      Slope slope = term.of(views(term, scale));
      assertThat(slope.value()).isFinite().isNotNegative();
      assertThat(slope.perView()).allMatch(Double::isFinite);
    }
  }

  @ParameterizedTest
  @MethodSource("ofSequences")
  void asksForAReferenceOnlyIfItsValueDependsOnOne(SequenceTerm term) {
    List<View> views = views(term, 1);
    List<View> other =
        views.stream().map(v -> new View(v.nll(), v.reference() * 2 + 1, v.tokens())).toList();
    boolean depends = term.of(views).value() != term.of(other).value();
    assertThat(depends).isEqualTo(term.needsReference());
  }

  private static List<View> views(SequenceTerm term, double scale) {
    Random random = new Random(7);
    return term.views().stream()
        .map(kind -> new View(scale * 9 * random.nextDouble(), 9 * random.nextDouble(), 4))
        .toList();
  }

  private static List<View> moved(List<View> views, int which, double by) {
    List<View> moved = new ArrayList<>(views);
    View view = views.get(which);
    moved.set(which, new View(view.nll() + by, view.reference(), view.tokens()));
    return moved;
  }

  /** Some positions, row by row. */
  private static final class Sample {
    private final double[] logits;
    private final long[] labels;
    private final double[] reference;
    private final double[] reinforced;

    Sample(double[] logits, long[] labels, double[] reference, double[] reinforced) {
      this.logits = logits;
      this.labels = labels;
      this.reference = reference;
      this.reinforced = reinforced;
    }

    static Sample random(long seed, double scale) {
      Random random = new Random(seed);
      return new Sample(
          gaussian(random, scale),
          random.longs(N, 0, V).toArray(),
          gaussian(random, scale),
          gaussian(random, scale));
    }

    /** All models are certain of one token, by this many nats; the labels are another, or it. */
    static Sample certain(long label, int token, double nats) {
      double[] logits =
          IntStream.range(0, N * V).mapToDouble(i -> i % V == token ? nats : 0).toArray();
      return new Sample(
          logits, LongStream.generate(() -> label).limit(N).toArray(), logits, logits);
    }

    /** Positions that are sure and unsure of their predictions. */
    private static double[] gaussian(Random random, double scale) {
      return IntStream.range(0, N * V)
          .mapToDouble(i -> scale / N * (1 + i / V) * random.nextGaussian())
          .toArray();
    }

    Sample rows(int from, int to) {
      return pick(IntStream.range(from, to).boxed().toList());
    }

    Sample pick(List<Integer> rows) {
      return new Sample(
          pick(logits, rows),
          rows.stream().mapToLong(row -> labels[row]).toArray(),
          pick(reference, rows),
          pick(reinforced, rows));
    }

    private static double[] pick(double[] values, List<Integer> rows) {
      return rows.stream()
          .flatMapToDouble(row -> Arrays.stream(values, row * V, (row + 1) * V))
          .toArray();
    }

    Sample moved(int element, double by) {
      double[] moved = logits.clone();
      moved[element] += by;
      return new Sample(moved, labels, reference, reinforced);
    }

    double value(HiddenTerm term) {
      return slope(term, DataType.FLOAT64).sum().getDouble();
    }

    /** With the logits as hidden states, as wide as the vocabulary. */
    HiddenTerm.Slope slope(HiddenTerm term, DataType type) {
      return term.of(
          matrix(logits, type),
          Map.of(
              FrozenModel.REFERENCE, matrix(reference, type),
              FrozenModel.REINFORCED, matrix(reinforced, type)));
    }

    double value(PositionTerm term) {
      return term.sum(positions()).getDouble();
    }

    /**
     * The value of a term that holds something constant, with that taken from other logits.
     *
     * @param held with the same labels
     */
    double value(PositionTerm term, Sample held) {
      return term instanceof HeldTerm part
          ? part.sum(positions(), held.positions()).getDouble()
          : value(term);
    }

    private Positions positions() {
      return positions(matrix(logits, DataType.FLOAT64), DataType.FLOAT64);
    }

    double[] gradient(PositionTerm term, DataType type) {
      return Graph.withGraph(
          () -> {
            NDArray leafNV = Graph.leaf(matrix(logits, type));
            NDArray sum = term.sum(positions(leafNV, type));
            Graph.backward(sum, manager.ones(new Shape(), type));
            NDArray gradientNV = leafNV.getGradient().toType(DataType.FLOAT64, false);
            return gradientNV.toDoubleArray();
          });
    }

    private Positions positions(NDArray logitsNV, DataType type) {
      return new Positions(
          logitsNV,
          manager.create(labels),
          Map.of(
              FrozenModel.REFERENCE, matrix(reference, type),
              FrozenModel.REINFORCED, matrix(reinforced, type)),
          stored());
    }

    /** The reference's prediction, cut to two tokens beside the true one. */
    private StoredLabels stored() {
      int rows = labels.length;
      float[] truth = new float[rows];
      float[] rest = new float[rows];
      float[] likely = new float[2 * rows];
      int[] ids = new int[2 * rows];
      for (int n = 0; n < rows; n++) {
        double[] own = Arrays.copyOfRange(reference, n * V, (n + 1) * V);
        double most = Arrays.stream(own).max().orElseThrow();
        double sum = Arrays.stream(own).map(z -> Math.exp(z - most)).sum();
        int label = (int) labels[n];
        int[] order =
            IntStream.range(0, V)
                .filter(v -> v != label)
                .boxed()
                .sorted(Comparator.comparing(v -> -own[v]))
                .mapToInt(v -> v)
                .toArray();
        truth[n] = (float) (Math.exp(own[label] - most) / sum);
        for (int i = 0; i < order.length; i++) {
          double q = Math.exp(own[order[i]] - most) / sum;
          if (i < 2) {
            ids[2 * n + i] = order[i];
            likely[2 * n + i] = (float) q;
          } else {
            rest[n] += (float) q;
          }
        }
      }
      return StoredLabels.of(manager, List.of(new LikeliestTokens(truth, ids, likely, rest)));
    }

    private NDArray matrix(double[] values, DataType type) {
      return manager.create(values, new Shape(values.length / V, V)).toType(type, false);
    }
  }
}
