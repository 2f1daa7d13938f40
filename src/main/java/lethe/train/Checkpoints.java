package lethe.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.time.Duration;
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
import lethe.folder.DaemonThread;
import lethe.folder.Files;
import lethe.folder.LeaseLostException;
import lethe.settings.InvalidSettings;
import lethe.train.gradient.Buckets;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.Snapshot;
import lethe.train.steering.RetainMultiplier;
import lethe.train.steering.TargetController;
import org.apache.hadoop.fs.Path;

/**
 * Exact resume states: weights, moments and the step number. A checkpoint is a folder of parts, one
 * per vector, whose manifest with every part's checksum is written last; a folder without a
 * manifest is not a checkpoint. Checkpoints are written in the background, while training
 * continues.
 */
final class Checkpoints implements AutoCloseable {
  private static final int CHECKPOINTS_KEPT = 2;
  private static final int PIECE_BYTES = 1 << 20;
  static final String BEST = "best";
  static final String RETAIN_FACTOR = "retain_factor";

  /**
   * Written last.
   *
   * @param step steps applied
   * @param driver number of the driver that wrote it
   * @param run identity of the run that may resume the checkpoint
   * @param elements of each vector
   * @param environment of the workers that made it
   * @param sha256 of each part
   * @param probes so far, where a target steers the training
   * @param retainFactor of the next step; null without a bound on the retain terms
   */
  record Manifest(
      int step,
      int driver,
      RunIdentity run,
      long elements,
      String environment,
      Map<String, String> sha256,
      List<TargetController.Sums> probes,
      @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty(RETAIN_FACTOR)
          Double retainFactor) {}

  /**
   * What a checkpoint holds besides the optimizer's state.
   *
   * @param environment of the workers that made it
   * @param steering state of a training that stops at its target; without probes for any other
   * @param retainFactor of the next step, under a bound on the retain terms
   */
  record State(
      String environment, TargetController.State steering, Optional<Double> retainFactor) {}

  private final CheckpointFolder folder;
  private final RunIdentity run;
  private final List<String> vectors;
  private final Buckets buckets;
  private final Duration patience;
  private final Consumer<String> tell;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(DaemonThread.named("lethe-checkpoints"));
  private Future<?> writing;

  /** The newest step of which there is a whole checkpoint; none yet. */
  private int saved = -1;

  /**
   * @param run identity of this run; a checkpoint of another run is never resumed
   * @param vectors names of those of the optimizer, in its order
   * @param patience how long to wait for the writer before notifying the user
   * @param tell takes a sentence for the user
   */
  Checkpoints(
      CheckpointFolder folder,
      RunIdentity run,
      List<String> vectors,
      Buckets buckets,
      Duration patience,
      Consumer<String> tell) {
    this.patience = patience;
    this.folder = folder;
    this.run = run;
    this.vectors = vectors;
    this.buckets = buckets;
    this.tell = tell;
  }

  /**
   * Writes the state of now in the background. If the previous checkpoint is still being written,
   * this waits for it, so that at most one is under way. A step that is saved is not saved again:
   * its checkpoint would have to be deleted for that.
   */
  void save(
      Optimizer optimizer,
      String environment,
      Optional<TargetController> steering,
      Optional<RetainMultiplier> multiplier) {
    await();
    if (optimizer.steps() == saved) {
      return;
    }
    State beside =
        new State(
            environment,
            steering.map(TargetController::state).orElse(TargetController.State.NONE),
            multiplier.map(RetainMultiplier::factor));
    Snapshot snapshot = optimizer.snapshot(patience, this::tellOfWaiting);
    writing = writer.submit(() -> write(snapshot, beside));
  }

  private void write(Snapshot snapshot, State beside) {
    try (snapshot) {
      Path target = folder.of(snapshot.steps());
      float[][] best = beside.steering().best();
      try {
        folder.discard(snapshot.steps());
        Map<String, String> sums = new TreeMap<>();
        for (int i = 0; i < vectors.size(); i++) {
          int vector = i;
          sums.put(
              vectors.get(i),
              write(target, vectors.get(i), (bucket, use) -> snapshot.read(vector, bucket, use)));
        }
        if (best != null) {
          sums.put(BEST, write(target, BEST, (bucket, use) -> use.take(best[bucket])));
        }
        folder
            .files()
            .writeJson(
                folder.manifest(snapshot.steps()),
                new Manifest(
                    snapshot.steps(),
                    folder.files().driver(),
                    run,
                    buckets.elements(),
                    beside.environment(),
                    sums,
                    beside.steering().probes(),
                    beside.retainFactor().orElse(null)));
        saved = snapshot.steps();
      } catch (LeaseLostException e) {
        throw e;
      } catch (RuntimeException e) {
        try {
          folder.discard(snapshot.steps()); // the next one may need the space that it takes
        } catch (RuntimeException again) {
          e.addSuppressed(again);
        }
        tell.accept(
            "Warning: the checkpoint of step %d could not be written (%s)%s. Training goes on; a restart would begin %s"
                .formatted(snapshot.steps(), e.getMessage(), lack(best != null), restart()));
        return;
      }
      prune(snapshot.steps());
    }
  }

