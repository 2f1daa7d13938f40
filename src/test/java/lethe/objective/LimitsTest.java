package lethe.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.torch.Graph;
import lethe.objective.MaxEntropy.Direction;
import lethe.objective.SequenceTerm.View;
import lethe.objective.TruncatedPredictions.Truth;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The limits in which one formula becomes another. */
class LimitsTest {
  private static final double[] LOGITS = {0.3, -1.2, 2.0, 0.1, 1.1, -0.4, 0.2, -2.2};
  private static final double[] REFERENCE = {1.3, 0.2, -0.7, 0.4, 0.0, 2.5, -1.0, 0.9};
  private static final double[] REINFORCED = {2.3, 0.1, -0.7, 1.4, -1.0, 3.5, -1.0, 0.8};
  private static final double[] EQUAL = new double[8];
  private static final double[] ONE_HOT = {900, 0, 0, 0, 0, 0, 900, 0};
  private static final TruncatedPredictions EVERYTHING =
      new TruncatedPredictions(100, 1, Truth.KEPT);

  private Network network;
  private NDManager manager;

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
  void ascentIsDescentWithTheSignTurned() {
    assertThat(value(new GradientAscent(), LOGITS)).isEqualTo(-value(new Descent(), LOGITS));
  }

  @Test
  void divergenceIsNothingBetweenEqualModels() {
    assertThat(value(new KullbackLeibler(), REFERENCE)).isCloseTo(0, within(1e-15));
    assertThat(largest(gradient(new KullbackLeibler(), REFERENCE))).isLessThan(1e-15);
  }

  @Test
  void jensenShannonIsNothingBetweenEqualModelsAndNearThemAQuarterOfTheDivergence() {
    assertThat(value(new JensenShannon(), REFERENCE)).isCloseTo(0, within(1e-15));
    assertThat(largest(gradient(new JensenShannon(), REFERENCE))).isLessThan(1e-15);
    double[] near = REFERENCE.clone();
    near[1] += 1e-3;
    near[6] -= 2e-3;
    assertThat(value(new JensenShannon(), near) / value(new KullbackLeibler(), near))
        .isCloseTo(0.25, within(1e-3));
  }

  @Test
  void jensenShannonIsLogTwoBetweenPredictionsThatShareNothing() {
    double[] elsewhere = {0, 900, 0, 0, 0, 0, 0, 900};
    assertThat(new JensenShannon().sum(positions(matrix(elsewhere), ONE_HOT, EQUAL)).getDouble())
        .isCloseTo(2 * Math.log(2), within(1e-15));
  }

  @Test
  void jensenShannonFromACertainReferenceIsThatOfLabels() {
    Positions certain = positions(matrix(LOGITS), ONE_HOT, EQUAL); // certain of the labels
    assertThat(new JensenShannonLabels().sum(certain).getDouble())
        .isCloseTo(new JensenShannon().sum(certain).getDouble(), within(1e-14));
    assertThat(value(new JensenShannonLabels(), ONE_HOT)).isCloseTo(0, within(1e-14));
  }

  @Test
  void divergenceFromACertainReferenceIsDescent() {
    Positions certain = positions(matrix(LOGITS), ONE_HOT, REINFORCED); // certain of the labels
    assertThat(new KullbackLeibler().sum(certain).getDouble())
        .isCloseTo(new Descent().sum(certain).getDouble(), within(1e-12));
  }

  @Test
  void softLabelsThatKeepEverythingAreDivergence() {
    assertThat(value(new Distillation(EVERYTHING), LOGITS))
        .isCloseTo(value(new KullbackLeibler(), LOGITS), within(1e-14));
  }

