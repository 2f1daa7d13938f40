package lethe.folder;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lethe.settings.NotReady;
import org.apache.hadoop.fs.Path;

/**
 * Finds out whether the holder of a lease is alive: it is if the file changes.
 *
 * @param root the run folder
 * @param path of the lease
 * @param content of the lease; empty if there is none
 * @param notice takes a sentence for the user
 */
record LeaseWatch(
    Path root,
    Path path,
    Supplier<Optional<byte[]>> content,
    Consumer<String> notice,
    LeaseTime time) {
  /** A lease that was not renewed for so long is a dead driver's: six signs of life are missing. */
  static final Duration TIMEOUT = Duration.ofSeconds(60);

  private static final Duration LOOK = Duration.ofSeconds(1);

  /**
   * Watches until the lease may be taken.
   *
   * @param found what the lease is when the watch begins
   * @param alive whether its holder is known to be alive, so that nothing need be watched
   * @throws NotReady when the holder is alive
   */
  void watch(byte[] found, boolean alive) {
    if (alive) {
      throw inUse(found);
    }
    notice.accept(
        "%s %s; watching for up to %d s whether it is renewed. If no driver uses the folder, delete that file to go on at once"
            .formatted(path, said(found), TIMEOUT.toSeconds()));
    for (long start = time.nanos(); time.nanos() - start < TIMEOUT.toNanos(); ) {
      pause();
      Optional<byte[]> now = content.get();
      if (now.isEmpty()) {
        return; // given back
      }
      if (!Arrays.equals(now.get(), found)) {
        throw inUse(now.get());
      }
    }
    notice.accept(
        "%s was not renewed for %d s: taking over %s".formatted(path, TIMEOUT.toSeconds(), root));
  }

  private static String said(byte[] lease) {
    return LeaseHolder.parse(lease)
        .map(holder -> "names %s, last renewed at %s".formatted(holder, holder.beat()))
        .orElse("is damaged");
  }

  private NotReady inUse(byte[] lease) {
    return new NotReady(
        "%s is in use by %s; wait for it, stop it, or name another run.dir"
            .formatted(
                root,
                LeaseHolder.parse(lease)
                    .map(holder -> "%s, alive at %s".formatted(holder, holder.beat()))
                    .orElse("a driver that renews a damaged lease.json")));
  }

  private void pause() {
    try {
      time.pause(LOOK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while watching " + path, e);
    }
  }
}
