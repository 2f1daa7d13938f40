package lethe.train;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import lethe.train.gradient.Buckets;
import lethe.train.optimizer.AdamW;
import lethe.train.steering.TargetController;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.apache.hadoop.fs.Path;

/**
 * Exact resume states: weights, moments and the step number. A checkpoint is a folder of parts, one
 * per vector, whose manifest with every part's checksum is written last; a folder without a
 * manifest is not a checkpoint. Checkpoints are written in the background, from a copy, while
 * training continues.
 */
final class Checkpoints implements AutoCloseable {
  private static final int CHECKPOINTS_KEPT = 2;
  private static final String BEST = "best";
  private static final String MANIFEST = "manifest.json";
  private static final List<String> VECTORS = List.of("weights", "mean", "square");

  /**
   * Written last.
   *
   * @param step steps applied
   * @param run identity of the run that may resume the checkpoint
   * @param elements of each vector
   * @param environment of the workers that made it
   * @param sha256 of each part
   * @param probes so far, where a target steers the training
   */
  record Manifest(
      int step,
      RunIdentity run,
      long elements,
      String environment,
      Map<String, String> sha256,
      List<TargetController.Sums> probes) {}

  /**
   * What a checkpoint holds.
   *
   * @param optimizer weights, moments and the step number
   * @param environment of the workers that made them
   * @param steering state of a training that stops at its target; without probes for any other
   */
  record State(AdamW.State optimizer, String environment, TargetController.State steering) {}

  private final Path folder;
  private final Files files;
  private final RunIdentity run;
  private final Buckets buckets;
  private final Duration patience;
  private final Consumer<String> tell;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(
          new BasicThreadFactory.Builder().namingPattern("lethe-checkpoints").daemon(true).build());
  private Future<?> writing;

  /**
   * @param folder of a stage's checkpoints
   * @param run identity of this run; a checkpoint of another run is never resumed
   * @param patience how long to wait for the writer before notifying the user
   * @param tell takes a sentence for the user
   */
  Checkpoints(
      Path folder,
      Files files,
      RunIdentity run,
      Buckets buckets,
      Duration patience,
      Consumer<String> tell) {
    this.patience = patience;
    this.folder = folder;
    this.files = files;
    this.run = run;
    this.buckets = buckets;
    this.tell = tell;
  }

  /**
   * Copies the state now and writes the copy in the background. If the previous checkpoint is still
   * being written, this waits for it, so that at most one copy is in memory.
   */
  void save(AdamW optimizer, String environment, Optional<TargetController> steering) {
    await();
    State copy =
        new State(
            optimizer.copy(),
            environment,
            steering.map(TargetController::state).orElse(TargetController.State.NONE));
    writing = writer.submit(() -> write(copy));
  }

  private void write(State checkpoint) {
    AdamW.State state = checkpoint.optimizer();
    Path target = folder(state.steps());
    try {
      files.delete(target);
      Map<String, String> sums = new TreeMap<>();
      for (int i = 0; i < VECTORS.size(); i++) {
        sums.put(VECTORS.get(i), write(target, VECTORS.get(i), state.vectors().get(i)));
      }
      if (checkpoint.steering().best() != null) {
        sums.put(BEST, write(target, BEST, checkpoint.steering().best()));
      }
      files.writeJson(
          new Path(target, MANIFEST),
          new Manifest(
              state.steps(),
              run,
              buckets.elements(),
              checkpoint.environment(),
              sums,
              checkpoint.steering().probes()));
      prune();
    } catch (RuntimeException e) {
      try {
        files.delete(target); // the space that it takes may be what the next one needs
      } catch (RuntimeException again) {
        e.addSuppressed(again);
      }
      tell.accept(
          "Warning: the checkpoint of step %d could not be written (%s)%s. Training goes on; a restart would begin %s"
              .formatted(state.steps(), e.getMessage(), lack(checkpoint), restart()));
    }
  }

  /** What to do if the disk is full; empty if it is not. */
  private String lack(State checkpoint) {
    int vectors = VECTORS.size() + (checkpoint.steering().best() == null ? 0 : 1);
    long needed = 4 * buckets.elements() * vectors;
    long left;
    try {
      left = files.left(folder);
    } catch (RuntimeException e) {
      return "";
    }
    return left >= needed
        ? ""
        : String.format(
            Locale.ROOT,
            "; it takes %.2f MB and %s has %.2f MB left: make room there",
            needed / 1e6,
            folder,
            left / 1e6);
  }

  private String restart() {
    return steps().stream()
        .filter(step -> files.exists(new Path(folder(step), MANIFEST)))
        .findFirst()
        .map(step -> "after step " + step)
        .orElse("from the start");
  }

