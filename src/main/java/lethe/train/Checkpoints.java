package lethe.train;

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
import lethe.train.optimizer.AdamW;
import lethe.train.steering.TargetController;
import org.apache.hadoop.fs.Path;

/**
 * Exact resume states: weights, moments and the step number. A checkpoint is a folder of parts, one
 * per vector, whose manifest with every part's checksum is written last; a folder without a
 * manifest is not a checkpoint. Checkpoints are written in the background, from a copy, while
 * training continues.
 */
final class Checkpoints implements AutoCloseable {
  private static final int CHECKPOINTS_KEPT = 2;
  static final String BEST = "best";
  static final List<String> VECTORS = List.of("weights", "mean", "square");

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
   */
  record Manifest(
      int step,
      int driver,
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

  private final CheckpointFolder folder;
  private final RunIdentity run;
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
   * @param patience how long to wait for the writer before notifying the user
   * @param tell takes a sentence for the user
   */
  Checkpoints(
      CheckpointFolder folder,
      RunIdentity run,
      Buckets buckets,
      Duration patience,
      Consumer<String> tell) {
    this.patience = patience;
    this.folder = folder;
    this.run = run;
    this.buckets = buckets;
    this.tell = tell;
  }

  /**
   * Copies the state now and writes the copy in the background. If the previous checkpoint is still
   * being written, this waits for it, so that at most one copy is in memory. A step that is saved
   * is not saved again: its checkpoint would have to be deleted for that.
   */
  void save(AdamW optimizer, String environment, Optional<TargetController> steering) {
    await();
    if (optimizer.steps() == saved) {
      return;
    }
    State copy =
        new State(
            optimizer.copy(),
            environment,
            steering.map(TargetController::state).orElse(TargetController.State.NONE));
    writing = writer.submit(() -> write(copy));
  }

  private void write(State checkpoint) {
    AdamW.State state = checkpoint.optimizer();
    Path target = folder.of(state.steps());
    try {
      folder.discard(state.steps());
      Map<String, String> sums = new TreeMap<>();
      for (int i = 0; i < VECTORS.size(); i++) {
        sums.put(VECTORS.get(i), write(target, VECTORS.get(i), state.vectors().get(i)));
      }
      if (checkpoint.steering().best() != null) {
        sums.put(BEST, write(target, BEST, checkpoint.steering().best()));
      }
      folder
          .files()
          .writeJson(
              folder.manifest(state.steps()),
              new Manifest(
                  state.steps(),
                  folder.files().driver(),
                  run,
                  buckets.elements(),
                  checkpoint.environment(),
                  sums,
                  checkpoint.steering().probes()));
      saved = state.steps();
    } catch (LeaseLostException e) {
      throw e;
    } catch (RuntimeException e) {
      try {
        folder.discard(state.steps()); // the space that it takes may be what the next one needs
      } catch (RuntimeException again) {
        e.addSuppressed(again);
      }
      tell.accept(
          "Warning: the checkpoint of step %d could not be written (%s)%s. Training goes on; a restart would begin %s"
              .formatted(state.steps(), e.getMessage(), lack(checkpoint), restart()));
      return;
    }
    prune(state.steps());
  }

  /** What to do if the disk is full; empty if it is not. */
  private String lack(State checkpoint) {
    int vectors = VECTORS.size() + (checkpoint.steering().best() == null ? 0 : 1);
    long needed = 4 * buckets.elements() * vectors;
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

  /** Writes a part and returns its SHA-256. */
  private String write(Path target, String name, float[][] vector) {
    MessageDigest digest = Files.sha256();
    folder.files().write(new Path(target, name + ".bin"), out -> writeVector(vector, out, digest));
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
   * Finds the state to go on from.
   *
   * @throws InvalidSettings as {@link CheckpointReader#newest}
   */
  Optional<State> newest() {
    Optional<State> newest = new CheckpointReader(folder, run, buckets, tell).newest();
    saved = newest.map(state -> state.optimizer().steps()).orElse(-1);
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
            .formatted(folder.path(), waits * patience.toSeconds()));
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
