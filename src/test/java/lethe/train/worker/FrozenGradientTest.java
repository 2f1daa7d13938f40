package lethe.train.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.TinyLlama;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Activations;
import lethe.model.torch.Compute;
import lethe.model.torch.Precision;
import lethe.objective.Descent;
import lethe.objective.Role;
import lethe.train.gradient.ParameterPattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradient of what is frozen is not taken, and the others keep every bit. */
class FrozenGradientTest {
  private static final List<Example> EXAMPLES =
      List.of(
          new Example(
              "a",
              List.of(
                  new Example.View(
                      new int[] {1, 5, 9, 2, 7, 3}, new int[] {-100, 5, 9, 2, 7, 3}, Double.NaN))));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.embed_tokens.*",
        "model.layers.0.*",
        "{model.embed_tokens,model.layers.0}.*",
        "model.layers.1.self_attn.{q,k,v}_proj.*", // one matrix here: whole or not at all
        "{model.layers.1,lm_head}.*",
        "{model.embed_tokens,model.layers}.*",
        "*norm*"
      })
  void otherGradientsKeepTheirBits(String pattern) {
    Predicate<String> frozen = name -> new ParameterPattern(List.of(pattern)).matches(name);
    for (Activations activations : Activations.values()) {
      for (Precision precision : Precision.values()) {
        Compute compute = Compute.cpu(1).with(precision).with(activations);
        float[] all = gradients(compute, name -> true);
        float[] some = gradients(compute, frozen.negate());
        int at = 0;
        int still = 0;
        for (NamedShape tensor : TinyLlama.architecture().tensors()) {
          int end = at + (int) tensor.elements();
          boolean stays = frozen.test(tensor.name());
          still += stays ? 1 : 0;
          float[] expected = Arrays.copyOfRange(all, at, end);
          assertThat(expected)
              .as("without freezing " + tensor.name())
              .isNotEqualTo(new float[end - at]);
          assertThat(Arrays.copyOfRange(some, at, end))
              .as("%s, %s, %s", tensor.name(), precision, activations)
              .isEqualTo(stays ? new float[end - at] : expected);
          at = end;
        }
        assertThat(still).as("tensors that " + pattern + " freezes").isPositive();
      }
    }
  }

  /** Zero where no gradient was taken. */
  private static float[] gradients(Compute compute, Predicate<String> trained) {
    try (Network network = new Network(TinyLlama.architecture(), compute);
        Parameters weights = network.newParameters()) {
      float[] values = TinyLlama.values(3);
      weights.write(0, values, 0, values.length);
      try (Parameters leaves = weights.leaves(trained)) {
        Role role = new Role("train", new Descent(), 1);
        for (int twice = 0; twice < 2; twice++) {
          new MicroBatch(network).accumulate(role, EXAMPLES, 0.5, leaves, Map.of());
        }
        float[] gradients = new float[values.length];
        leaves.readGradients(0, gradients, 0, gradients.length);
        return gradients;
      }
    }
  }
}
