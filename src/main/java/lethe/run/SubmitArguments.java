package lethe.run;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import lethe.folder.PosixFileSystem;
import lethe.settings.LaunchEnvironment;

/**
 * The settings that spark-submit gets: the user's {@code spark.*} settings over the defaults that
 * make executors work the same everywhere.
 */
public final class SubmitArguments {
  /** Names of settings whose values Spark leaves out of its page and its logs of events. */
  private static final String REDACTED =
      "(?i)secret|passw|passphrase|pwd|token|credential|private|[._-](sas|auth|key)([._-]|$)";

  private static final String LOG = "log4j2.configurationFile";

  private SubmitArguments() {}

  /**
   * The settings of a run by name.
   *
   * @param temporary where this machine's processes have their temporary files, if that is known
   */
  public static Map<String, String> of(
      RunConfig config, Optional<TemporaryFolder> temporary, Supplier<RunSize> size) {
    Map<String, String> all = of(config, chosen(config, size));
    if (all.getOrDefault("spark.master", "").startsWith("local-cluster")) {
      temporary.ifPresent(folder -> executors("-Djava.io.tmpdir=" + folder.path(), all));
      Optional.ofNullable(System.getProperty(LOG)) // Spark's own would log every failed task
          .ifPresent(file -> executors("-D" + LOG + "=" + file, all));
      LaunchEnvironment.LETHE_CLASS_ARCHIVE
          .value()
          .ifPresent(
              file -> {
                executors("-XX:SharedArchiveFile=" + file, all);
                executors("-Xlog:disable", all); // one that does not fit is not used
              });
    }
    return all;
  }

  /** Gives executors on this machine an option; a cluster manager has places of its own. */
  private static void executors(String option, Map<String, String> to) {
    String quoted = "\"" + option + "\"";
    to.merge("spark.executor.extraJavaOptions", quoted, (own, ours) -> own + " " + ours);
  }

  /**
   * The folder of temporary files, where the driver runs on this machine. On Kubernetes executors
   * would get a volume in its place.
   */
  public static Optional<TemporaryFolder> temporaryFolder(RunConfig config) {
    boolean here =
        !driverIsElsewhere(config)
            && !of(config).getOrDefault("spark.master", "").startsWith("k8s");
    return here ? TemporaryFolder.ofSubmission(config) : Optional.empty();
  }

  /** Whether the driver is started on a machine of the cluster, which does not have these files. */
  public static boolean driverIsElsewhere(RunConfig config) {
    return "cluster".equals(config.settings().spark().get("spark.submit.deployMode"));
  }

  /**
   * What the embedded Spark gets for a run of a size, besides the settings that the run has itself.
   *
   * @param size is asked for only with the embedded Spark
   */
  public static Map<String, String> chosen(RunConfig config, Supplier<RunSize> size) {
    return LaunchEnvironment.LETHE_EMBEDDED.isTrue() ? size.get().settings(config) : Map.of();
  }

  /** The settings of a run by name, but for its temporary files and what its size decides. */
  public static Map<String, String> of(RunConfig config) {
    return of(config, Map.of());
  }

  private static Map<String, String> of(RunConfig config, Map<String, String> chosen) {
    Map<String, String> given = new LinkedHashMap<>(chosen);
    given.putAll(config.settings().spark());
    Map<String, String> all = new LinkedHashMap<>();
    int workers = config.train().workers();
    int threads = config.train().threads();
    if (LaunchEnvironment.LETHE_EMBEDDED.isTrue()) {
      all.put("spark.master", "local-cluster[" + workers + "," + threads + ",4096]");
      all.put("spark.executor.memory", "4g");
      LaunchEnvironment.LETHE_CLASSPATH
          .value()
          .ifPresent(path -> all.put("spark.executor.extraClassPath", path));
      all.put("spark.driver.bindAddress", "127.0.0.1");
      all.put("spark.driver.host", "127.0.0.1");
      all.put("spark.ui.enabled", "false");
      all.put("spark.hadoop.fs.file.impl", PosixFileSystem.class.getName());
    }
    String master = given.getOrDefault("spark.master", all.getOrDefault("spark.master", ""));
    boolean local = Cluster.local(master);
    all.putAll(local || config.plaintext() ? Map.of() : Cluster.protection());
    if (local) { // what Spark shuffles is on this machine's disks
      all.put("spark.io.encryption.enabled", "true");
    }
    String cores = given.getOrDefault("spark.executor.cores", "" + threads);
    all.put("spark.executor.cores", cores);
    if (!local && cores.matches("\\d{1,6}")) {
      all.put("spark.executor.instances", String.valueOf(workers)); // YARN and Kubernetes
      all.put("spark.cores.max", String.valueOf(workers * Long.parseLong(cores))); // standalone
    }
    all.put("spark.dynamicAllocation.enabled", "false");
    all.put("spark.redaction.regex", REDACTED);
    all.put("spark.sql.shuffle.partitions", String.valueOf(Math.max(8, 4 * workers * threads)));
    // The same arithmetic in every process: a fixed number of threads and one code path in MKL.
    environment(threads, "spark.executorEnv.", all);
    if (!local) { // a driver that runs on the cluster, too
      environment(threads, "spark.yarn.appMasterEnv.", all);
      environment(threads, "spark.kubernetes.driverEnv.", all);
    }
    LocalCluster.of(master) // Spark starts no executor that asks for more
        .ifPresent(cluster -> all.put("spark.executor.memory", cluster.mebibytes() + "m"));
    all.putAll(given);
    all.computeIfPresent("spark.driver.memory", (key, size) -> javaSize(size));
    return all;
  }

  /**
   * A size of Spark's as Java's -Xmx takes it: without a unit it is MiB, and units may end in b.
   */
  private static String javaSize(String size) {
    return size.matches("\\d+") ? size + "m" : size.replaceFirst("(?i)(?<=[kmgt])b$", "");
  }

  /** The environment alone, for a measurement that needs no Spark. */
  public static Map<String, String> environmentOf(int threads) {
    Map<String, String> all = new LinkedHashMap<>();
    environment(threads, "spark.executorEnv.", all);
    return all;
  }

  private static void environment(int threads, String prefix, Map<String, String> to) {
    environment(threads).forEach((name, value) -> to.put(prefix + name, value));
  }

  /** What a process needs before its native libraries load. */
  public static Map<String, String> environment(int threads) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("OPT_OUT_TRACKING", "true"); // DJL reports home otherwise
    environment.put("OMP_NUM_THREADS", String.valueOf(threads));
    environment.put("OMP_DYNAMIC", "FALSE");
    environment.put("MKL_DYNAMIC", "FALSE");
    environment.put("MKL_CBWR", "AUTO,STRICT"); // same bits from run to run, whatever the alignment
    // Huge pages under large tensors: 2 to 9 % more tokens per second (docs/models.md).
    environment.put("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
    String cache = System.getenv("DJL_CACHE_DIR");
    if (cache != null) {
      environment.put("DJL_CACHE_DIR", cache);
    }
    return environment;
  }
}
