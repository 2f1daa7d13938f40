package lethe.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import lethe.inference.ComputeSettings;
import lethe.inference.ComputeSettings.DeviceChoice;
import lethe.spark.SparkInUse;
import lethe.train.TrainSettings;
import org.apache.spark.SparkConf;
import org.apache.spark.package$;

/**
 * The cluster as Spark's settings describe it: whether it has room for the workers, and whether its
 * traffic is protected. Each problem names the setting to change.
 *
 * @param master {@code spark.master}
 * @param conf {@code spark.*} settings
 */
public record Cluster(String master, BiFunction<String, String, String> conf) {
  /** What protects gradients, which leak the texts they come from, and shuffled chunks. */
  private static final Map<String, String> PROTECTION =
      new TreeMap<>(
          Map.of(
              "spark.authenticate", "true",
              "spark.network.crypto.enabled", "true",
              "spark.io.encryption.enabled", "true"));

  private static final String GPU_VENDOR = "spark.executor.resource.gpu.vendor";

  private static final String CIPHER = "spark.network.crypto.cipher";

  private static final Pattern LOCAL =
      Pattern.compile("local(\\[\\s*([1-9]\\d{0,5}|\\*)\\s*(,\\s*\\d{1,9}\\s*)?])?");

  /** Settings that are sizes, in MiB where no unit is given. */
  private static final List<String> SIZES =
      List.of("spark.driver.memory", "spark.executor.memory", "spark.executor.memoryOverhead");

  private static final List<String> COUNTS =
      List.of("spark.cores.max", "spark.executor.cores", "spark.executor.instances");

  /** The defaults of a run on a cluster. */
  public static Map<String, String> protection() {
    return PROTECTION;
  }

  /** Whether all processes are on this machine and started by Spark itself. */
  public static boolean local(String master) {
    return master.startsWith("local");
  }

  /** Whether there is only one process. */
  public boolean oneProcess() {
    return local(master) && !master.startsWith("local-cluster");
  }

  /** Every problem of a run that trains. */
  public List<String> problems(TrainSettings train, boolean plaintext) {
    return problems(Optional.of(train), plaintext);
  }

  /**
   * Every problem that is found.
   *
   * @param train what needs slots; empty if nothing does
   */
  public List<String> problems(Optional<TrainSettings> train, boolean plaintext) {
    List<String> problems = new ArrayList<>();
    readable(problems);
    if (problems.isEmpty()) {
      train.ifPresent(needs -> slots(needs, problems));
      memory(problems);
    }
    for (String off : List.of("spark.dynamicAllocation.enabled", "spark.speculation")) {
      if (conf.apply(off, "false").equals("true")) {
        problems.add(
            off + " must be false: training needs all its workers at once, and each of them once");
      }
    }
    String spark = package$.MODULE$.SPARK_VERSION();
    if (conf.apply(CIPHER, "").contains("GCM") && SparkInUse.losesMessagesWithGcm(spark)) {
      problems.add(
          "%s must not be set: Spark %s loses messages with AES-GCM (SPARK-56227, fixed in 3.5.9, 4.0.4, 4.1.3 and 4.2.0); gradients and weights have an AES-GCM of Lethe's own"
              .formatted(CIPHER, spark));
    }
    if (!local(master) && !plaintext) {
      protection(problems);
    }
    return problems;
  }

  /** Checks values that Spark would refuse with a stack trace or misread. */
  private void readable(List<String> problems) {
    if (local(master) && !LOCAL.matcher(master).matches() && LocalCluster.of(master).isEmpty()) {
      problems.add(
          "spark.master must be local[threads] or local-cluster[executors,cores,MiB of an"
              + " executor], was "
              + master);
    }
    for (String key : SIZES) {
      String value = conf.apply(key, "0");
      try {
        mebibytes(key, value);
      } catch (NumberFormatException e) {
        problems.add("%s must be a size such as 4g or 512m, was \"%s\"".formatted(key, value));
      }
    }
    for (String key : COUNTS) {
      String value = conf.apply(key, "1");
      if (!value.matches("[1-9]\\d{0,8}")) {
        problems.add("%s must be a whole number of at least 1, was \"%s\"".formatted(key, value));
      }
    }
  }

  /** As Spark reads a size. */
  private static long mebibytes(String key, String value) {
    return new SparkConf(false).set(key, value).getSizeAsMb(key);
  }

