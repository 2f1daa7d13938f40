package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkerEnvironmentTest {
  private final List<String> said = new ArrayList<>();
  private final WorkerEnvironment environment = new WorkerEnvironment(true, said::add);

  @Test
  void twoWorkersOfAnAttemptNeverShareAGpu() {
    environment.place("0.0", 0, "GPU 0 of a");
    environment.place("0.0", 1, "GPU 0 of b");
    assertThatThrownBy(() -> environment.place("0.0", 2, "GPU 0 of a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Refused worker 2: worker 0 computes on GPU 0 of a, too; ")
        .hasMessageContaining("SPARK_WORKER_INSTANCES=1");
    // The next attempt's workers may be elsewhere.
    environment.place("0.1", 2, "GPU 0 of a");
  }

  @Test
  void whichGpuAWorkerHasIsSaidOnceAndNothingOfProcessors() {
    environment.place("0.0", 0, "");
    environment.place("0.0", 1, "");
    environment.complete();
    assertThat(said).isEmpty();
    for (String attempt : List.of("0.1", "0.2")) {
      environment.place(attempt, 1, "GPU 1 of a");
      environment.place(attempt, 0, "GPU 0 of a");
      environment.complete();
    }
    assertThat(said).containsExactly("worker 0 has GPU 0 of a; worker 1 has GPU 1 of a");
  }
}
