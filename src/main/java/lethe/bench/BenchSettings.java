package lethe.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import lethe.inference.ComputeSettings;
import lethe.model.ModelSource;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.Architectures;
import lethe.model.network.Architecture;
import lethe.model.torch.Compute;
import lethe.model.torch.Precision;
import lethe.settings.Section;

/**
 * What the benchmark measures.
 *
 * @param model a Hugging Face folder; empty for a Llama of the given shape with random weights
 * @param shape config.json of that Llama
 * @param batch sequences per pass
 * @param tokens per sequence
 * @param rounds how often each thing is measured; the best round counts
 * @param precisions each of them
 * @param compute how
 * @param gpu number of the CUDA device to run on; empty for the processor
 * @param json where the numbers are written; empty for nowhere
 */
public record BenchSettings(
    Optional<String> model,
    ObjectNode shape,
    int batch,
    int tokens,
    int rounds,
    List<Precision> precisions,
    ComputeSettings compute,
    Optional<String> gpu,
    Optional<String> json) {

  /** Reads {@code bench}, {@code model.path} and how to compute from {@code train}. */
  public static BenchSettings read(Section root) {
    Section bench = root.section("bench");
    int tokens = bench.count("tokens", 2);
    ObjectNode shape = JsonNodeFactory.instance.objectNode();
    shape.put("model_type", "llama");
    shape.put("max_position_embeddings", tokens);
    shape.put("num_hidden_layers", bench.count("layers", 1));
    shape.put("hidden_size", bench.count("width", 2));
    shape.put("num_attention_heads", bench.count("heads", 1));
    shape.put("intermediate_size", bench.count("inner", 1));
    shape.put("vocab_size", bench.count("vocabulary", 2));
    Optional<String> json = bench.optionalText("json");
    json.map(Path::of)
        .filter(file -> !Files.isDirectory(file.toAbsolutePath().getParent()))
        .ifPresent(
            file -> bench.problem("json", "must be a file in a folder that exists, was " + file));
    return new BenchSettings(
        root.section("model").optionalText("path"),
        shape,
        bench.count("batch", 1),
        tokens,
        bench.count("rounds", 1),
        bench.choices("precisions", Precision.class),
        ComputeSettings.read(root.section("train")),
        bench.optionalText("gpu"),
        json);
  }

  public Compute compute(Precision precision) {
    return gpu.map(compute::on)
        .orElseGet(() -> Compute.cpu(compute.threads()))
        .with(precision)
        .with(compute.activations());
  }

  public Architecture architecture(Optional<ModelSource> source) {
    return source
        .map(ModelSource::architecture)
        .orElseGet(() -> Architectures.of(new ModelConfig("bench", shape)));
  }
}