  /** Spark starts no executor that asks for more than its worker has. */
  private void memory(List<String> problems) {
    Optional<LocalCluster> cluster = LocalCluster.of(master);
    if (cluster.isEmpty()) {
      return;
    }
    long most = cluster.get().mebibytes();
    long asked =
        mebibytes("spark.executor.memory", conf.apply("spark.executor.memory", most + "m"));
    if (asked > most) {
      problems.add(
          "spark.master=%s gives an executor %d MiB, spark.executor.memory asks for %d: set both to the same size"
              .formatted(master, most, asked));
    }
  }

  private void slots(TrainSettings train, List<String> problems) {
    int workers = train.workers();
    int threads = train.threads();
    Optional<LocalCluster> cluster = LocalCluster.of(master);
    int cores = number("spark.executor.cores", threads);
    if (oneProcess()) {
      if (number(ComputeSettings.EXECUTOR_GPUS, 0) > 0
          && train.compute().device() == DeviceChoice.AUTO) {
        problems.add(
            "train.device must be cpu on spark.master=%s: Spark assigns no GPU in one process; for the GPU set spark.master=local-cluster[1,%d,4096], was auto"
                .formatted(master, threads));
      }
      if (workers > 1) {
        problems.add(
            cannot(train)
                + "it is one process; set train.workers=1, or spark.master=local-cluster[%d,%d,4096]"
                    .formatted(workers, threads));
      }
      return;
    }
    if (cluster.isPresent()) {
      int workerCores = cluster.get().cores();
      cores = Math.max(1, Math.min(workerCores, number("spark.executor.cores", workerCores)));
      int executors = cluster.get().workers() * (workerCores / cores);
      if (executors < workers) {
        problems.add(
            cannot(train)
                + "it has %d executors; set train.workers=%d or give the cluster more"
                    .formatted(executors, executors));
      }
    }
    if (cores < threads) {
      problems.add(
          cannot(train)
              + "its executors have %d cores and train.threads is %d".formatted(cores, threads));
    }
    int most = number("spark.cores.max", Integer.MAX_VALUE);
    if (most < (long) workers * cores) {
      problems.add(
          "spark.cores.max must be at least %d, for train.workers=%d executors of spark.executor.cores=%d, was %d"
              .formatted((long) workers * cores, workers, cores, most));
    }
    int executors = number("spark.executor.instances", workers);
    if (executors < workers) {
      problems.add(
          "spark.executor.instances must be at least train.workers, %d, was %d"
              .formatted(workers, executors));
    }
    gpus(problems);
  }

  /** Whether executors have one. */
  public boolean hasGpus() {
    return number(ComputeSettings.EXECUTOR_GPUS, 0) > 0;
  }

  private void gpus(List<String> problems) {
    int gpus = number(ComputeSettings.EXECUTOR_GPUS, 0);
    if (gpus > 1) {
      problems.add(
          "spark.executor.resource.gpu.amount must be 1: an executor holds one worker, and a worker"
              + " uses one GPU; was "
              + gpus);
    }
    String ofEveryTask = conf.apply("spark.task.resource.gpu.amount", "0");
    if (gpus > 0 && !ofEveryTask.matches("0(\\.0*)?")) {
      problems.add(
          "spark.task.resource.gpu.amount must be 0: every task would ask for it, those of prepare, too, and wait for each other, while training, labels and scores ask for one GPU by themselves; was \"%s\""
              .formatted(ofEveryTask));
    }
    if (gpus > 0 && master.startsWith("k8s") && conf.apply(GPU_VENDOR, "").isEmpty()) {
      problems.add(
          "%s must be set on spark.master=%s, for example to nvidia.com: Kubernetes knows GPUs by their vendor"
              .formatted(GPU_VENDOR, master));
    }
  }

  private void protection(List<String> problems) {
    PROTECTION.forEach(
        (key, value) -> {
          if (!conf.apply(key, "").equals(value)) {
            problems.add(
                "%s must be %s on spark.master=%s: gradients leak the texts they were computed from; or set security.plaintext=true; was \"%s\""
                    .formatted(key, value, master, conf.apply(key, "")));
          }
        });
    if (master.startsWith("spark://") && conf.apply("spark.authenticate.secret", "").isEmpty()) {
      problems.add(
          "spark.authenticate.secret must be set on spark.master=%s, here and on its master and workers; or set security.plaintext=true"
              .formatted(master));
    }
  }

  private int number(String key, int otherwise) {
    String value = conf.apply(key, String.valueOf(otherwise));
    return value.matches("\\d{1,9}") ? Integer.parseInt(value) : otherwise;
  }

  private String cannot(TrainSettings train) {
    return String.format(
        Locale.ROOT, "Cannot run train.workers=%d on spark.master=%s: ", train.workers(), master);
  }
}
