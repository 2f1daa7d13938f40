package lethe.run;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How much work a run is, as far as it shows before Spark starts. What Java's second compiler and
 * Spark's code generation cost is about the same for every run, half a minute of processor time and
 * more; what they save grows with the data and the model.
 */
public enum RunSize {
  /** So little that compiling well costs more than it saves. */
  SMALL,
  ORDINARY;

  /**
   * Bytes of the sources' files, packed ones taken for tenfold. A prepare of 73 MB of plain text
   * took 80 seconds of processor time when it was small, 134 otherwise.
   */
  private static final long MOST_BYTES = 64 << 20;

  /**
   * Parameters of the model. In code of the first compiler the optimizer and the exchange took some
   * three nanoseconds more per parameter and step: a hundredth of a step with 5 million.
   */
  private static final long MOST_PARAMETERS = 8_000_000;

  /** Files that the driver looks for itself; Spark has a job do so from 32. */
  private static final String MOST_FILES_LISTED_HERE = "1000";

  /**
   * No second compiler, and no threads that collect garbage meanwhile: a prepare of 3 MB took 35
   * seconds of processor time with this collector, 39 to 48 with the usual one. Without the second
   * compiler Java reserves 48 MB for compiled code, which Spark fills: in a process of some minutes
   * a quarter of its time went into throwing code out and compiling it again.
   */
  private static final String JAVA =
      "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC";

  /**
   * Of the memory that a sort or an aggregation takes at a time. Spark takes up to 64 MB, which
   * Java fills with zeros, for a few rows: a prepare of 200 KB took 7.3 seconds with those, 6.6
   * with these.
   */
  private static final String PAGE = "1m";

  /**
   * The size of a run.
   *
   * @param sourceBytes of all sources, packed ones taken for tenfold; empty if unknown
   * @param parameters of the model; empty if unknown
   */
  public static RunSize of(OptionalLong sourceBytes, OptionalLong parameters) {
    boolean small =
        sourceBytes.orElse(Long.MAX_VALUE) <= MOST_BYTES
            && parameters.orElse(Long.MAX_VALUE) <= MOST_PARAMETERS;
    return small ? SMALL : ORDINARY;
  }

  /**
   * What the embedded Spark gets for a run of this size: the {@code spark.*} settings that the run
   * does not have itself. None decides a bit of any result.
   */
  Map<String, String> settings(RunConfig config) {
    Map<String, String> given = config.settings().spark();
    if (this != SMALL || !Cluster.local(given.getOrDefault("spark.master", "local"))) {
      return Map.of();
    }
    int tasks = config.train().workers() * config.train().threads();
    Map<String, String> all = new LinkedHashMap<>();
    if (config.verb() == Verb.PREPARE && given.keySet().stream().noneMatch(RunSize::ofExecutors)) {
      // It trains nothing, and starting executors takes longer than their work.
      all.put("spark.master", "local[" + tasks + "]");
      all.put("spark.driver.memory", "4g"); // as much as an executor has
    }
    all.put("spark.driver.extraJavaOptions", JAVA);
    all.put("spark.executor.extraJavaOptions", JAVA);
    all.put("spark.buffer.pageSize", PAGE);
    all.put("spark.sql.codegen.wholeStage", "false");
    all.put("spark.sql.codegen.factoryMode", "NO_CODEGEN");
    all.put("spark.sql.adaptive.enabled", "false");
    all.put("spark.sql.sources.parallelPartitionDiscovery.threshold", MOST_FILES_LISTED_HERE);
    all.put("spark.sql.shuffle.partitions", String.valueOf(tasks));
    all.keySet().removeAll(given.keySet());
    return all;
  }

  /** Whether a setting says where executors run or what they have. */
  private static boolean ofExecutors(String key) {
    return key.equals("spark.master") || key.startsWith("spark.executor");
  }
}
