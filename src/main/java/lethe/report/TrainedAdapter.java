package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.StreamSupport;
import lethe.folder.Files;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.ModelOrigin;
import org.apache.hadoop.fs.Path;

/**
 * The low-rank adapter that unlearning trained.
 *
 * @param rank of it
 * @param alpha of its scale
 * @param rankStabilized whether its scale is alpha / sqrt(rank), and not alpha / rank
 * @param targets the modules that have one, as the settings name them
 * @param written {@code merged}, {@code adapter} or {@code both}: an adapter that forgets is undone
 *     by leaving it out, a merged model is not
 */
record TrainedAdapter(
    int rank, double alpha, boolean rankStabilized, List<String> targets, String written) {

  /**
   * The adapter of a model's folder.
   *
   * @return nothing where the model's own weights were trained, or its origin is not recorded
   */
  static Optional<TrainedAdapter> of(Path model, Files files) {
    return ModelOrigin.read(model, files)
        .map(origin -> origin.made().run())
        .map(run -> run.path("parts").path("train.lora"))
        .filter(JsonNode::isObject)
        .map(
            adapter ->
                new TrainedAdapter(
                    adapter.path("rank").asInt(),
                    adapter.path("alpha").asDouble(),
                    adapter.path("rankStabilized").asBoolean(),
                    StreamSupport.stream(adapter.path("targets").spliterator(), false)
                        .map(JsonNode::asText)
                        .toList(),
                    written(model, files)));
  }

  private static String written(Path model, Files files) {
    if (!files.exists(new Path(model, HfFolder.CONFIG))) {
      return "adapter";
    }
    Path beside = new Path(new Path(model, "adapter"), HfWriter.ADAPTER_CONFIG);
    return files.exists(beside) ? "both" : "merged";
  }

  /** A sentence for the reader of the report. */
  String sentence() {
    String what =
        switch (written) {
          case "merged" -> "the model with the adapter merged into it";
          case "both" -> "the model with the adapter merged into it, and the adapter beside it";
          default -> "the adapter alone: whoever leaves it out has the model that forgot nothing";
        };
    return String.format(
        Locale.ROOT,
        "trained: an adapter of rank %d, alpha %s%s, on %s; written: %s",
        rank,
        alpha,
        rankStabilized ? ", rank-stabilized" : "",
        String.join(", ", targets),
        what);
  }
}
