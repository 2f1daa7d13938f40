package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lethe.model.torch.Precision;
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

  @Test
  void aProcessorThatThePrecisionIsSlowOnIsSaidOnce() {
    List<String> milan = List.of("model name\t: AMD EPYC", "flags\t\t: sse4_2 avx2 sha_ni");
    List<String> genoa = List.of("model name\t: AMD EPYC", "flags\t\t: avx2 avx512f avx512bw");
    List<String> arm = List.of("BogoMIPS\t: 243.75", "Features\t: fp asimd bf16");
    assertThat(WorkerEnvironment.processor(milan, Precision.FLOAT32)).isEqualTo("AMD EPYC");
    assertThat(WorkerEnvironment.processor(genoa, Precision.BFLOAT16)).isEqualTo("AMD EPYC");
    assertThat(WorkerEnvironment.processor(arm, Precision.BFLOAT16))
        .isEqualTo(System.getProperty("os.arch"));
    assertThat(WorkerEnvironment.processor(List.of(), Precision.BFLOAT16))
        .isEqualTo(System.getProperty("os.arch"));

    environment.check(0, WorkerEnvironment.processor(genoa, Precision.BFLOAT16));
    assertThat(said).isEmpty();
    environment.resume("");
    String slow = WorkerEnvironment.processor(milan, Precision.BFLOAT16);
    environment.check(0, slow);
    environment.check(1, slow);
    assertThat(said)
        .containsExactly(
            "Warning: the processor of the workers has no AVX-512, and PyTorch multiplies many times slower in bfloat16 there than in float32; set train.precision=float32");
  }
}