  /** What to do if the disk is full; empty if it is not. */
  private String lack(boolean steered) {
    long needed = 4 * buckets.elements() * (vectors.size() + (steered ? 1 : 0));
    long left;
    try {
      left = folder.files().left(folder.path());
    } catch (RuntimeException e) {
      return "";
    }
    return left >= needed
        ? ""
        : String.format(
            Locale.ROOT,
            "; it takes %.2f MB and %s has %.2f MB left: make room there",
            needed / 1e6,
            folder.path(),
            left / 1e6);
  }

  /** From where a restart would go on, as far as the folder can be read now. */
  private String restart() {
    try {
      return folder.steps().stream()
          .filter(folder::finished)
          .findFirst()
          .map(step -> "after step " + step)
          .orElse("from the start");
    } catch (RuntimeException e) {
      return "from the newest whole checkpoint";
    }
  }

  /** Hands out the buckets of a vector, one after the other. */
  @FunctionalInterface
  private interface Vector {
    void read(int bucket, Snapshot.Use use) throws IOException;
  }

  /** Writes a part and returns its SHA-256. */
  private String write(Path target, String name, Vector vector) {
    MessageDigest digest = Files.sha256();
    folder
        .files()
        .write(
            new Path(target, name + ".bin"),
            out -> {
              for (int b = 0; b < buckets.count(); b++) {
                vector.read(b, values -> write(values, out, digest));
              }
            });
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void write(float[] values, OutputStream out, MessageDigest digest)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.min(PIECE_BYTES, 4 * values.length))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int done = 0; done < values.length; done += bytes.capacity() / 4) {
      int count = Math.min(values.length - done, bytes.capacity() / 4);
      bytes.clear().asFloatBuffer().put(values, done, count);
      digest.update(bytes.array(), 0, 4 * count);
      out.write(bytes.array(), 0, 4 * count);
    }
  }

  /**
   * Goes on from the newest whole checkpoint, whose vectors are read into those of the optimizer.
   *
   * @return what it holds besides; empty where there is none
   * @throws InvalidSettings as {@link CheckpointReader#resume}
   */
  Optional<State> resume(Optimizer optimizer) {
    Optional<State> newest = new CheckpointReader(folder, run, buckets, tell).resume(optimizer);
    saved = newest.isPresent() ? optimizer.steps() : -1;
    return newest;
  }

  /** Removes all but the newest whole ones; what is newer than the one just written is neither. */
  private void prune(int newest) {
    try {
      List<Integer> whole =
          folder.steps().stream()
              .filter(step -> step <= newest && folder.finished(step))
              .limit(CHECKPOINTS_KEPT)
              .toList();
      folder.steps().stream().filter(step -> !whole.contains(step)).forEach(folder::discard);
    } catch (LeaseLostException e) {
      throw e;
    } catch (RuntimeException e) {
      tell.accept(
          "Warning: old checkpoints in %s could not be deleted (%s); training goes on, and tries again after the next one"
              .formatted(folder.path(), e.getMessage()));
    }
  }

  /** Waits until everything saved so far is written; notifies the user when that takes long. */
  void await() {
    for (int waits = 1; writing != null; waits++) {
      try {
        writing.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        return;
      } catch (TimeoutException e) {
        tellOfWaiting(patience.multipliedBy(waits));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while a checkpoint was written", e);
      } catch (ExecutionException e) {
        throw new IllegalStateException("Cannot write a checkpoint", e.getCause());
      }
    }
  }

  private void tellOfWaiting(Duration waited) {
    tell.accept(
        "A checkpoint is still being written to %s after waiting %d s; still waiting for it"
            .formatted(folder.path(), waited.toSeconds()));
  }

  @Override
  public void close() {
    writer.shutdown();
    try {
      for (int waits = 1;
          !writer.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS);
          waits++) {
        tellOfWaiting(patience.multipliedBy(waits));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      writer.shutdownNow();
    }
  }
}
