package lethe.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.Architectures;
import lethe.model.torch.Activations;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import lethe.model.torch.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys and values that are kept give what the whole text would. */
class DecodingTest {
  private static final int VOCABULARY = 40;
  private static final int TOKENS = 32;

  /** Head size 8 in all, so that a part of it can turn. */
  private static final String RMS =
      "\"hidden_size\": 32, \"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"num_hidden_layers\": 2, \"intermediate_size\": 24, \"max_position_embeddings\": 32";

  private static final String NEOX =
      "\"hidden_size\": 32, \"num_attention_heads\": 4, \"num_hidden_layers\": 2, \"intermediate_size\": 24, \"max_position_embeddings\": 32";

  private static final String GPT2 =
      "\"n_embd\": 32, \"n_head\": 4, \"n_layer\": 2, \"n_positions\": 32";

  static Stream<Arguments> families() {
    return Stream.of(
        Arguments.of("llama", RMS),
        Arguments.of("llama", RMS.replace("heads\": 2", "heads\": 4")),
        Arguments.of("llama", RMS.replace("heads\": 2", "heads\": 1")),
        Arguments.of("llama", RMS + LONG.formatted(10)), // stretched on the way
        Arguments.of("llama", RMS + LONG.formatted(4)), // stretched from the first token on
        Arguments.of("mistral", RMS),
        Arguments.of("qwen2", RMS),
        Arguments.of("qwen3", RMS + ", \"head_dim\": 16"),
        Arguments.of("olmo2", RMS),
        Arguments.of("phi3", RMS + ", \"partial_rotary_factor\": 0.5"),
        Arguments.of("phi3", RMS + LONG.formatted(4) + BESIDE.formatted(10)), // on the way
        Arguments.of("gemma", RMS + ", \"head_dim\": 16"),
        Arguments.of("gemma2", RMS + GEMMA2),
        Arguments.of("gemma2", RMS.replace("heads\": 2", "heads\": 4") + GEMMA2),
        Arguments.of("gemma2", RMS + GEMMA2.replace("2.5", "null")),
        Arguments.of("gpt_neox", NEOX),
        Arguments.of("gpt_neox", NEOX + ", \"rotary_pct\": 1.0"),
        Arguments.of("gpt_neox", NEOX + ", \"use_parallel_residual\": false"),
        Arguments.of("gpt2", GPT2));
  }

  private static final String LONG =
      ", \"rope_parameters\": {\"rope_type\": \"longrope\", \"factor\": 4, \"original_max_position_embeddings\": %d,"
          + " \"short_factor\": [1, 1, 1, 1], \"long_factor\": [1, 2, 3, 4]}";

  /** Phi-3 believes what is said beside the object. */
  private static final String BESIDE = ", \"original_max_position_embeddings\": %d";

  private static final String GEMMA2 =
      ", \"head_dim\": 8, \"query_pre_attn_scalar\": 5, \"attn_logit_softcapping\": 2.5";

  @ParameterizedTest
  @MethodSource("families")
  void givesTheHiddenStatesOfTheWholeText(String type, String sizes) throws IOException {
    agrees(architecture(type, sizes), Precision.FLOAT32, 2e-4f);
  }

  @ParameterizedTest
  @CsvSource({"llama, ''", "olmo2, ''", "gemma2, ', \"head_dim\": 8'"})
  void alsoInBfloat16(String type, String more) throws IOException {
    agrees(architecture(type, RMS + more), Precision.BFLOAT16, 0.15f); // of values up to 10
  }

