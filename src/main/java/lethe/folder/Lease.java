package lethe.folder;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import lethe.settings.InvalidSettings;
import org.apache.commons.lang3.concurrent.BasicThreadFactory;
import org.apache.hadoop.fs.Path;

/**
 * Allows one driver per run folder: a file that its holder refreshes while it is alive. Object
 * stores have no locks, so two drivers that start at the same instant are not detected; two that a
 * user starts by mistake are.
 */
public final class Lease implements AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(10);
  private static final Duration STALE = Duration.ofSeconds(60);

  private final Files files;
  private final Path path;
  private final Clock clock;
  private final ScheduledExecutorService beating =
      Executors.newSingleThreadScheduledExecutor(
          new BasicThreadFactory.Builder().namingPattern("lethe-lease").daemon(true).build());
  private final ScheduledFuture<?> beats;

  private Lease(Files files, Path path, Clock clock) {
    this.files = files;
    this.path = path;
    this.clock = clock;
    write();
    beats =
        beating.scheduleAtFixedRate(
            this::write, BEAT.toSeconds(), BEAT.toSeconds(), TimeUnit.SECONDS);
  }

  /**
   * Takes the lease of a run folder.
   *
   * @throws InvalidSettings when another driver that is, or may be, alive has it
   */
  public static Lease take(RunFolder folder, Clock clock) {
    Path path = new Path(folder.root(), "lease.json");
    if (folder.files().exists(path)) {
      JsonNode other = folder.files().readJson(path);
      Instant beat = Instant.parse(other.path("beat").asText(Instant.EPOCH.toString()));
      boolean here = other.path("host").asText().equals(host());
      boolean dead = here && ProcessHandle.of(other.path("pid").asLong()).isEmpty();
      if (!dead && Duration.between(beat, clock.instant()).compareTo(STALE) < 0) {
        throw new InvalidSettings(
            List.of(
                "%s is in use by process %s on %s, alive at %s; wait for it, stop it, or name another run.dir"
                    .formatted(
                        folder.root(),
                        other.path("pid").asText(),
                        other.path("host").asText(),
                        beat)));
      }
    }
    return new Lease(folder.files(), path, clock);
  }

  private void write() {
    files.writeJson(
        path,
        Map.of(
            "host",
            host(),
            "pid",
            ProcessHandle.current().pid(),
            "beat",
            clock.instant().toString()));
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  /** Gives the lease back, and removes the run folder if it is then empty. */
  @Override
  public void close() {
    beats.cancel(true);
    beating.shutdown();
    files.delete(path);
    if (files.list(path.getParent()).isEmpty() && files.folders(path.getParent()).isEmpty()) {
      files.delete(path.getParent());
    }
  }
}