  @Test
  void softLabelsOfOneTokenWithoutTheTruthAreAdversarialLabels() {
    Term soft = new Distillation(new TruncatedPredictions(1, 1, Truth.REMOVED));
    Positions adversarial = // what the reference finds likeliest, but for the labels 0 and 2
        new Positions(matrix(LOGITS), manager.create(new long[] {3, 1}));
    assertThat(value((PositionTerm) soft, LOGITS))
        .isCloseTo(
            new CrossEntropy(ViewKind.ADVERSARIAL_LABELS).sum(adversarial).getDouble(),
            within(1e-14));
  }

  @Test
  void ascentWeightedByNothingIsAscent() {
    assertThat(value(new WeightedAscent(0), LOGITS)).isEqualTo(value(new GradientAscent(), LOGITS));
    assertThat(gradient(new WeightedAscent(0), LOGITS))
        .isEqualTo(gradient(new GradientAscent(), LOGITS));
  }

  @Test
  void weightedAscentIsAscentTimesTheProbability() {
    double[] ascent = gradient(new GradientAscent(), LOGITS);
    double[] weighted = gradient(new WeightedAscent(2), LOGITS);
    double[] probability = matrix(LOGITS).softmax(-1).toDoubleArray();
    for (int i = 0; i < 8; i++) {
      double label = probability[i < 4 ? 0 : 6]; // the labels are 0 and 2
      assertThat(weighted[i]).isCloseTo(label * label * ascent[i], within(1e-15));
    }
  }

  @Test
  void satImpWithoutSaturationIsWeightedAscent() {
    assertThat(value(new SatImp(2, 0), LOGITS)).isEqualTo(value(new WeightedAscent(2), LOGITS));
    assertThat(gradient(new SatImp(2, 0), LOGITS))
        .isEqualTo(gradient(new WeightedAscent(2), LOGITS));
    assertThat(value(new SatImp(2, 0), ONE_HOT)).as("certain of the labels").isZero();
  }

  @Test
  void satImpLeavesCertainTokensAlone() {
    assertThat(gradient(new SatImp(5, 1), ONE_HOT)).containsOnly(0);
  }

  @Test
  void crossEntropyUnlearningMovesTheTruthsShareToTheOthersInProportion() {
    double[] probability = matrix(LOGITS).softmax(-1).toDoubleArray();
    double[] gradient = gradient(new CrossEntropyUnlearning(), LOGITS);
    for (int i = 0; i < 8; i++) {
      int label = i < 4 ? 0 : 6; // the labels are 0 and 2
      double truth = probability[label];
      assertThat(gradient[i])
          .isCloseTo(i == label ? truth : -truth * probability[i] / (1 - truth), within(1e-15));
    }
  }

  @Test
  void crossEntropyUnlearningIsSoftLabelsOfTheModelItself() {
    Distillation without = new Distillation(new TruncatedPredictions(100, 1, Truth.REMOVED));
    assertThat(gradient(new CrossEntropyUnlearning(), REFERENCE))
        .containsExactly(gradient(without, REFERENCE), within(1e-14));
  }

  @Test
  void marginMovesTheTruthAgainstItsRivalsAndNothingElse() {
    // The labels 0 and 2 have the logits 0.3 and 0.2, their likeliest others 2 and 1.1.
    assertThat(value(new Margin(1, -2, 1), LOGITS))
        .isCloseTo(0.3 - 2 + 2 + 0.2 - 1.1 + 2, within(1e-14));
    assertThat(gradient(new Margin(1, -2, 1), LOGITS)).containsExactly(1, 0, -1, 0, -1, 0, 1, 0);
    assertThat(gradient(new Margin(2, -2, 1), LOGITS))
        .containsExactly(1, 0, -0.5, -0.5, -0.5, -0.5, 1, 0);
    assertThat(gradient(new Margin(1, -1, 1), LOGITS))
        .as("the first is farther behind than wanted")
        .containsExactly(0, 0, 0, 0, -1, 0, 1, 0);
    assertThat(value(new Margin(1, 0, 1), LOGITS)).isZero();
  }

