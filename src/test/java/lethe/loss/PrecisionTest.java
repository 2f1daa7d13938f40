package lethe.loss;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lethe.loss.ModelParityTest.Reference;
import lethe.model.ModelSource;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.model.torch.Activations;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import lethe.model.torch.Precision;
import lethe.objective.Descent;
import lethe.objective.Positions;
import lethe.objective.Role;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How far each precision is from float64, and what recomputing activations changes: nothing. */
class PrecisionTest {
  private static final Role DESCENT = new Role("retain", new Descent(), 1);

  /**
   * @param nllN nats of each scored token
   * @param gradient of their mean, the flat vector
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Result(float[] nllN, float[] gradient) {}

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama_tied",
        "qwen3_biased",
        "gpt_neox_sequential",
        "gpt2_untied",
        "phi3_longrope",
        "gemma_biased",
        "gemma2_bounded",
        "olmo2_biased"
      })
  void errorAgainstFloat64(String name) {
    Result exact = exact(name);
    Result single = run(name, Compute.cpu(1));
    Result half = run(name, Compute.cpu(1).with(Precision.BFLOAT16));

    assertThat(error(single.nllN, exact.nllN)).as("float32 NLL").isLessThan(3e-7);
    assertThat(error(single.gradient, exact.gradient)).as("float32 gradient").isLessThan(2e-6);
    // One rounding to bfloat16 is off by up to 2^-9 = 2e-3; that GPT-2 does not scale its
    // attention.
    assertThat(error(half.nllN, exact.nllN)).as("bfloat16 NLL").isBetween(1e-5, 1e-2);
    assertThat(error(half.gradient, exact.gradient)).as("bfloat16 gradient").isBetween(1e-4, 6e-2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama_tied",
        "qwen3_biased",
        "gpt_neox_sequential",
        "gpt2_untied",
        "phi3_longrope",
        "gemma_biased",
        "gemma2_bounded",
        "olmo2_biased"
      })
  void recomputingActivationsChangesNoBit(String name) {
    for (Precision precision : Precision.values()) {
      Compute keep = Compute.cpu(1).with(precision);
      Result kept = run(name, keep);
      assertThat(run(name, keep.with(Activations.RECOMPUTE)).gradient).isEqualTo(kept.gradient);
      assertThat(run(name, keep).gradient).as("a second time").isEqualTo(kept.gradient);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_tied", "gpt2_untied"})
  void gradientsOfPassesAddUpInFloat32(String name) {
    Compute half = Compute.cpu(1).with(Precision.BFLOAT16);
    ModelSource source = source(name);
    List<int[]> tokens = new Reference(folder(name)).sequences();
    float[] once = run(name, half).gradient;
    try (Network network = new Network(source.architecture(), half);
        Parameters parameters = source.parameters(network);
        Parameters leaves = parameters.leaves()) {
      double coefficient = 1.0 / scored(tokens);
      for (int i = 0; i < 64; i++) {
        accumulate(network, leaves, tokens, coefficient);
      }
      float[] sum = gradient(network, leaves);
      for (int i = 0; i < sum.length; i++) {
        sum[i] /= 64;
      }
      // Sums kept in bfloat16 would stop growing and be off by 1e-2.
      assertThat(error(sum, once)).isLessThan(1e-6);
    }
  }

  private static Result exact(String name) {
    Reference reference = new Reference(folder(name));
    Architecture architecture = source(name).architecture();
    float[] gradient = new float[(int) architecture.elements()];
    int at = 0;
    for (NamedShape tensor : architecture.tensors()) {
      String other = tensor.name().replace("embed_out", "lm_head");
      float[] values =
          reference.floats(
              "exact_grad." + (reference.has("exact_grad." + other) ? other : tensor.name()));
      System.arraycopy(values, 0, gradient, at, values.length);
      at += values.length;
    }
    return new Result(
        reference.scored(reference.floats("exact_nll"), reference.sequences()), gradient);
  }

  private static Result run(String name, Compute compute) {
    ModelSource source = source(name);
    List<int[]> tokens = new Reference(folder(name)).sequences();
    try (Network network = new Network(source.architecture(), compute);
        NDManager manager = network.newManager();
        Parameters parameters = source.parameters(network);
        Parameters leaves = parameters.leaves()) {
      TokenBatch batch = TokenBatch.of(manager, tokens);
      float[] nllN =
          Graph.withoutGraph(
              () -> {
                NDArray hiddenND =
                    network.gatherRows(network.hidden(batch.idsBT(), parameters), batch.rowsN());
                NDArray logitsNV = network.logits(hiddenND, parameters);
                return new Positions(logitsNV, batch.labelsN()).nllN().toFloatArray();
              });
      accumulate(network, leaves, tokens, 1.0 / scored(tokens));
      return new Result(nllN, gradient(network, leaves));
    }
  }

  private static void accumulate(
      Network network, Parameters leaves, List<int[]> tokens, double coefficient) {
    new MicroBatch(network)
        .accumulate(DESCENT, ModelParityTest.examples(tokens), coefficient, leaves, Map.of());
  }

  private static float[] gradient(Network network, Parameters leaves) {
    float[] gradient = new float[(int) network.architecture().elements()];
    leaves.readGradients(0, gradient, 0, gradient.length);
    return gradient;
  }

  private static int scored(List<int[]> tokens) {
    return tokens.stream().mapToInt(t -> t.length - 1).sum();
  }

  private static double error(float[] actual, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < actual.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      norm += (double) expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }

  private static Path folder(String name) {
    return Path.of("src/test/resources/parity").resolve(name);
  }

  private static ModelSource source(String name) {
    return new ModelSource(folder(name).toString(), Map.of());
  }
}
