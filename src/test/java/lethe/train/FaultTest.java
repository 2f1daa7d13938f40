package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FaultTest {
  @Test
  void readsWhatIsAskedFor() {
    assertThat(Fault.read("driver/7")).isEqualTo(new Fault(-1, 7, Fault.Moment.APPLIED));
    assertThat(Fault.read("worker/1/4/push")).isEqualTo(new Fault(1, 4, Fault.Moment.PUSH));
    assertThatThrownBy(() -> Fault.read("worker/1/4/never"))
        .hasMessage(
            "Cannot read LETHE_FAULT=worker/1/4/never: it is driver/STEP or worker/WORKER/STEP/computed|push|pull|probe");
  }

  @Test
  void anythingElseIsLeftAlive() {
    Fault fault = Fault.read("worker/1/4/push");
    fault.strikeWorker(0, 3, Fault.Moment.PUSH);
    fault.strikeWorker(1, 2, Fault.Moment.PUSH);
    fault.strikeWorker(1, 3, Fault.Moment.COMPUTED);
    fault.strikeDriver(4);
    Fault.read("driver/7").strikeDriver(6);
  }
}