  @Test
  void marginAgainstAllOthersIsTheDistanceFromTheirMean() {
    double[] far = {5, 1, 2, 3, -3, 3, 9, 6};
    assertThat(value(new Margin(3, 0, 1), far)).isCloseTo(5 - 2 + 9 - 2, within(1e-14));
  }

  @Test
  void calibratedPredictionsWithNothingChangedAreTheReferences() {
    Distillation unchanged = new Distillation(new CalibratedPredictions(1, 1));
    assertThat(value(unchanged, LOGITS))
        .isCloseTo(value(new KullbackLeibler(), LOGITS), within(1e-14));
  }

  @Test
  void calibratedPredictionsScaleTheTruthAndLeaveTheOthersTheirProportions() {
    double[] logits = new double[8];
    double[] shares = {0.4, 0.3, 0.2, 0.1, 0.1, 0.2, 0.3, 0.4};
    Arrays.setAll(logits, i -> Math.log(shares[i]));
    Positions positions = positions(matrix(LOGITS), logits, REINFORCED); // the labels are 0 and 2
    double first = 0.8 / 0.6; // what is left for the others, over what they had
    double second = 0.85 / 0.7;
    assertThat(probabilities(new CalibratedPredictions(0.5, 1), positions))
        .containsExactly(
            new double[] {
              0.2,
              0.3 * first,
              0.2 * first,
              0.1 * first,
              0.1 * second,
              0.2 * second,
              0.15,
              0.4 * second
            },
            within(1e-12));
    double[] squares = new double[8];
    Arrays.setAll(squares, i -> shares[i] * shares[i] / 0.3);
    assertThat(probabilities(new CalibratedPredictions(1, 0.5), positions))
        .as("half the temperature squares")
        .containsExactly(squares, within(1e-12));
  }

  @Test
  void calibratedPredictionsNearNothingAreSoftLabelsWithoutTheTruth() {
    Positions positions = positions(matrix(LOGITS), REFERENCE, REINFORCED);
    assertThat(probabilities(new CalibratedPredictions(1e-12, 1), positions))
        .containsExactly(
            probabilities(new TruncatedPredictions(100, 1, Truth.REMOVED), positions),
            within(1e-11));
  }

  @Test
  void calibratedPredictionsOfACertainReferenceAreDistributionsInFloat32Too() {
    Positions certain = positions(matrix(LOGITS), ONE_HOT, REINFORCED);
    Positions single =
        new Positions(
            certain.logitsNV(),
            certain.labelsN(),
            Map.of(
                FrozenModel.REFERENCE,
                certain.frozenNV().get(FrozenModel.REFERENCE).toType(DataType.FLOAT32, false)));
    NDArray q = new CalibratedPredictions(0.1, 1).logProbabilitiesNV(single).exp();
    assertThat(q.toType(DataType.FLOAT64, false).toDoubleArray())
        .containsExactly(new double[] {0.1, 0.3, 0.3, 0.3, 0.3, 0.3, 0.1, 0.3}, within(1e-4));
    NDArray kept = new CalibratedPredictions(1, 1).logProbabilitiesNV(single).exp();
    assertThat(kept.toType(DataType.FLOAT64, false).toDoubleArray())
        .containsExactly(new double[] {1, 0, 0, 0, 0, 0, 1, 0}, within(1e-12));
  }

  /** Everything is told apart, so there is nothing in the bucket. */
  @Test
  void storedLabelsOfTheWholeVocabularyAreDistillation() {
    Positions positions = positions(matrix(LOGITS), REFERENCE, REINFORCED);
    CalibratedPredictions labels = new CalibratedPredictions(0.3, 1.4);
    Positions whole = stored(positions, probabilities(labels, positions), 3);
    Distillation distillation = new Distillation(labels);
    BucketedDistillation stored = new BucketedDistillation(0);
    assertThat(stored.sum(whole).getDouble())
        .isCloseTo(distillation.sum(positions).getDouble(), within(1e-6)); // kept as float32
    assertThat(stored.slope(whole).orElseThrow().gradientNV().toDoubleArray())
        .containsExactly(
            distillation.slope(positions).orElseThrow().gradientNV().toDoubleArray(), within(1e-7));
    assertThat(CutError.errorsN1(matrix(probabilities(labels, positions)), whole).toDoubleArray())
        .containsExactly(new double[2], within(1e-12));
  }

