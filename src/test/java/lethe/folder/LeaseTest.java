package lethe.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import lethe.settings.InvalidSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One driver per run folder, whatever the clocks, the disk and the other drivers do. */
class LeaseTest {
  @TempDir Path directory;

  private final List<String> said = new ArrayList<>();
  private final List<LeaseLostException> losses = new ArrayList<>();
  private final FakeTime time = new FakeTime();

  private RunFolder folder;
  private Path file;

  @BeforeEach
  void folder() {
    folder = RunFolder.of("crash-disk:" + directory, FaultyFileSystem.configuration());
    file = directory.resolve("lease.json");
  }

  @AfterEach
  void noFault() {
    Faults.none();
  }

  @Test
  void aSecondDriverIsRefusedUntilTheFirstHasEnded() {
    try (Lease first = taken()) {
      assertThatThrownBy(this::taken)
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("is in use by process " + ProcessHandle.current().pid())
          .hasMessageContaining("wait for it, stop it, or name another run.dir");
      first.check();
    }
    taken().close();
    assertThat(directory).as("a folder that holds nothing else").doesNotExist();
    assertThat(said).isEmpty();
  }

  @Test
  void theLeaseOfAProcessOfThisHostThatHasEndedIsTakenAtOnce() throws IOException {
    long ended = ProcessHandle.allProcesses().mapToLong(ProcessHandle::pid).max().orElse(0) + 9_999;
    hold(InetAddress.getLocalHost().getHostName(), ended, "2026-01-01T00:00:00Z");
    taken().close();
    assertThat(time.passed()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "soon"})
  void aLeaseThatIsNotRenewedIsTakenAfterAMinuteWhateverItsDate(String date) throws IOException {
    hold("elsewhere", 17, date);
    taken().close();
    assertThat(time.passed()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(61));
    assertThat(said)
        .satisfiesExactly(
            s ->
                assertThat(s)
                    .contains("names process 17 on elsewhere, last renewed at " + date)
                    .endsWith("If no driver uses the folder, delete that file to go on at once"),
            s -> assertThat(s).contains("was not renewed for 60 s: taking over"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"})
  void aLeaseThatIsRenewedIsRefusedWhateverItsDate(String date) throws IOException {
    hold("elsewhere", 17, date);
    time.after(Duration.ofSeconds(9), () -> hold("elsewhere", 17, date + " renewed"));
    assertThatThrownBy(this::taken)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "is in use by process 17 on elsewhere, alive at " + date + " renewed; wait for it");
    assertThat(time.passed()).isEqualTo(Duration.ofSeconds(9));
    assertThat(file).content().contains("elsewhere");
  }

  @Test
  void aLeaseThatIsGivenBackWhileItIsWatchedIsTaken() throws IOException {
    hold("elsewhere", 17, "2026-01-01T00:00:00Z");
    time.after(Duration.ofSeconds(3), () -> Files.delete(file));
    taken().close();
    assertThat(time.passed()).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void aJumpOfTheClockEndsNoLease() {
    try (Lease lease = taken()) {
      time.clock = Instant.parse("2099-01-01T00:00:00Z");
      lease.beat();
      time.clock = Instant.parse("1970-01-01T00:00:00Z");
      lease.beat();
      lease.check();
      assertThat(read().path("beats").asLong()).isEqualTo(3);
      assertThat(losses).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"host\": \"elsewh",
        "not JSON",
        "[]",
        "17",
        "null",
        "{}",
        "{\"host\": 1, \"pid\": 2, \"beat\": 3}",
        "{\"host\": \"elsewhere\", \"pid\": 17, \"beat\": 1767225600}",
        "{\"host\": \"elsewhere\", \"pid\": \"17\", \"beat\": \"2026-01-01T00:00:00Z\"}",
        "{\"host\": \"elsewhere\", \"pid\": 1e30, \"beat\": \"2026-01-01T00:00:00Z\"}"
      })
  void aDamagedLeaseIsWatchedAndThenTaken(String content) throws IOException {
    Files.writeString(file, content);
    try (Lease lease = taken()) {
      lease.check();
      assertThat(read().path("pid").asLong()).isEqualTo(ProcessHandle.current().pid());
    }
    assertThat(time.passed()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(61));
    assertThat(said.get(0))
        .contains("lease.json is damaged; watching for up to 60 s")
        .contains("delete that file to go on at once")
        .doesNotContain("\n");
  }

  @Test
  void aDamagedLeaseThatChangesIsInUse() throws IOException {
    Files.writeString(file, "{\"host\"");
    time.after(Duration.ofSeconds(5), () -> Files.writeString(file, "{\"host\": "));
    assertThatThrownBy(this::taken)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "is in use by a driver that renews a damaged lease.json; wait for it");
  }

  @Test
  void aFolderInItsPlaceIsNamed() throws IOException {
    Files.createDirectories(file);
    assertThatThrownBy(this::taken)
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot use %1$s: lease.json in it is a folder; delete that folder if no driver uses %1$s"
                .formatted(folder.root()));
  }

  @Test
  void anErrorIsSaidOnceAndRenewingGoesOn() throws IOException {
    try (Lease lease = taken()) {
      Faults.plan(1, Faults.How.FULL);
      lease.beat();
      lease.beat();
      assertThat(said)
          .singleElement()
          .asString()
          .contains("lease.json could not be renewed (Cannot write", "No space left on device")
          .contains("The run goes on and tries again every 10 s");
      Faults.none();
      lease.beat();
      lease.beat();
      assertThat(said).hasSize(2).last().asString().endsWith("lease.json is renewed again");
      assertThat(read().path("beats").asLong()).isEqualTo(3);
    }
  }

  @Test
  void aDriverThatWasPausedStopsAtItsNextBeatAndTouchesNothing() throws IOException {
    Lease paused = taken();
    RunFolder its = paused.folder();
    takeOver();
    String taken = Files.readString(file);
    paused.beat();
    assertThat(losses)
        .singleElement()
        .asString()
        .contains("is not this driver's (number 1) any more")
        .contains("process 17 on elsewhere, driver 2 of the folder, has taken it over")
        .doesNotContain("\n");
    paused.beat();
    assertThatThrownBy(() -> its.files().writeText(its.stop(), "{}")).isSameAs(losses.get(0));
    assertThatThrownBy(() -> its.files().delete(its.model())).isSameAs(losses.get(0));
    paused.close();
    assertThat(losses).as("said once").hasSize(1);
    assertThat(file).content().isEqualTo(taken);
    assertThat(directory.resolve("stop.json")).doesNotExist();
    assertThat(directory.resolve("model")).exists();
  }

  @Test
  void aDriverThatWasPausedIsStoppedByItsNextWriteEvenBeforeItsNextBeat() throws IOException {
    try (Lease paused = taken()) {
      takeOver();
      RunFolder its = paused.folder();
      assertThatThrownBy(() -> its.files().writeText(its.stop(), "{}"))
          .isInstanceOf(LeaseLostException.class)
          .hasMessageContaining("has taken it over. Nothing more is written there");
      assertThat(losses).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"'', lease.json is damaged", "'{}', lease.json is damaged"})
  void aLeaseThatIsDamagedUnderItsDriverStopsIt(String content, String why) throws IOException {
    try (Lease lease = taken()) {
      Files.writeString(file, content);
      assertThatThrownBy(lease::check).hasMessageContaining(why);
    }
    assertThat(file).exists();
  }

  @Test
  void aLeaseThatIsGoneStopsItsDriver() throws IOException {
    try (Lease lease = taken()) {
      Files.delete(file); // another driver took over and has ended
      assertThatThrownBy(lease::check).hasMessageContaining("lease.json is gone");
      lease.beat();
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void theNumberOfTheDriverGrowsWithEachTakeOverAndAfterEachEnd() throws IOException {
    hold("elsewhere", 17, "2026-01-01T00:00:00Z");
    Files.writeString(file, Files.readString(file).replace("}", ", \"driver\": 7}"));
    try (Lease lease = taken()) {
      assertThat(lease.folder().files().driver()).isEqualTo(8);
      Files.writeString(directory.resolve("run.json"), "{\"driver\": 8}");
    }
    try (Lease lease = taken()) {
      assertThat(lease.driver()).isEqualTo(9);
    }
    Files.writeString(directory.resolve("run.json"), "damaged");
    try (Lease lease = taken()) {
      assertThat(lease.driver()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void aCrashAtAnyCallLeavesALeaseThatTheNextDriverTakes(String scheme) throws IOException {
    folder = RunFolder.of(scheme + ":" + directory, FaultyFileSystem.configuration());
    boolean ends = false;
    for (int n = 1; !ends; n++) {
      Faults.plan(n, Faults.How.STOPPED);
      Lease lease = new Lease(folder, listener(), time);
      try {
        lease.take();
        lease.beat();
      } catch (RuntimeException e) {
        assertThat(e).hasMessageContaining("Planned fault");
      }
      lease.close();
      ends = !Faults.reached();
      Faults.none();
      try (Lease next = taken()) {
        next.check();
        next.beat();
      }
      assertThat(losses).as(scheme + ", call " + n).isEmpty();
    }
    assertThat(time.passed()).as("its process id was this one's").isZero();
  }

  @Test
  void aLeaseThatCannotBeDeletedIsSaidAndDoesNotHideTheOutcome() throws IOException {
    Lease lease = taken();
    Faults.plan(1, Faults.How.ONCE);
    lease.close();
    assertThat(said)
        .singleElement()
        .asString()
        .contains("lease.json could not be deleted", "if no driver uses", "delete it");
  }

  private Lease taken() {
    Lease lease = new Lease(folder, listener(), time);
    lease.take();
    return lease;
  }

  private Lease.Listener listener() {
    return new Lease.Listener() {
      @Override
      public void notice(String sentence) {
        said.add(sentence);
      }

      @Override
      public void lost(LeaseLostException why) {
        losses.add(why);
      }
    };
  }

  private void hold(String host, long pid, String beat) throws IOException {
    Files.writeString(
        file, "{\"host\": \"%s\", \"pid\": %d, \"beat\": \"%s\"}".formatted(host, pid, beat));
  }

  /** What another driver does while this one is paused. */
  private void takeOver() throws IOException {
    Files.createDirectories(directory.resolve("model"));
    Files.writeString(
        file,
        "{\"host\":\"elsewhere\",\"pid\":17,\"beat\":\"\",\"driver\":2,\"beats\":1,\"token\":\"x\"}");
  }

  private JsonNode read() {
    return folder.files().readJson(new org.apache.hadoop.fs.Path(folder.root(), "lease.json"));
  }

  /** Passes when it is waited for. */
  private static final class FakeTime implements LeaseTime {
    /** What happens elsewhere. */
    interface Event {
      void happen() throws IOException;
    }

    private Instant clock = Instant.parse("2026-01-01T00:00:00Z");
    private long nanos;
    private Duration due = Duration.ofDays(1);
    private Event event = () -> {};

    void after(Duration delay, Event what) {
      due = delay;
      event = what;
    }

    Duration passed() {
      return Duration.ofNanos(nanos);
    }

    @Override
    public Instant now() {
      return clock;
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void pause(Duration time) {
      nanos += time.toNanos();
      if (passed().compareTo(due) >= 0) {
        due = Duration.ofDays(1);
        try {
          event.happen();
        } catch (IOException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }
}
