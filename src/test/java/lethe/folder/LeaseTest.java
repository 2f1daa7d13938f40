package lethe.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
  private static final Clock NOW =
      Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

  @TempDir Path directory;

  @Test
  void aSecondDriverIsRefusedUntilTheFirstHasEnded() {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    try (Lease first = Lease.take(folder, NOW)) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> Lease.take(folder, NOW))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("is in use by process " + ProcessHandle.current().pid());
    }
    Lease.take(folder, NOW).close();
    assertThat(directory).as("a folder that holds nothing else").doesNotExist();
  }

  @Test
  void theLeaseOfADeadProcessOrOneLongSilentIsTaken() throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    java.nio.file.Path file = directory.resolve("lease.json");
    String other = "{\"host\": \"elsewhere\", \"pid\": 1, \"beat\": \"2026-01-01T00:00:00Z\"}";
    java.nio.file.Files.writeString(file, other);
    assertThatThrownBy(() -> Lease.take(folder, NOW)).hasMessageContaining("on elsewhere");
    Lease.take(folder, Clock.offset(NOW, Duration.ofSeconds(61))).close();
  }
}