  /** The chain rule of the divergence. */
  @Test
  void whatABucketHidesIsWhatItsErrorSays() {
    Positions positions = positions(matrix(LOGITS), REFERENCE, REINFORCED);
    CalibratedPredictions labels = new CalibratedPredictions(0.3, 1.4);
    double whole = new Distillation(labels).sum(positions).getDouble();
    double before = whole;
    for (int k = 2; k > 0; k--) {
      Positions cut = stored(positions, probabilities(labels, positions), k);
      double told = new BucketedDistillation(0).sum(cut).getDouble();
      double hidden =
          CutError.errorsN1(matrix(probabilities(labels, positions)), cut).sum().getDouble();
      assertThat(told + hidden).isCloseTo(whole, within(1e-6));
      assertThat(told).as("%d told apart: less", k).isLessThanOrEqualTo(before + 1e-6);
      before = told;
    }
    assertThat(before).as("something is hidden").isLessThan(whole - 0.01);
  }

  @Test
  void storedLabelsThatTheModelPredictsItselfAreNothing() {
    Positions positions = positions(matrix(LOGITS), LOGITS, REINFORCED);
    Positions own = stored(positions, probabilities(new CalibratedPredictions(1, 1), positions), 1);
    assertThat(new BucketedDistillation(0).sum(own).getDouble()).isCloseTo(0, within(1e-7));
    assertThat(
            largest(
                new BucketedDistillation(0).slope(own).orElseThrow().gradientNV().toDoubleArray()))
        .isLessThan(1e-7);
  }

  @Test
  void storedLabelsOfTheWholeVocabularyWithAscentAreUndialsWithIt() {
    Positions positions = positions(matrix(LOGITS), REFERENCE, REINFORCED);
    Undial labels = new Undial(2, 1.3);
    double[] q = labels.loweredNV(positions).softmax(-1).toDoubleArray();
    Positions whole = stored(positions, q, 3);
    UndialAscent undial = new UndialAscent(labels, 0.7);
    BucketedDistillation stored = new BucketedDistillation(0.7);
    assertThat(stored.sum(whole).getDouble())
        .isCloseTo(undial.sum(positions).getDouble(), within(1e-6));
    assertThat(stored.slope(whole).orElseThrow().gradientNV().toDoubleArray())
        .containsExactly(
            undial.slope(positions).orElseThrow().gradientNV().toDoubleArray(), within(1e-7));
  }

  /** The positions with labels of which the k likeliest others are told apart. */
  private Positions stored(Positions positions, double[] labels, int k) {
    long[] truths = positions.labelsN().toLongArray();
    int vocabulary = labels.length / truths.length;
    float[] truth = new float[truths.length];
    float[] rest = new float[truths.length];
    int[] ids = new int[k * truths.length];
    float[] likely = new float[k * truths.length];
    for (int n = 0; n < truths.length; n++) {
      int row = n * vocabulary;
      int label = (int) truths[n];
      truth[n] = (float) labels[row + label];
      int[] others =
          IntStream.range(0, vocabulary)
              .filter(v -> v != label)
              .boxed()
              .sorted(Comparator.comparing(v -> -labels[row + v]))
              .mapToInt(v -> v)
              .toArray();
      for (int i = 0; i < others.length; i++) {
        if (i < k) {
          ids[n * k + i] = others[i];
          likely[n * k + i] = (float) labels[row + others[i]];
        } else {
          rest[n] += (float) labels[row + others[i]];
        }
      }
    }
    return new Positions(
        positions.logitsNV(),
        positions.labelsN(),
        positions.frozenNV(),
        StoredLabels.of(manager, List.of(new LikeliestTokens(truth, ids, likely, rest))));
  }

