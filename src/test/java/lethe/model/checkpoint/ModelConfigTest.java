package lethe.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lethe.model.family.Architectures;
import lethe.model.network.Architecture;
import lethe.model.network.ArchitectureTest;
import lethe.model.network.ContextLength;
import lethe.settings.InvalidSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is made of keys that nobody reads, of null and of two spellings: as transformers 5.18 does.
 */
class ModelConfigTest {
  @Test
  void keysThatNobodyReadsAreNamedAndChangeNothing() throws JsonProcessingException {
    String surplus =
        """
        {'is_llama_config': true, 'rope_interleaved': false, 'unsloth_fixed': true,
         'neftune_noise_alpha': 5, 'max_sequence_length': 2048, 'model_max_length': 2048,
         'sliding_window': 4, 'max_window_layers': 1, 'num_local_experts': 8,
         'transformers.js_config': {'dtype': 'q4'}, 'pad_token': '<pad>', 'bos_token': '<s>',
         'base_model_tp_plan': {'layers.*.mlp': 'rowwise'},
         'rope_scaling': {'rope_type': 'yarn', 'factor': 2.0, 'attn_factor': 1.5}}""";
    ModelConfig config = ArchitectureTest.config("llama", surplus);

    Architecture built = Architectures.of(config);

    assertThat(built.context()).isEqualTo(new ContextLength(32, "max_position_embeddings 32"));
    assertThat(config.warnings())
        .containsExactly(
            "config.json has keys that transformers does not read for llama either, so they change nothing: is_llama_config true, unsloth_fixed true, neftune_noise_alpha 5, max_sequence_length 2048, model_max_length 2048, sliding_window 4, max_window_layers 1, num_local_experts 8, rope_scaling.attn_factor 1.5");
  }

  @Test
  void aListOfKeysEnds() throws JsonProcessingException {
    StringBuilder keys = new StringBuilder("{'k0': 1");
    for (int i = 1; i < 43; i++) {
      keys.append(", 'k").append(i).append("': 1");
    }
    ModelConfig config = ArchitectureTest.config("gpt2", keys + "}");
    Architectures.of(config);
    assertThat(config.warnings()).singleElement().asString().endsWith("k8 1, k9 1 and 33 more");
  }

  /** The lists are transformers' own: parity/keys.py writes them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemma",
        "gemma2",
        "gpt2",
        "gpt_neox",
        "llama",
        "mistral",
        "olmo2",
        "phi3",
        "qwen2",
        "qwen3"
      })
  void noKeyThatTransformersReadsIsPassedOver(String family) throws IOException {
    JsonNode keys =
        new ObjectMapper()
            .readTree(Path.of("src/test/resources/parity/config-keys.json").toFile())
            .path(family);
    assertThat(keys).hasSizeGreaterThan(25);
    for (JsonNode key : keys) {
      ModelConfig config = ArchitectureTest.config(family, "{'" + key.asText() + "': 'odd'}");
      try {
        Architectures.of(config);
        assertThat(config.warnings()).as(key.asText()).isEmpty(); // it is known to be harmless
      } catch (InvalidSettings e) {
        assertThat(e).hasMessageContaining(key.asText());
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama   | num_key_value_heads | 4",
        "mistral | num_key_value_heads | 4",
        "qwen2   | num_key_value_heads | 4",
        "qwen3   | num_key_value_heads | 4",
        "olmo2   | num_key_value_heads | 4",
        "phi3    | num_key_value_heads | 4",
      })
  void nullMeansAsManyKeysAsHeads(String family, String key, int heads)
      throws JsonProcessingException {
    Architecture built =
        Architectures.of(ArchitectureTest.config(family, "{'%s': null}".formatted(key)));
    assertThat(built.heads().keys()).isEqualTo(heads);
  }

  @ParameterizedTest
  @CsvSource({
    "llama, max_position_embeddings",
    "llama, rms_norm_eps",
    "llama, tie_word_embeddings",
    "llama, attention_bias",
    "llama, mlp_bias",
    "llama, hidden_act",
    "llama, rope_theta",
    "qwen2, use_sliding_window",
    "qwen2, max_window_layers",
    "qwen3, head_dim",
    "olmo2, head_dim",
    "phi3, head_dim",
    "phi3, original_max_position_embeddings",
    "gemma, head_dim",
    "gemma, num_key_value_heads",
    "gemma, hidden_act",
    "gemma2, num_key_value_heads",
    "gemma2, query_pre_attn_scalar",
    "gemma2, hidden_activation",
    "gpt_neox, layer_norm_eps",
    "gpt_neox, use_parallel_residual",
    "gpt2, n_positions",
    "gpt2, scale_attn_weights",
    "gpt2, tie_word_embeddings",
    "gpt2, activation_function",
  })
  void nullIsRefusedWhereTransformersRefusesIt(String family, String key)
      throws JsonProcessingException {
    ModelConfig config = ArchitectureTest.config(family, "{'" + key + "': null}");
    assertThatThrownBy(() -> Architectures.of(config))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(key + " must be ")
        .hasMessageContaining(", was null");
  }

  @Test
  void theOlderSpellingOfRopeCountsWhole() throws JsonProcessingException {
    String both =
        """
        {'rope_theta': 5.0, 'rope_scaling': {'rope_type': 'linear', 'factor': 2.0},
         'rope_parameters': {'rope_type': 'default', 'rope_theta': 77.0}}""";
    String older = "{'rope_theta': 5.0, 'rope_scaling': {'rope_type': 'linear', 'factor': 2.0}}";
    ModelConfig config = ArchitectureTest.config("llama", both);

    assertThat(cosines(config)).isEqualTo(cosines(ArchitectureTest.config("llama", older)));
    assertThat(config.warnings())
        .containsExactly(
            "config.json has rope_scaling and rope_parameters: the first is used, as in transformers");
    String newer = "{'rope_scaling': {}, 'rope_parameters': {'rope_theta': 77.0}}";
    assertThat(cosines(ArchitectureTest.config("llama", newer)))
        .isEqualTo(cosines(ArchitectureTest.config("llama", "{'rope_theta': 77.0}")));
  }

  @Test
  void gptNeoXKnowsItsOwnSpellingsOfRopeAlone() throws JsonProcessingException {
    float[] standard = cosines(ArchitectureTest.config("gpt_neox", "{'rotary_pct': 0.5}"));
    ModelConfig beside =
        ArchitectureTest.config("gpt_neox", "{'rotary_pct': 0.5, 'rope_theta': 5.0}");
    assertThat(cosines(beside)).isEqualTo(standard);
    assertThat(beside.warnings()).singleElement().asString().endsWith(": rope_theta 5.0");
    ModelConfig same =
        ArchitectureTest.config(
            "gpt_neox", "{'rotary_pct': 0.5, 'rope_theta': 10000, 'partial_rotary_factor': 0.5}");
    assertThat(cosines(same)).isEqualTo(standard);
    assertThat(same.warnings()).isEmpty();
  }

  /** In transformers su and yarn are renamed, and an inner original context is overwritten. */
  @Test
  void phi3HasOlderNamesOfLongrope() throws JsonProcessingException {
    String factors = "'short_factor': [1.0, 2.0], 'long_factor': [3.0, 4.0]";
    float[] newest = cosines(phi3("'rope_parameters': {'rope_type': 'longrope', %s}", factors));
    for (String older :
        List.of(
            "'rope_scaling': {'type': 'su', %s}",
            "'rope_scaling': {'type': 'yarn', %s}",
            "'rope_scaling': {'type': 'longrope', 'original_max_position_embeddings': 3, %s}")) {
      assertThat(cosines(phi3(older, factors))).isEqualTo(newest);
    }
    ModelConfig overwritten =
        phi3("'rope_scaling': {'type': 'su', 'original_max_position_embeddings': 3, %s}", factors);
    Architectures.of(overwritten);
    assertThat(overwritten.warnings())
        .singleElement()
        .asString()
        .endsWith(": rope_scaling.original_max_position_embeddings 3");

    // 32 / 16 is the factor, so cosines and sines are scaled by sqrt(1 + log 2 / log 16).
    assertThat(newest[0]).isEqualTo(turned(0));
    assertThat(newest[2]).as("one position on, within 16 tokens").isEqualTo(turned(1));
    float[] beyond =
        Architectures.of(phi3("'rope_scaling': {'type': 'su', %s}", factors))
            .tables()
            .apply(17)
            .get(0)
            .values();
    assertThat(beyond[2]).isEqualTo(turned(1 / 3f));
  }