  private static void agrees(Architecture architecture, Precision precision, float within) {
    int[][] texts = new int[3][];
    Random random = new Random(4);
    for (int b = 0; b < texts.length; b++) {
      texts[b] = random.ints(TOKENS, 0, VOCABULARY).toArray();
    }
    Compute compute = new Compute(Device.cpu(), 1, precision, Activations.KEEP);
    try (Network network = new Network(architecture, compute);
        Parameters weights = weights(network)) {
      Graph.withoutGraph(
          () -> {
            try (Decoding decoding = network.decoding(weights, TOKENS)) {
              for (int length = 7; length <= TOKENS; length++) {
                int had = length - 1;
                float[] kept =
                    length == 7
                        ? decoding.begin(cut(texts, length)).toFloatArray()
                        : decoding
                            .next(Arrays.stream(texts).mapToInt(t -> t[had]).toArray())
                            .toFloatArray();
                float[] whole = last(network, weights, cut(texts, length));
                assertThat(whole).as("not all alike").isNotEqualTo(new float[whole.length]);
                for (int i = 0; i < whole.length; i++) {
                  assertThat(kept[i]).as(length + " tokens").isCloseTo(whole[i], within(within));
                }
              }
            }
            return null;
          });
    }
  }

  /** What is kept of the texts that go on is theirs, in every family. */
  @ParameterizedTest
  @MethodSource("families")
  void leavingTextsOutChangesNothingForTheOthers(String type, String sizes) throws IOException {
    int[][] texts = new int[3][];
    Random random = new Random(4);
    for (int b = 0; b < texts.length; b++) {
      texts[b] = random.ints(TOKENS, 0, VOCABULARY).toArray();
    }
    int[][] left = {texts[0], texts[2]};
    try (Network network = new Network(architecture(type, sizes), Compute.cpu(1));
        Parameters weights = weights(network)) {
      Graph.withoutGraph(
          () -> {
            try (Decoding decoding = network.decoding(weights, TOKENS)) {
              decoding.begin(cut(texts, 7));
              decoding.next(new int[] {texts[0][7], texts[1][7], texts[2][7]});
              decoding.keep(new int[] {0, 2});
              for (int had = 8; had < 12; had++) {
                float[] kept =
                    decoding.next(new int[] {texts[0][had], texts[2][had]}).toFloatArray();
                float[] whole = last(network, weights, cut(left, had + 1));
                assertThat(kept).hasSameSizeAs(whole);
                for (int i = 0; i < whole.length; i++) {
                  assertThat(kept[i]).as("%d tokens", had).isCloseTo(whole[i], within(2e-4f));
                }
              }
            }
            return null;
          });
    }
  }

  @Test
  void noTextGrowsPastTheContext() throws IOException {
    try (Network network = new Network(architecture("gpt2", GPT2), Compute.cpu(1));
        Parameters weights = weights(network)) {
      assertThatThrownBy(() -> network.decoding(weights, 33))
          .hasMessageContaining("33 tokens")
          .hasMessageContaining("n_positions 32");
    }
  }

  @Test
  void textsOfDifferentLengthsAreRefused() throws IOException {
    try (Network network = new Network(architecture("llama", RMS), Compute.cpu(1));
        Parameters weights = weights(network);
        Decoding decoding = network.decoding(weights, TOKENS)) {
      assertThatThrownBy(() -> decoding.begin(List.of(new int[3], new int[4])))
          .hasMessage("Cannot decode texts of 3 and of 4 tokens together");
    }
  }

  private static List<int[]> cut(int[][] texts, int length) {
    return Arrays.stream(texts).map(t -> Arrays.copyOf(t, length)).toList();
  }

  /** Hidden states of the last position, everything computed again. */
  private static float[] last(Network network, Parameters weights, List<int[]> texts) {
    try (NDManager manager = network.newManager()) {
      NDArray idsBT = manager.create(texts.toArray(int[][]::new)).toType(DataType.INT64, false);
      return network.hidden(idsBT, weights).get(":, -1, :").toFloatArray();
    }
  }

  private static Parameters weights(Network network) {
    float[] values = new float[(int) network.architecture().elements()];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.3 * random.nextGaussian());
    }
    Parameters parameters = network.newParameters();
    parameters.write(0, values, 0, values.length);
    return parameters;
  }

  private static Architecture architecture(String type, String sizes) throws IOException {
    String json =
        "{\"model_type\": \"%s\", \"vocab_size\": %d, %s}".formatted(type, VOCABULARY, sizes);
    return Architectures.of(new ModelConfig(type, new ObjectMapper().readTree(json)));
  }
}