  @Test
  void undialThatLowersNothingIsDivergenceAndTheReferencesEntropy() {
    double entropy = positions(matrix(REFERENCE), LOGITS, REINFORCED).entropyN().sum().getDouble();
    assertThat(value(new Undial(0, 1), LOGITS))
        .isCloseTo(value(new KullbackLeibler(), LOGITS) + entropy, within(1e-14));
    assertThat(gradient(new Undial(0, 1), LOGITS))
        .containsExactly(gradient(new KullbackLeibler(), LOGITS), within(1e-14));
  }

  @Test
  void undialThatLowersMuchIsSoftLabelsWithoutTheTruth() {
    Distillation without = new Distillation(new TruncatedPredictions(100, 1, Truth.REMOVED));
    assertThat(gradient(new Undial(1e6, 1), LOGITS))
        .containsExactly(gradient(without, LOGITS), within(1e-14));
  }

  @Test
  void undialAscentOfNoWeightIsUndialWithoutTheLabelsEntropy() {
    double faint = 1e-12;
    assertThat(gradient(new UndialAscent(new Undial(3, 1.3), faint), LOGITS))
        .containsExactly(gradient(new Undial(3, 1.3), LOGITS), within(1e-11));
  }

  @Test
  void undialAscentToLabelsThatAreCertainOfOthersIsAscentBesideThem() {
    double[] undial = gradient(new Undial(1e3, 1), LOGITS);
    double[] ascent = gradient(new GradientAscent(), LOGITS);
    double[] both = new double[undial.length];
    for (int i = 0; i < both.length; i++) {
      both[i] = undial[i] + 2 * ascent[i];
    }
    assertThat(gradient(new UndialAscent(new Undial(1e3, 1), 2), LOGITS))
        .containsExactly(both, within(1e-13));
  }

  @Test
  void undialAscentIsNothingAtItsLabels() {
    UndialAscent same = new UndialAscent(new Undial(0, 1), 2);
    assertThat(value(same, REFERENCE)).isCloseTo(0, within(1e-14));
    assertThat(gradient(same, REFERENCE))
        .containsExactly(new double[REFERENCE.length], within(1e-14));
  }

  @Test
  void aDrawnDirectionHasLengthOneAndDependsOnItsSeedAlone() {
    float[] direction = new Misdirection.Drawn(42).of(500);
    double squares = 0;
    double sum = 0;
    for (float coordinate : direction) {
      assertThat(coordinate).isBetween(0f, 1f);
      squares += coordinate * coordinate;
      sum += coordinate;
    }
    assertThat(squares).isCloseTo(1, within(1e-6));
    assertThat(sum / Math.sqrt(500))
        .as("of uniform numbers")
        .isCloseTo(Math.sqrt(0.75), within(0.02));
    assertThat(new Misdirection.Drawn(42).of(500)).isEqualTo(direction);
    assertThat(new Misdirection.Drawn(43).of(500)).isNotEqualTo(direction);
  }

  @Test
  void representationsThatAgreeHaveNoDistance() {
    HiddenTerm.Slope slope =
        new RepresentationDistance(0)
            .of(matrix(LOGITS), Map.of(FrozenModel.REFERENCE, matrix(LOGITS)));
    assertThat(slope.sum().getDouble()).isZero();
    assertThat(slope.gradientND().toDoubleArray()).containsOnly(0);
  }

