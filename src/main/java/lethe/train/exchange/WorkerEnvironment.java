package lethe.train.exchange;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import lethe.model.torch.Compute;
import lethe.model.torch.NativeEngine;
import lethe.model.torch.Precision;
import lethe.spark.ScalaCollections;
import org.apache.spark.SparkEnv;
import org.apache.spark.resource.ResourceInformation;

/**
 * What decides the last bits of a worker's sums, besides the plan: threads, kind of processor,
 * libraries. The first worker's environment becomes that of the run; the others are compared with
 * it. Also records on which GPU each worker computes: no two may share one.
 */
public final class WorkerEnvironment {
  /** After the name of a processor that the run's precision is slow on. */
  private static final String WITHOUT_AVX_512 = " without AVX-512";

  private final Consumer<String> tell;
  private final boolean strict;
  private String run = "";
  private String placing = "";
  private String devicesTold = "";
  private final Map<Integer, String> devices = new TreeMap<>();
  private boolean told;

  /**
   * @param strict whether a worker that differs is refused
   * @param tell takes a sentence for the user when a worker differs and is not refused
   */
  public WorkerEnvironment(boolean strict, Consumer<String> tell) {
    this.strict = strict;
    this.tell = tell;
  }

  /** The environment of this process. */
  public static String ofThisProcess(Compute compute) {
    String device = compute.gpu().orElseGet(() -> processor(cpuInfo(), compute.precision()));
    return "%s, %d threads, %s, %s, MKL_CBWR=%s"
        .formatted(
            device,
            compute.threads(),
            compute.precision(),
            NativeEngine.version(),
            Optional.ofNullable(System.getenv("MKL_CBWR")).orElse("unset"));
  }

  private static List<String> cpuInfo() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return List.of(); // not Linux: the architecture must do
    }
  }

  /**
   * The processor's name, as the kernel reports it, and whether it lacks what PyTorch multiplies
   * numbers of this precision with.
   *
   * @param cpuInfo lines of {@code /proc/cpuinfo}
   */
  static String processor(List<String> cpuInfo, Precision precision) {
    String name = value(cpuInfo, "model name").orElse(System.getProperty("os.arch"));
    boolean slow =
        precision == Precision.BFLOAT16
            && value(cpuInfo, "flags").filter(flags -> !flags.contains("avx512bw")).isPresent();
    return slow ? name + WITHOUT_AVX_512 : name;
  }

  private static Optional<String> value(List<String> cpuInfo, String key) {
    return cpuInfo.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst();
  }

  /**
   * The GPU that Spark has assigned to a task, named so that two workers with the same name would
   * share it: by its number and its host, or its container on YARN, where each may number its own.
   *
   * @param resources as {@code TaskContext.resources()} gives them
   * @return empty where none is assigned
   */
  public static String device(scala.collection.Map<String, ResourceInformation> resources) {
    ResourceInformation gpu = ScalaCollections.map(resources).get("gpu");
    if (gpu == null) {
      return "";
    }
    String container = System.getenv("CONTAINER_ID");
    return "GPU %s of %s%s"
        .formatted(
            String.join(", ", gpu.addresses()),
            SparkEnv.get().blockManager().blockManagerId().host(),
            container == null ? "" : " in " + container);
  }

  /**
   * Records what a worker computes on.
   *
   * @param attempt of which launch and stage; a new attempt starts with no workers
   * @param device as {@link #device} names it
   * @throws IllegalStateException when another worker of the attempt has the same GPU
   */
  synchronized void place(String attempt, int worker, String device) {
    if (!attempt.equals(placing)) {
      placing = attempt;
      devices.clear();
    }
    devices.forEach(
        (other, taken) -> {
          if (other != worker && !device.isEmpty() && taken.equals(device)) {
            throw new IllegalStateException(
                "Refused worker %d: worker %d computes on %s, too; Spark workers on one host each hand out all of its GPUs, so give each host a single one that holds them all (SPARK_WORKER_INSTANCES=1; on one machine local-cluster[1,CORES,MEBIBYTES], its cores those of all executors)"
                    .formatted(worker, other, device));
          }
        });
    devices.put(worker, device);
  }

  /**
   * Called when all workers of an attempt have joined: reports their GPUs, unless already reported.
   */
  synchronized void complete() {
    if (devices.values().stream().allMatch(String::isEmpty)) {
      return;
    }
    String all =
        devices.entrySet().stream()
            .map(e -> "worker " + e.getKey() + " has " + e.getValue())
            .collect(Collectors.joining("; "));
    if (!all.equals(devicesTold)) {
      devicesTold = all;
      tell.accept(all);
    }
  }

  /** Restores the environment of an earlier driver's workers. */
  public synchronized void resume(String earlier) {
    run = earlier;
  }

  /** The environment of the run; empty before any worker has joined. */
  public synchronized String run() {
    return run;
  }

  /**
   * @param worker from 0
   * @param announced its environment
   * @throws IllegalStateException when it differs from the run's and that is not allowed
   */
  synchronized void check(int worker, String announced) {
    if (run.isEmpty()) {
      run = announced;
      if (announced.contains(WITHOUT_AVX_512)) {
        tell.accept(
            "Warning: the processor of the workers has no AVX-512, and PyTorch multiplies many times slower in bfloat16 there than in float32; set train.precision=float32");
      }
    }
    if (run.equals(announced)) {
      return;
    }
    String both =
        "worker %d computes with %s, the workers before it with %s"
            .formatted(worker, announced, run);
    if (strict) {
      throw new IllegalStateException(
          "Refused workers with different environments: "
              + both
              + "; use executors of one kind, or set train.deterministic=false");
    }
    if (!told) {
      told = true;
      tell.accept("Warning: " + both + "; the result is not reproducible to the last bit");
    }
  }
}