  /** Writes a part and returns its SHA-256. */
  private String write(Path target, String name, float[][] vector) {
    MessageDigest digest = Files.sha256();
    files.write(new Path(target, name + ".bin"), out -> writeVector(vector, out, digest));
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void writeVector(float[][] vector, OutputStream out, MessageDigest digest)
      throws IOException {
    for (float[] bucket : vector) {
      ByteBuffer bytes = ByteBuffer.allocate(4 * bucket.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(bucket);
      digest.update(bytes.array());
      out.write(bytes.array());
    }
  }

  /**
   * The newest complete checkpoint. Broken ones are reported and skipped.
   *
   * @throws InvalidSettings when one belongs to another run, naming what differs: the user who
   *     changed it may not know that a checkpoint would be lost
   */
  Optional<State> newest() {
    for (int step : steps()) {
      try {
        Optional<State> state = read(step);
        if (state.isPresent()) {
          return state;
        }
      } catch (InvalidSettings e) {
        throw e;
      } catch (RuntimeException e) {
        tell.accept("Warning: the checkpoint " + folder(step) + " is not used: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private Optional<State> read(int step) {
    Path manifestPath = new Path(folder(step), MANIFEST);
    if (!files.exists(manifestPath)) {
      tell.accept("Warning: the checkpoint " + folder(step) + " is not used: it was not finished");
      return Optional.empty();
    }
    JsonNode manifest = files.readJson(manifestPath);
    refuseAnother(step, manifest.path("run"));
    List<float[][]> vectors = new ArrayList<>();
    for (String name : VECTORS) {
      vectors.add(readVector(step, name, manifest));
    }
    float[][] best = manifest.path("sha256").has(BEST) ? readVector(step, BEST, manifest) : null;
    return Optional.of(
        new State(
            new AdamW.State(step, vectors),
            manifest.path("environment").asText(),
            new TargetController.State(probes(manifest), best)));
  }

  private void refuseAnother(int step, JsonNode found) {
    List<String> differences = run.differences(found);
    if (!differences.isEmpty()) {
      List<String> problems = new ArrayList<>();
      problems.add(
          "Cannot resume from the checkpoint %s: it belongs to a run with different settings or inputs; restore them, or set overwrite=true to train from the start"
              .formatted(folder(step)));
      problems.addAll(differences);
      throw new InvalidSettings(problems);
    }
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

  private float[][] readVector(int step, String name, JsonNode manifest) {
    return readVector(
        new Path(folder(step), name + ".bin"), manifest.path("sha256").path(name).asText());
  }

  private float[][] readVector(Path part, String expected) {
    if (files.length(part) != 4 * buckets.elements()) {
      throw new IllegalStateException(
          part + " has " + files.length(part) + " bytes, expected " + 4 * buckets.elements());
    }
    float[][] vector = buckets.allocate();
    MessageDigest digest = Files.sha256();
    long[] at = {0};
    files.readRange(
        part,
        0,
        4 * buckets.elements(),
        piece -> {
          digest.update(piece.duplicate());
          piece.order(ByteOrder.LITTLE_ENDIAN);
          while (piece.remaining() >= 4) {
            vector[(int) (at[0] / buckets.bucketElements())][
                    (int) (at[0] % buckets.bucketElements())] =
                piece.getFloat();
            at[0]++;
          }
        });
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(expected)) {
      throw new IllegalStateException(
          part + " has sha256 " + found + ", its manifest says " + expected);
    }
    return vector;
  }

  private void prune() {
    steps().stream().skip(CHECKPOINTS_KEPT).forEach(step -> files.delete(folder(step)));
  }

  /** Steps that have a checkpoint folder, newest first. */
  private List<Integer> steps() {
    if (!files.exists(folder)) {
      return List.of();
    }
    return files.folders(folder).stream()
        .map(Path::getName)
        .filter(name -> name.matches("step-\\d{8}"))
        .map(name -> Integer.parseInt(name.substring(5)))
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  private Path folder(int step) {
    return new Path(folder, "step-%08d".formatted(step));
  }

  /** Waits until everything saved so far is written; notifies the user when that takes long. */
  void await() {
    for (int waits = 1; writing != null; waits++) {
      try {
        writing.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        return;
      } catch (TimeoutException e) {
        tellOfWaiting(waits);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while a checkpoint was written", e);
      } catch (ExecutionException e) {
        throw new IllegalStateException("Cannot write a checkpoint", e.getCause());
      }
    }
  }

  private void tellOfWaiting(int waits) {
    tell.accept(
        "A checkpoint is still being written to %s after waiting %d s; still waiting for it"
            .formatted(folder, waits * patience.toSeconds()));
  }

  @Override
  public void close() {
    writer.shutdown();
    try {
      for (int waits = 1;
          !writer.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS);
          waits++) {
        tellOfWaiting(waits);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      writer.shutdownNow();
    }
  }
}
