package lethe.folder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.apache.hadoop.conf.Configuration;

/** Takes a run folder whose lease is damaged, without waiting in real time. */
public final class DamagedLease {
  /** A lease of a driver on another host. */
  public static final String WHOLE =
      "{\"host\": \"another\", \"pid\": 17, \"beat\": \"2026-01-01T00:00:00Z\", \"driver\": 3, \"beats\": 4, \"token\": \"t\"}";

  private DamagedLease() {}

  /**
   * Takes the lease and gives it back.
   *
   * @param run a folder that is not there yet; it is gone afterwards
   * @param lease content of its lease.json
   * @return 0
   */
  public static int take(Path run, byte[] lease) throws IOException {
    Files.createDirectories(run);
    Files.write(run.resolve("lease.json"), lease);
    RunFolder folder = RunFolder.of(run.toString(), new Configuration());
    try (Lease taken = new Lease(folder, new Said(), new JumpingTime())) {
      taken.take();
    }
    return 0;
  }

  private static final class Said implements Lease.Listener {
    @Override
    public void notice(String sentence) {
      System.out.println(sentence);
    }

    @Override
    public void lost(LeaseLostException why) {
      System.out.println(why.getMessage());
    }
  }

  /** Time that passes only while it is waited for. */
  private static final class JumpingTime implements LeaseTime {
    private long nanos;

    @Override
    public Instant now() {
      return Instant.EPOCH.plusNanos(nanos);
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void pause(Duration time) {
      nanos += time.toNanos();
    }
  }
}
