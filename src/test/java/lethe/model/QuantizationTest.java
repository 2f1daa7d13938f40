package lethe.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import lethe.SharedData;
import lethe.model.checkpoint.NamedShape;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;

class QuantizationTest {
  @Test
  void fourBitsRoundEachBlockToItsLevels() {
    float[] values = new float[65];
    values[0] = -2;
    values[1] = 1.9f; // 0.95 of the largest: nearer to 1 than to 0.723
    values[2] = 0.08f; // 0.04, just beyond half way from 0 to 0.0796
    values[3] = 0.07f;
    values[64] = 0.25f; // a block of its own
    Quantization.NF4.round(values, 65);
    assertThat(values).startsWith(-2, 2, 2 * 0.0795803f, 0).endsWith(0.25f);
  }

  @Test
  void eightBitsRoundEachRowByItself() {
    float[] values = {1.27f, 0.0149f, -0.006f, 0, 0, 0, -12.7f, 1.24f, 0.06f};
    Quantization.INT8.round(values, 3);
    assertThat(values)
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(1.27f, 0.01f, -0.01f, 0, 0, 0, -12.7f, 1.2f, 0.1f);
  }

  /** The hashes are of what the functions of bitsandbytes' default backend compute in PyTorch. */
  @Test
  void matricesHaveTheBitsOfBitsandbytes() {
    Optional<Path> shared = SharedData.find("base-model");
    if (shared.isEmpty()) {
      return; // SharedData has failed already under CI
    }
    ModelSource model = new ModelSource(shared.get().toString(), Map.of());
    assertThat(sha256(model, Quantization.NF4, "model.layers.0.self_attn.q_proj.weight"))
        .isEqualTo("fa1e7e442417c541cf53686b5a9409ccdd42e31143222405c63bda98e8e7fb35");
    assertThat(sha256(model, Quantization.INT8, "model.layers.0.self_attn.q_proj.weight"))
        .isEqualTo("24d36cc8e99744c9faad5228f3bcffd7b248f321b1614d3899e61a4b175279a9");
    assertThat(sha256(model, Quantization.NF4, "model.layers.3.mlp.down_proj.weight"))
        .isEqualTo("bc0f748f88a20557d1e98f7a56cc269cb56b8218a97c6fc2a039dc099eb846c4");
    assertThat(sha256(model, Quantization.INT8, "model.layers.3.mlp.down_proj.weight"))
        .isEqualTo("b6835c6b1a0117db656d093a4e7ee2a202808fce3db4715bcdea80de7605119f");
    for (String kept : new String[] {"model.embed_tokens.weight", "lm_head.weight"}) {
      assertThat(sha256(model, Quantization.NF4, kept))
          .isEqualTo(sha256(model, Quantization.NONE, kept));
    }
  }

  @Test
  void matricesOfInputsByOutputsAreRoundedByOutputs() {
    Optional<Path> shared = SharedData.find("parity/gpt2");
    if (shared.isEmpty()) {
      return;
    }
    ModelSource model = new ModelSource(shared.get().toString(), Map.of());
    NamedShape matrix = matrix(model, "h.0.mlp.c_fc.weight");
    float[] plain = read(model, Quantization.NONE, matrix);
    float[] rounded = read(model, Quantization.INT8, matrix);
    int outputs = matrix.shape().get(1).intValue();
    float most = 0; // of the weights of the first output
    for (int i = 0; i < plain.length; i += outputs) {
      most = Math.max(most, Math.abs(plain[i]));
    }
    for (int i = 0; i < plain.length; i += outputs) {
      double steps = rounded[i] / most * 127;
      assertThat(steps).isCloseTo(Math.rint(steps), org.assertj.core.data.Offset.offset(1e-3));
    }
  }

  private static NamedShape matrix(ModelSource model, String end) {
    return model.architecture().tensors().stream()
        .filter(tensor -> tensor.name().endsWith(end))
        .findFirst()
        .orElseThrow();
  }

  private static String sha256(ModelSource model, Quantization quantization, String name) {
    float[] values = read(model, quantization, matrix(model, name));
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return DigestUtils.sha256Hex(bytes.array());
  }

  /** In two pieces, of which the first ends within a row. */
  private static float[] read(ModelSource model, Quantization quantization, NamedShape matrix) {
    float[] values = new float[Math.toIntExact(matrix.elements())];
    int first = values.length / 2 + 7;
    var weights = model.weights(quantization);
    weights.read(matrix.name(), 0, values, 0, first);
    weights.read(matrix.name(), first, values, first, values.length - first);
    return values;
  }
}