  @Test
  void topPKeepsTheTokenThatCrossesItAndAlwaysOne() {
    double[] logits = new double[8];
    double[] shares = {0.4, 0.3, 0.2, 0.1, 0.1, 0.2, 0.3, 0.4};
    Arrays.setAll(logits, i -> Math.log(shares[i]));
    Positions positions = positions(matrix(LOGITS), logits, REINFORCED);
    assertThat(probabilities(new TruncatedPredictions(4, 0.5, Truth.KEPT), positions))
        .containsExactly(
            new double[] {4 / 7.0, 3 / 7.0, 0, 0, 0, 0, 3 / 7.0, 4 / 7.0}, within(1e-12));
    assertThat(probabilities(new TruncatedPredictions(4, 1e-6, Truth.KEPT), positions))
        .containsExactly(new double[] {1, 0, 0, 0, 0, 0, 0, 1}, within(1e-12));
    assertThat(probabilities(new TruncatedPredictions(2, 1, Truth.REMOVED), positions))
        .containsExactly(new double[] {0, 0.6, 0.4, 0, 0, 1 / 3.0, 0, 2 / 3.0}, within(1e-12));
  }

  @Test
  void drawsByTheSharesOfWhatIsLeft() {
    double[][] shares = {{0.4, 0.3, 0.2, 0.1}, {0.1, 0.2, 0.3, 0.4}};
    TruncatedPredictions two = new TruncatedPredictions(2, 1, Truth.REMOVED);
    // 0.6 and 0.4 on tokens 1 and 2; 2/3 and 1/3 on 3 and 1
    assertThat(drawn(two, shares, new long[] {0, 2}, 0.59, 0.66)).containsExactly(1, 3);
    assertThat(drawn(two, shares, new long[] {0, 2}, 0.61, 0.67)).containsExactly(2, 1);
    TruncatedPredictions all = new TruncatedPredictions(4, 1, Truth.KEPT);
    assertThat(drawn(all, shares, new long[] {0, 2}, 0.39, 0.09)).containsExactly(0, 0);
    assertThat(drawn(all, shares, new long[] {0, 2}, 0.91, 0.99)).containsExactly(3, 3);
    TruncatedPredictions nucleus = new TruncatedPredictions(3, 0.5, Truth.KEPT);
    // 4/7 and 3/7 on 0 and 1, and on 3 and 2
    assertThat(drawn(nucleus, shares, new long[] {0, 2}, 0.57, 0.57)).containsExactly(0, 3);
    assertThat(drawn(nucleus, shares, new long[] {0, 2}, 0.58, 0.99)).containsExactly(1, 2);
  }

  @Test
  void drawsFromAllThatTieWithTheLastKept() {
    double[][] shares = {{0.3, 0.3, 0.1, 0.3}, {0.3, 0.3, 0.1, 0.3}, {0.3, 0.3, 0.1, 0.3}};
    long[] labels = {2, 2, 2};
    assertThat(drawn(new TruncatedPredictions(2, 1, Truth.KEPT), shares, labels, 0.1, 0.5, 0.9))
        .containsExactlyInAnyOrder(0, 1, 3);
  }

  @Test
  void genericPredictionsAreTheReferencesWhereNothingWasReinforced() {
    Term unlearned = new Distillation(new GenericPredictions(0));
    assertThat(value((PositionTerm) unlearned, LOGITS))
        .isCloseTo(value(new KullbackLeibler(), LOGITS), within(1e-14));
    Positions same = positions(matrix(LOGITS), REFERENCE, REFERENCE);
    assertThat(new Distillation(new GenericPredictions(5)).sum(same).getDouble())
        .isCloseTo(value(new KullbackLeibler(), LOGITS), within(1e-14));
  }

  @Test
  void genericPredictionsTakeOffOnlyWhatWasRaised() {
    double[] raised = {1.3 - 5, 0.2, -0.7, 0.4 - 5, 0, 2.5 - 5, -1, 0.9};
    Positions positions = positions(matrix(LOGITS), REFERENCE, REINFORCED);
    assertThat(probabilities(new GenericPredictions(5), positions))
        .containsExactly(matrix(raised).softmax(-1).toDoubleArray(), within(1e-12));
  }

