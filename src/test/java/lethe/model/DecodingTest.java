package lethe.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys and values that are kept give what the whole text would. */
class DecodingTest {
  private static final int VOCABULARY = 40;
  private static final int TOKENS = 24;

  @ParameterizedTest
  @ValueSource(strings = {"llama", "mistral", "qwen2", "qwen3", "gpt_neox", "gpt2"})
  void givesTheHiddenStatesOfTheWholeText(String type) throws JsonProcessingException {
    Architecture architecture = architecture(type);
    int[][] texts = new int[3][];
    Random random = new Random(4);
    for (int b = 0; b < texts.length; b++) {
      texts[b] = random.ints(TOKENS, 0, VOCABULARY).toArray();
    }
    try (Network network = new Network(architecture, Device.cpu(), 1);
        Parameters weights = weights(network)) {
      Network.withoutGraph(
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
                  assertThat(kept[i]).as(length + " tokens").isCloseTo(whole[i], within(2e-4f));
                }
              }
            }
            return null;
          });
    }
  }

  @Test
  void textsOfDifferentLengthsAreRefused() throws JsonProcessingException {
    try (Network network = new Network(architecture("llama"), Device.cpu(), 1);
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

  private static Architecture architecture(String type) throws JsonProcessingException {
    String sizes =
        type.equals("gpt2")
            ? "\"n_embd\": 16, \"n_head\": 4, \"n_layer\": 2, \"n_positions\": 32"
            : "\"hidden_size\": 16, \"num_attention_heads\": 4, \"num_hidden_layers\": 2,"
                + " \"intermediate_size\": 24, \"max_position_embeddings\": 32"
                + (type.equals("gpt_neox") ? "" : ", \"num_key_value_heads\": 2");
    String json =
        "{\"model_type\": \"%s\", \"vocab_size\": %d, %s}".formatted(type, VOCABULARY, sizes);
    return Architecture.of(new ModelConfig(type, new ObjectMapper().readTree(json)));
  }
}
