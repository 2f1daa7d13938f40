package lethe.train;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lethe.model.Compute;
import lethe.model.NativeEngine;

/**
 * What decides the last bits of a worker's sums, besides the plan: threads, kind of processor,
 * libraries. The first worker's is that of the run; the others are held against it.
 */
final class Environment {
  private final Consumer<String> tell;
  private final boolean strict;
  private String run = "";
  private boolean told;

  /**
   * @param strict whether a worker that differs is refused
   * @param tell takes a sentence for the user when one is not
   */
  Environment(boolean strict, Consumer<String> tell) {
    this.strict = strict;
    this.tell = tell;
  }

  /** That of this process. */
  static String here(Compute compute) {
    String device =
        compute.device().isGpu() ? NativeEngine.gpu(compute.device()) : processor(cpuInfo());
    return "%s, %d threads, %s, %s, MKL_CBWR=%s"
        .formatted(
            device,
            compute.threads(),
            compute.precision(),
            NativeEngine.version(),
            Optional.ofNullable(System.getenv("MKL_CBWR")).orElse("unset"));
  }

  private static Stream<String> cpuInfo() {
    try {
      return Files.readString(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8).lines();
    } catch (IOException e) {
      return Stream.empty(); // not Linux: the architecture must do
    }
  }

  /** The processor's name, as the kernel tells it. */
  static String processor(Stream<String> cpuInfo) {
    return cpuInfo
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  /** Takes up what the workers of an earlier driver announced. */
  synchronized void resume(String earlier) {
    run = earlier;
  }

  /** Of the run; empty before any worker was there. */
  synchronized String run() {
    return run;
  }

  /**
   * @param worker from 0
   * @param announced what it says of itself
   * @throws IllegalStateException when it differs from the run's and that is not allowed
   */
  synchronized void check(int worker, String announced) {
    if (run.isEmpty()) {
      run = announced;
    }
    if (run.equals(announced)) {
      return;
    }
    String both =
        "worker %d computes with %s, those before it with %s".formatted(worker, announced, run);
    if (strict) {
      throw new IllegalStateException(
          "Refused a mixture: "
              + both
              + "; give the run executors of one kind, or set train.deterministic=false");
    }
    if (!told) {
      told = true;
      tell.accept("Warning: " + both + "; the result is not reproducible to the last bit");
    }
  }
}