  @Test
  void entropyIsMostAtTheUniformPrediction() {
    for (Direction direction : Direction.values()) {
      assertThat(value(new MaxEntropy(direction), EQUAL)).isCloseTo(0, within(1e-15));
      assertThat(largest(gradient(new MaxEntropy(direction), EQUAL))).isLessThan(1e-15);
    }
  }

  @Test
  void aCertainPredictionIsLogVFromUniformAndFarTheOtherWay() {
    double[] other = ONE_HOT;
    assertThat(value(new MaxEntropy(Direction.MODEL_TO_UNIFORM), other))
        .isCloseTo(2 * Math.log(4), within(1e-12));
    assertThat(largest(gradient(new MaxEntropy(Direction.MODEL_TO_UNIFORM), other)))
        .isLessThan(1e-12);
    assertThat(value(new MaxEntropy(Direction.UNIFORM_TO_MODEL), other))
        .isCloseTo(2 * (-Math.log(4) + 900 * 0.75), within(1e-9));
    assertThat(gradient(new MaxEntropy(Direction.UNIFORM_TO_MODEL), other))
        .containsExactly(
            new double[] {0.75, -0.25, -0.25, -0.25, -0.25, -0.25, 0.75, -0.25}, within(1e-12));
  }

  @Test
  void flatLogitsAreZeroWhereAllAreEqualAndPushTheLargestDown() {
    assertThat(value(new FlatLogits(), EQUAL)).isZero();
    assertThat(gradient(new FlatLogits(), EQUAL)).containsOnly(0);
    double above = 900 * 0.75; // the largest logit over the mean of four
    assertThat(value(new FlatLogits(), ONE_HOT)).isCloseTo(2 * above * above, within(1e-9));
    assertThat(Arrays.copyOfRange(gradient(new FlatLogits(), ONE_HOT), 0, 4))
        .containsExactly(
            new double[] {2 * above * 0.75, -above / 2, -above / 2, -above / 2}, within(1e-9));
  }

  @Test
  void capsOutOfReachChangeNothing() {
    assertThat(value(new CappedAscent(50), LOGITS)).isEqualTo(value(new GradientAscent(), LOGITS));
    assertThat(value(new CappedEntropy(50), LOGITS))
        .isCloseTo(value(new MaxEntropy(Direction.MODEL_TO_UNIFORM), LOGITS), within(1e-15));
  }

  @Test
  void cappedTermsLetGoOfEachPositionAtTheCap() {
    // Losses of the labels: 1.95 and 1.24 nats; entropies: 0.95 and 1.07.
    double[] ascent = gradient(new CappedAscent(1.5), LOGITS);
    assertThat(Arrays.copyOfRange(ascent, 0, 4)).containsOnly(0);
    assertThat(Arrays.copyOfRange(ascent, 4, 8))
        .isEqualTo(Arrays.copyOfRange(gradient(new GradientAscent(), LOGITS), 4, 8));
    double[] entropy = gradient(new CappedEntropy(1.0), LOGITS);
    assertThat(Arrays.copyOfRange(entropy, 4, 8)).containsOnly(0);
    assertThat(largest(Arrays.copyOfRange(entropy, 0, 4))).isGreaterThan(0.1);
  }

  @Test
  void npoBecomesAscentAsBetaVanishes() {
    View text = new View(7, 5, 4);
    assertThat(new Npo(1e-9).of(List.of(text)).perView().get(0)).isCloseTo(-1, within(1e-8));
    assertThat(new SimNpo(1e-9, 0).of(List.of(text)).perView().get(0))
        .isCloseTo(-1 / 4.0, within(1e-8));
  }

  @Test
  void npoOfAnUnchangedModelIsTwoLogTwoOverBeta() {
    View same = new View(7, 7, 4);
    assertThat(new Npo(0.1).of(List.of(same)).value()).isCloseTo(20 * Math.log(2), within(1e-12));
  }

