package lethe.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.settings.LaunchEnvironment;

/**
 * The arguments of spark-submit besides the program: the user's {@code spark.*} settings over the
 * defaults that make executors work the same everywhere.
 */
public final class SubmitArguments {
  private SubmitArguments() {}

  public static List<String> of(RunConfig config) {
    return pairs(settings(config));
  }

  /** The settings by name. */
  public static Map<String, String> settings(RunConfig config) {
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
    }
    String master =
        config
            .settings()
            .spark()
            .getOrDefault("spark.master", all.getOrDefault("spark.master", ""));
    boolean local = Cluster.local(master);
    if (!local && !config.plaintext()) {
      all.putAll(Cluster.protection());
    }
    String cores = config.settings().spark().getOrDefault("spark.executor.cores", "" + threads);
    all.put("spark.executor.cores", cores);
    if (!local && cores.matches("\\d{1,6}")) {
      all.put("spark.executor.instances", String.valueOf(workers)); // YARN and Kubernetes
      all.put("spark.cores.max", String.valueOf(workers * Long.parseLong(cores))); // standalone
    }
    all.put("spark.dynamicAllocation.enabled", "false");
    all.put("spark.sql.shuffle.partitions", String.valueOf(Math.max(8, 4 * workers * threads)));
    // The same arithmetic in every process: a fixed number of threads and one code path in MKL.
    environment(threads, "spark.executorEnv.", all);
    if (!local) { // a driver that runs on the cluster, too
      environment(threads, "spark.yarn.appMasterEnv.", all);
      environment(threads, "spark.kubernetes.driverEnv.", all);
    }
    LocalCluster.of(master) // Spark starts no executor that asks for more
        .ifPresent(cluster -> all.put("spark.executor.memory", cluster.mebibytes() + "m"));
    all.putAll(config.settings().spark());
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
  public static List<String> environmentOf(int threads) {
    Map<String, String> all = new LinkedHashMap<>();
    environment(threads, "spark.executorEnv.", all);
    return pairs(all);
  }

  private static void environment(int threads, String prefix, Map<String, String> to) {
    environment(threads).forEach((name, value) -> to.put(prefix + name, value));
  }

  private static List<String> pairs(Map<String, String> settings) {
    List<String> arguments = new ArrayList<>();
    settings.forEach(
        (key, value) -> {
          arguments.add("--conf");
          arguments.add(key + "=" + value);
        });
    return arguments;
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
