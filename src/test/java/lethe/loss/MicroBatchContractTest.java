package lethe.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.objective.EveryTerm;
import lethe.objective.FrozenModel;
import lethe.objective.LikeliestTokens;
import lethe.objective.Role;
import lethe.objective.Term;
import lethe.objective.ViewKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every term keeps when it goes through a model: how it is batched changes nothing. */
class MicroBatchContractTest {
  private static final int EXAMPLES = 5;

  private static Network network;
  private static Parameters weights;
  private static Map<FrozenModel, Parameters> frozen;

  @BeforeAll
  static void open() {
    network = TinyLlama.network();
    weights = TinyLlama.parameters(network, 1);
    frozen =
        Map.of(
            FrozenModel.REFERENCE, TinyLlama.parameters(network, 2),
            FrozenModel.REINFORCED, TinyLlama.parameters(network, 3));
  }

  @AfterAll
  static void close() {
    network.close();
  }

  static Stream<Term> terms() {
    return EveryTerm.all();
  }

  @ParameterizedTest
  @MethodSource("terms")
  void batchesOfAnySizeAndOrderAddToTheSame(Term term) {
    List<Example> examples = examples(term, 4);
    Result whole = run(term, List.of(examples), weights);
    List<Example> shuffled = new ArrayList<>(examples);
    Collections.shuffle(shuffled, new Random(5));
    same(run(term, List.of(shuffled), weights), whole);
    same(run(term, List.of(examples.subList(0, 2), examples.subList(2, EXAMPLES)), weights), whole);
    // One by one there is no padding at all.
    same(run(term, examples.stream().map(List::of).toList(), weights), whole);
  }

  static Stream<Term> differentiable() {
    return EveryTerm.differentiable();
  }

  @ParameterizedTest
  @MethodSource("differentiable")
  void gradientMatchesFiniteDifferencesThroughTheModel(Term term) {
    List<List<Example>> batches = List.of(examples(term, 6));
    float[] gradient = run(term, batches, weights).gradient();
    Random random = new Random(7);
    float[] direction = new float[gradient.length];
    double along = 0;
    for (int i = 0; i < direction.length; i++) {
      direction[i] = (float) random.nextGaussian();
      along += (double) direction[i] * gradient[i];
    }
    double h = 3e-4;
    double difference =
        (run(term, batches, moved(direction, h)).value()
                - run(term, batches, moved(direction, -h)).value())
            / (2 * h);
    double norm = 0;
    for (float g : gradient) {
      norm += (double) g * g;
    }
    // In float32: small beside what a random direction would typically find.
    assertThat(difference).isCloseTo(along, within(5e-3 * Math.sqrt(norm)));
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Result(double value, float[] gradient) {}

  private static void same(Result actual, Result expected) {
    assertThat(actual.value())
        .isCloseTo(expected.value(), within(1e-5 * Math.abs(expected.value())));
    ModelParityTest.assertClose(actual.gradient(), expected.gradient(), 1e-5, "gradient");
  }

  private static Result run(Term term, List<List<Example>> batches, Parameters at) {
    MicroBatch microBatch = new MicroBatch(network);
    try (Parameters leaves = at.leaves()) {
      double value = 0;
      for (List<Example> batch : batches) {
        value += microBatch.accumulate(new Role("forget", term, 1), batch, 1, leaves, frozen);
      }
      float[] gradient = new float[TinyLlama.values(1).length];
      leaves.readGradients(0, gradient, 0, gradient.length);
      return new Result(value, gradient);
    }
  }

  private static Parameters moved(float[] direction, double h) {
    float[] values = TinyLlama.values(1);
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) (h * direction[i]);
    }
    Parameters parameters = network.newParameters();
    parameters.write(0, values, 0, values.length);
    return parameters;
  }

  /** Examples of unlike lengths, part of their labels not scored. */
  private static List<Example> examples(Term term, long seed) {
    Random random = new Random(seed);
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < EXAMPLES; i++) {
      List<Example.View> views = new ArrayList<>();
      for (int v = 0; v < term.views().size(); v++) {
        int[] tokens = random.ints(3 + random.nextInt(9), 0, TinyLlama.VOCABULARY).toArray();
        int[] labels = tokens.clone();
        Arrays.fill(labels, 0, random.nextInt(tokens.length - 1), TokenBatch.IGNORED);
        double reference = 20 * random.nextDouble();
        views.add(
            term.views().get(v) == ViewKind.STORED_LABELS
                ? new Example.View(tokens, labels, reference, stored(labels, random))
                : new Example.View(tokens, labels, reference));
      }
      examples.add(new Example(String.valueOf(i), views));
    }
    return examples;
  }

  /** Two other tokens of each scored position, and the rest. */
  private static LikeliestTokens stored(int[] labels, Random random) {
    int[] scored =
        Arrays.stream(labels).skip(1).filter(label -> label != TokenBatch.IGNORED).toArray();
    float[] truth = new float[scored.length];
    float[] rest = new float[scored.length];
    float[] likely = new float[2 * scored.length];
    int[] ids = new int[2 * scored.length];
    for (int t = 0; t < scored.length; t++) {
      truth[t] = 0.5f * random.nextFloat();
      rest[t] = 0.2f * random.nextFloat();
      for (int i = 0; i < 2; i++) {
        ids[2 * t + i] = (scored[t] + 1 + i) % TinyLlama.VOCABULARY;
        likely[2 * t + i] = (1 - truth[t] - rest[t]) / 2;
      }
    }
    return new LikeliestTokens(truth, ids, likely, rest);
  }
}
