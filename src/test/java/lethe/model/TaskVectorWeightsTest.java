package lethe.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.settings.InvalidSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskVectorWeightsTest {
  @TempDir Path folder;

  @Test
  void takesTheScaledDifferenceOffEveryTensor() throws IOException {
    ModelSource start = model("start", 1);
    ModelSource finetuned = model("finetuned", 2);
    ModelSource reference = model("reference", 3);
    TensorSource made = TaskVectorWeights.of(start, finetuned, reference, 0.75);
    for (NamedShape tensor : TinyLlama.architecture().tensors()) {
      float[] s = read(start.weights(), tensor);
      float[] f = read(finetuned.weights(), tensor);
      float[] r = read(reference.weights(), tensor);
      float[] expected = new float[s.length];
      for (int i = 0; i < s.length; i++) {
        expected[i] = (float) (s[i] - 0.75 * ((double) f[i] - r[i]));
      }
      assertThat(read(made, tensor)).as(tensor.name()).isEqualTo(expected).isNotEqualTo(s);
    }
  }

  @Test
  void onceFromTheModelItselfMirrorsTheFinetunedOne() throws IOException {
    ModelSource start = model("start", 1);
    ModelSource finetuned = model("finetuned", 2);
    TensorSource made = TaskVectorWeights.of(start, finetuned, start, 1);
    NamedShape tensor = TinyLlama.architecture().tensors().get(0);
    float[] w = read(start.weights(), tensor);
    float[] f = read(finetuned.weights(), tensor);
    float[] mirrored = read(made, tensor);
    for (int i = 0; i < w.length; i++) {
      assertThat(mirrored[i]).isEqualTo((float) (2.0 * w[i] - f[i]));
    }
    assertThat(read(TaskVectorWeights.of(start, start, start, 3), tensor))
        .as("nothing was learnt")
        .isEqualTo(w);
  }

  @Test
  void isTheSameHoweverItIsRead() throws IOException {
    ModelSource start = model("start", 1);
    TensorSource made = TaskVectorWeights.of(start, model("finetuned", 2), start, 0.5);
    NamedShape tensor = TinyLlama.architecture().tensors().get(0);
    float[] whole = read(made, tensor);
    float[] piece = new float[12];
    made.read(tensor.name(), 37, piece, 3, 7);
    for (int i = 0; i < 12; i++) {
      assertThat(piece[i]).isEqualTo(i < 3 || i >= 10 ? 0 : whole[37 + i - 3]);
    }
  }

  @Test
  void refusesAModelOfAnotherNetworkNamingBoth() throws IOException {
    ModelSource start = model("start", 1);
    refuses(start, "model_type", "mistral", "one is a mistral, the other a llama");
    refuses(start, "vocab_size", 40, "one has a vocabulary of 40, the other of 32");
    boolean tied = TinyLlama.architecture().tied();
    refuses(
        start,
        "tie_word_embeddings",
        !tied,
        tied
            ? "one has an output matrix that is separate, the other one that is the embedding"
            : "one has an output matrix that is the embedding, the other one that is separate");
    refuses(start, "intermediate_size", 40, "mlp");
  }

  private void refuses(ModelSource start, String key, Object value, String why) throws IOException {
    Path other = Files.createDirectories(folder.resolve("other-" + key));
    Map<String, Object> config = new HashMap<>(TinyLlama.config());
    config.putIfAbsent("num_key_value_heads", config.get("num_attention_heads"));
    config.put(key, value);
    new ObjectMapper().writeValue(other.resolve("config.json").toFile(), config);
    ModelSource finetuned = new ModelSource(other.toString(), Map.of());
    assertThatThrownBy(() -> TaskVectorWeights.of(start, finetuned, start, 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "Cannot make a task vector of %s and %s: ".formatted(other, start.path()))
        .hasMessageContaining(why)
        .hasMessageEndingWith("; finetune the model itself");
  }

  private ModelSource model(String name, long seed) throws IOException {
    return TinyLlama.write(Files.createDirectories(folder.resolve(name)), seed);
  }

  private static float[] read(TensorSource source, NamedShape tensor) {
    float[] values = new float[Math.toIntExact(tensor.elements())];
    source.read(tensor.name(), 0, values, 0, values.length);
    return values;
  }
}