  /**
   * Preferring several answers is the mean over them, and one that is the text itself is nothing.
   */
  @Test
  void alternateIsTheMeanOverItsAnswers() {
    SequenceTerm.View text = new SequenceTerm.View(7, 5, 4);
    SequenceTerm.View one = new SequenceTerm.View(9, 8.5, 3);
    SequenceTerm.View other = new SequenceTerm.View(2, 6, 5);
    SequenceTerm.Slope both = Dpo.alternate(0.3, 3).of(List.of(text, one, other, text));
    SequenceTerm.Slope first = new Dpo(0.3).of(List.of(text, one));
    SequenceTerm.Slope second = new Dpo(0.3).of(List.of(text, other));
    double none = 2 / 0.3 * Math.log(2);
    assertThat(both.value()).isCloseTo((first.value() + second.value() + none) / 3, within(1e-12));
    assertThat(both.perView().get(0) + both.perView().get(3))
        .isCloseTo((first.perView().get(0) + second.perView().get(0)) / 3, within(1e-12));
    assertThat(both.perView().get(1)).isCloseTo(first.perView().get(1) / 3, within(1e-12));
    assertThat(both.perView().get(2)).isCloseTo(second.perView().get(1) / 3, within(1e-12));
  }

  @Test
  void dpoWhoseRejectionStandsStillIsNpo() {
    View text = new View(7, 5, 4);
    View still = new View(3, 3, 6);
    SequenceTerm.Slope dpo = new Dpo(0.3).of(List.of(text, still));
    SequenceTerm.Slope npo = new Npo(0.3).of(List.of(text));
    assertThat(dpo.value()).isEqualTo(npo.value());
    assertThat(dpo.perView().get(0)).isEqualTo(npo.perView().get(0));
    assertThat(dpo.perView().get(1)).isEqualTo(-npo.perView().get(0));
  }

  @Test
  void preservationFadesWhereTheAnswerIsFarAhead() {
    View answer = new View(1, Double.NaN, 4);
    View rejection = new View(1000, Double.NaN, 4);
    SequenceTerm.Slope far = new AnswerPreservation(0.1).of(List.of(answer, rejection));
    assertThat(far.perView().get(0)).isCloseTo(0, within(1e-40));
    SequenceTerm.Slope vanishing = new AnswerPreservation(1e-9).of(List.of(answer, rejection));
    assertThat(vanishing.perView().get(0)).isCloseTo(0.5, within(1e-6));
    assertThat(vanishing.perView().get(1)).isCloseTo(-0.5, within(1e-6));
  }

  private double value(PositionTerm term, double[] logits) {
    return term.sum(positions(matrix(logits), REFERENCE, REINFORCED)).getDouble();
  }

  private double[] gradient(PositionTerm term, double[] logits) {
    return Graph.withGraph(
        () -> {
          NDArray leafNV = Graph.leaf(matrix(logits));
          Graph.backward(
              term.sum(positions(leafNV, REFERENCE, REINFORCED)),
              manager.ones(new Shape(), DataType.FLOAT64));
          return leafNV.getGradient().toDoubleArray();
        });
  }

  private long[] drawn(
      TruncatedPredictions predictions, double[][] shares, long[] labels, double... uniforms) {
    NDArray uniformN1 = manager.create(uniforms).expandDims(1);
    NDArray logitsNV = manager.create(shares).log();
    return predictions.drawN(logitsNV, manager.create(labels), uniformN1).toLongArray();
  }

  private double[] probabilities(LabelDistribution labels, Positions positions) {
    return labels.logProbabilitiesNV(positions).exp().toDoubleArray();
  }

  private Positions positions(NDArray logitsNV, double[] reference, double[] reinforced) {
    return new Positions(
        logitsNV,
        manager.create(new long[] {0, 2}),
        Map.of(
            FrozenModel.REFERENCE, matrix(reference),
            FrozenModel.REINFORCED, matrix(reinforced)));
  }

  private NDArray matrix(double[] values) {
    return manager.create(values, new Shape(2, 4));
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }
}
