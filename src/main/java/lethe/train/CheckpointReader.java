package lethe.train;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import lethe.train.gradient.Buckets;
import lethe.train.optimizer.Optimizer;
import lethe.train.steering.TargetController;
import org.apache.hadoop.fs.Path;

/**
 * Finds the checkpoint that a run goes on from.
 *
 * @param folder of a stage's checkpoints
 * @param run identity of this run; a checkpoint of another run is never resumed
 * @param buckets the layout of a vector
 * @param tell takes a sentence for the user
 */
record CheckpointReader(
    CheckpointFolder folder, RunIdentity run, Buckets buckets, Consumer<String> tell) {

  /**
   * Reads the newest whole checkpoint into an optimizer. Unfinished and damaged ones that are newer
   * are reported and skipped; the steps since are then computed again, to the same bits.
   *
   * @return what the checkpoint holds besides; empty where there is none, and the optimizer is as
   *     it was
   * @throws InvalidSettings when one belongs to another run, naming what differs: the user who
   *     changed it may not know that a checkpoint would be lost; and when there are only damaged
   *     ones, since training would begin again without a word
   */
  Optional<Checkpoints.State> resume(Optimizer optimizer) {
    List<String> damaged = new ArrayList<>();
    for (int step : folder.steps()) {
      if (!folder.finished(step)) {
        tell.accept(
            "Warning: the checkpoint " + folder.of(step) + " is not used: it was not finished");
        continue;
      }
      try {
        JsonNode manifest = manifest(step);
        List<String> differences = run.differences(manifest.path("run"));
        if (!differences.isEmpty()) {
          throw another(step, differences);
        }
        Checkpoints.State state = read(step, manifest, optimizer);
        damaged.forEach(tell);
        return Optional.of(state);
      } catch (DamagedCheckpoint | UncheckedIOException e) {
        damaged.add(
            "Warning: the checkpoint " + folder.of(step) + " is not used: " + e.getMessage());
      }
    }
    if (!damaged.isEmpty()) {
      throw noneIsWhole(damaged);
    }
    return Optional.empty();
  }

  /** What is wrong with a checkpoint's files. */
  private static final class DamagedCheckpoint extends RuntimeException {
    DamagedCheckpoint(String why) {
      super(why);
    }
  }

  private InvalidSettings noneIsWhole(List<String> damaged) {
    List<String> problems = new ArrayList<>();
    problems.add(
        "Cannot resume: no checkpoint in %s is whole; restore one, or delete that folder to train from the start"
            .formatted(folder.path()));
    damaged.forEach(warning -> problems.add("  " + warning.substring("Warning: ".length())));
    return new InvalidSettings(problems);
  }

  private JsonNode manifest(int step) {
    JsonNode manifest;
    try {
      manifest = folder.files().readJson(folder.manifest(step));
    } catch (InvalidSettings e) {
      throw new DamagedCheckpoint(e.getMessage());
    }
    if (!manifest.has("run") || !manifest.path("sha256").isObject()) {
      throw new DamagedCheckpoint("its manifest.json is not one of a checkpoint");
    }
    if (manifest.path("step").asInt() != step) {
      throw new DamagedCheckpoint(
          "its manifest.json is of step %s".formatted(manifest.path("step")));
    }
    return manifest;
  }

  private Checkpoints.State read(int step, JsonNode manifest, Optimizer optimizer) {
    List<String> vectors = optimizer.rule().vectors();
    for (int v = 0; v < vectors.size(); v++) {
      readVector(step, vectors.get(v), manifest, optimizer.vectors().get(v));
    }
    float[][] best = null;
    if (manifest.path("sha256").has(Checkpoints.BEST)) {
      best = buckets.allocate();
      readVector(step, Checkpoints.BEST, manifest, best);
    }
    optimizer.resume(step);
    return new Checkpoints.State(
        manifest.path("environment").asText(),
        new TargetController.State(probes(manifest), best),
        manifest.has(Checkpoints.RETAIN_FACTOR)
            ? Optional.of(manifest.path(Checkpoints.RETAIN_FACTOR).asDouble())
            : Optional.empty());
  }

  private InvalidSettings another(int step, List<String> differences) {
    List<String> problems = new ArrayList<>();
    problems.add(
        "Cannot resume from the checkpoint %s: it belongs to a run with different settings or inputs; restore them, or set overwrite=true to train from the start"
            .formatted(folder.of(step)));
    problems.addAll(differences);
    return new InvalidSettings(problems);
  }

  private static List<TargetController.Sums> probes(JsonNode manifest) {
    List<TargetController.Sums> probes = new ArrayList<>();
    for (JsonNode probe : manifest.path("probes")) {
      double[] sums = new double[probe.path("sums").size()];
      for (int d = 0; d < sums.length; d++) {
        sums[d] = probe.path("sums").get(d).asDouble(); // NaN and infinities are written as text
      }
      probes.add(new TargetController.Sums(probe.path("step").asInt(), sums));
    }
    return probes;
  }

  private void readVector(int step, String name, JsonNode manifest, float[][] into) {
    readVector(
        new Path(folder.of(step), name + ".bin"),
        manifest.path("sha256").path(name).asText(),
        into);
  }

  private void readVector(Path part, String expected, float[][] into) {
    if (!folder.files().exists(part)) {
      throw new DamagedCheckpoint(part + " is missing");
    }
    if (folder.files().length(part) != 4 * buckets.elements()) {
      throw new DamagedCheckpoint(
          part
              + " has "
              + folder.files().length(part)
              + " bytes, expected "
              + 4 * buckets.elements());
    }
    MessageDigest digest = Files.sha256();
    long[] at = {0};
    folder
        .files()
        .readRange(
            part,
            0,
            4 * buckets.elements(),
            piece -> {
              digest.update(piece.duplicate());
              FloatBuffer values = piece.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
              while (values.hasRemaining()) {
                int bucket = buckets.at(at[0]);
                int from = (int) (at[0] - buckets.offset(bucket));
                int count = Math.min(values.remaining(), buckets.length(bucket) - from);
                values.get(into[bucket], from, count);
                at[0] += count;
              }
            });
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(expected)) {
      throw new DamagedCheckpoint(
          part + " has sha256 " + found + ", its manifest says " + expected);
    }
  }
}
