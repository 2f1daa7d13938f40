package lethe.train.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultInjectionTest {
  @Test
  void readsWhatIsAskedFor() {
    assertThat(FaultInjection.read("driver/7"))
        .isEqualTo(new FaultInjection(-1, 7, FaultInjection.Moment.APPLIED));
    assertThat(FaultInjection.read("worker/1/4/push"))
        .isEqualTo(new FaultInjection(1, 4, FaultInjection.Moment.PUSH));
    assertThatThrownBy(() -> FaultInjection.read("worker/1/4/never"))
        .hasMessage(
            "Cannot read LETHE_FAULT=worker/1/4/never: it is driver/STEP or worker/WORKER/STEP/computed|push|moved|pull|probe, or @ and a file that says so");
  }

  @Test
  void aFileMaySayIt(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("fault");
    assertThat(FaultInjection.requested("@" + file)).isEmpty();
    Files.writeString(file, "driver/7");
    assertThat(FaultInjection.requested("@" + file)).contains(FaultInjection.read("driver/7"));
    assertThat(FaultInjection.requested("driver/7")).contains(FaultInjection.read("driver/7"));
  }

  @Test
  void anythingElseIsLeftAlive() {
    FaultInjection fault = FaultInjection.read("worker/1/4/push");
    fault.killWorkerAt(0, 3, FaultInjection.Moment.PUSH);
    fault.killWorkerAt(1, 2, FaultInjection.Moment.PUSH);
    fault.killWorkerAt(1, 3, FaultInjection.Moment.COMPUTED);
    fault.killDriverAt(4);
    FaultInjection.read("driver/7").killDriverAt(6);
  }
}
