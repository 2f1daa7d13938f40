package lethe.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.checkpoint.TestOrigin;
import lethe.model.family.Architectures;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Compute;

/** A Llama of some thousand random weights, for tests that need a model but no particular one. */
public final class TinyLlama {
  /** More than any model of a test has. */
  public static final long SHARD_BYTES = 5_000_000_000L;

  /** Tokens it knows. */
  public static final int VOCABULARY = 32;

  private TinyLlama() {}

  public static Architecture architecture() {
    return Architectures.of(new ModelConfig("TinyLlama", new ObjectMapper().valueToTree(config())));
  }

  /** Its config.json. */
  public static Map<String, Object> config() {
    return Map.of(
        "model_type", "llama",
        "hidden_size", 16,
        "intermediate_size", 24,
        "num_attention_heads", 2,
        "num_hidden_layers", 2,
        "max_position_embeddings", 64,
        "vocab_size", VOCABULARY);
  }

  /**
   * Writes it as a Hugging Face folder without a tokenizer.
   *
   * @param folder that may exist
   */
  public static ModelSource write(Path folder, long seed) throws IOException {
    return write(folder, values(seed));
  }

  /** The same with weights of one's own, as {@link #values} orders them. */
  public static ModelSource write(Path folder, float[] values) throws IOException {
    Path template = Files.createDirectories(folder.resolve("template"));
    new ObjectMapper().writeValue(template.resolve("config.json").toFile(), config());
    Map<String, Integer> starts = new HashMap<>();
    int at = 0;
    for (NamedShape tensor : architecture().tensors()) {
      starts.put(tensor.name(), at);
      at += (int) tensor.elements();
    }
    TensorSource source =
        (name, from, to, offset, count) ->
            System.arraycopy(values, starts.get(name) + (int) from, to, offset, count);
    Path model = folder.resolve("model");
    new HfWriter(
            new org.apache.hadoop.fs.Path(model.toString()),
            new ModelSource(template.toString(), Map.of()).open(),
            Dtype.FLOAT32,
            TinyLlama.SHARD_BYTES)
        .write(architecture().tensors(), source, TestOrigin.MADE);
    return new ModelSource(model.toString(), Map.of());
  }

  public static Network network() {
    return new Network(architecture(), Compute.cpu(1));
  }

  /** Weights spread enough for predictions that are far from uniform. */
  public static Parameters parameters(Network network, long seed) {
    float[] values = values(seed);
    Parameters parameters = network.newParameters();
    parameters.write(0, values, 0, values.length);
    return parameters;
  }

  /** The same weights as one flat vector. */
  public static float[] values(long seed) {
    Random random = new Random(seed);
    float[] values = new float[(int) architecture().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.5 * random.nextGaussian());
    }
    return values;
  }
}