  private static ModelConfig phi3(String rope, String factors) throws JsonProcessingException {
    return ArchitectureTest.config(
        "phi3", "{'original_max_position_embeddings': 16, %s}".formatted(rope.formatted(factors)));
  }

  private static float turned(float angle) {
    return (float) (Math.cos(angle) * Math.sqrt(1.25));
  }

  @Test
  void bothGemmasPassOverTheOtherNameOfTheActivation() throws JsonProcessingException {
    String first = "{'hidden_act': 'gelu', 'hidden_activation': 'gelu_pytorch_tanh'}";
    String both = "{'hidden_act': 'gelu_pytorch_tanh', 'hidden_activation': 'gelu_pytorch_tanh'}";
    String other = "{'%s': 'relu'}";
    Architecture plain = Architectures.of(ArchitectureTest.config("gemma", "{}"));
    for (String changes : List.of(first, both, "{'hidden_act': 'gelu'}")) {
      ModelConfig config = ArchitectureTest.config("gemma", changes);
      assertThat(Architectures.of(config).script()).isEqualTo(plain.script());
      assertThat(config.warnings()).isEmpty();
    }
    ModelConfig gemma2 = ArchitectureTest.config("gemma2", both);
    Architectures.of(gemma2);
    assertThat(gemma2.warnings()).isEmpty();
    ModelConfig unread = ArchitectureTest.config("gemma2", other.formatted("hidden_act"));
    Architectures.of(unread);
    assertThat(unread.warnings()).singleElement().asString().endsWith(": hidden_act \"relu\"");
    ModelConfig newer = ArchitectureTest.config("gemma", other.formatted("hidden_activation"));
    Architectures.of(newer);
    assertThat(newer.warnings())
        .singleElement()
        .asString()
        .endsWith(": hidden_activation \"relu\"");
  }

  @Test
  void gpt2HasTwoNamesForItsSizes() throws JsonProcessingException {
    Architecture built =
        Architectures.of(
            ArchitectureTest.config(
                "gpt2", "{'num_hidden_layers': 1, 'num_attention_heads': 2, 'hidden_size': 16}"));
    assertThat(built.layers()).hasSize(1);
    assertThat(built.heads()).isEqualTo(new Architecture.Heads(2, 2, 8));
    assertThat(List.of(built.width(), built.vocabulary())).containsExactly(16, 40);
  }

  private static float[] cosines(ModelConfig config) {
    return Architectures.of(config).tables().apply(7).get(0).values();
  }
}
