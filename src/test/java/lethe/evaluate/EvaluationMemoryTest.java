package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import lethe.inference.ComputeSettings;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.Architectures;
import lethe.model.family.Encoders;
import lethe.model.network.Architecture;
import lethe.model.torch.Activations;
import lethe.model.torch.Precision;
import org.junit.jupiter.api.Test;

class EvaluationMemoryTest {
  private static final long LIBRARIES = 120L << 20;

  private static ModelConfig config(Map<String, Object> members) {
    return new ModelConfig("config.json", new ObjectMapper().valueToTree(members));
  }

  private static final Architecture MODEL =
      Architectures.of(
          config(
              Map.of(
                  "model_type", "llama",
                  "hidden_size", 64,
                  "intermediate_size", 128,
                  "num_attention_heads", 4,
                  "num_hidden_layers", 2,
                  "vocab_size", 100,
                  "max_position_embeddings", 256)));

  /** As large as BERT base, which has 108,891,648 parameters without its pooler. */
  private static final Architecture ENCODER =
      Encoders.sentences(
          config(
              Map.of(
                  "model_type", "bert",
                  "hidden_size", 768,
                  "intermediate_size", 3072,
                  "num_attention_heads", 12,
                  "num_hidden_layers", 12,
                  "vocab_size", 30522,
                  "type_vocab_size", 2,
                  "max_position_embeddings", 512)));

  /**
   * Embedding and head 2 * 100 * 64; a layer 4 * 64^2 + 3 * 64 * 128 + 2 * 64; the last norm 64.
   */
  @Test
  void twoModelsAndNoEncoderByHand() {
    EvaluationMemory memory = EvaluationMemory.of(MODEL, List.of(), ComputeSettings.cpu(1), 8, 256);
    long parameters = 2 * 6400 + 2 * (4 * 4096 + 3 * 8192 + 2 * 64) + 64;
    assertThat(MODEL.elements()).isEqualTo(parameters);
    assertThat(memory.models()).isEqualTo(2 * 4 * parameters);
    assertThat(memory.encoders()).isZero();
    assertThat(memory.passes()).isEqualTo(4 * 8 * 18 * 256 * 64);
    assertThat(memory.bytes()).isEqualTo(8 * parameters + 9_437_184 + LIBRARIES);
  }

  @Test
  void encodersStayBesideTheModelsInFloat32AndTheirTextsAreLong() {
    ComputeSettings half =
        new ComputeSettings(
            1, Precision.BFLOAT16, Activations.KEEP, ComputeSettings.DeviceChoice.CPU);
    EvaluationMemory alone = EvaluationMemory.of(MODEL, List.of(), half, 8, 256);
    EvaluationMemory judged = EvaluationMemory.of(MODEL, List.of(ENCODER, ENCODER), half, 8, 256);
    assertThat(judged.models()).isEqualTo(alone.models());
    assertThat(judged.encoders()).isEqualTo(2 * 4 * 108_891_648L);
    assertThat(judged.passes()).isEqualTo(4 * 18 * 512 * 768);
    assertThat(judged.bytes())
        .isEqualTo(judged.models() + judged.encoders() + judged.passes() + LIBRARIES);
  }
}
