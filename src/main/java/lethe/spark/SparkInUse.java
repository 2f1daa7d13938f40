package lethe.spark;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.package$;
import org.apache.spark.sql.SparkSession;

/**
 * What a run depends on of the Spark that it has, for its record.
 *
 * @param version as "4.2.0"
 * @param encryption of Spark's own messages: "TLS", the cipher of {@code spark.network.crypto}, or
 *     "none"
 * @param committer what makes a stage's files whole where the run folder is: the name of an S3
 *     committer, or "ordinary" for files that are renamed
 */
public record SparkInUse(String version, String encryption, String committer) {
  /** The first patch of a release whose AES-GCM carries more than one message. */
  private static final Map<String, Integer> GCM_MENDED = Map.of("3.5", 9, "4.0", 4, "4.1", 3);

  private static final String HADOOP = "spark.hadoop.";

  /** That of a session, for a run folder. */
  public static SparkInUse of(SparkSession session, URI folder) {
    SparkConf conf = session.sparkContext().getConf();
    return new SparkInUse(session.version(), encryption(conf), committer(conf, folder));
  }

  /**
   * Whether Spark's AES-GCM carries only the first message of a connection (SPARK-56227).
   *
   * @param version of Spark, as "3.5.7"
   */
  public static boolean losesMessagesWithGcm(String version) {
    Matcher parts = Pattern.compile("(\\d+\\.\\d+)\\.(\\d+).*").matcher(version);
    return parts.matches()
        && Integer.parseInt(parts.group(2)) < GCM_MENDED.getOrDefault(parts.group(1), 0);
  }

  private static String encryption(SparkConf conf) {
    if (conf.getBoolean("spark.ssl.rpc.enabled", false)) {
      return "TLS";
    }
    return conf.getBoolean("spark.network.crypto.enabled", false)
        ? conf.get("spark.network.crypto.cipher", "AES/CTR/NoPadding")
        : "none";
  }

  /** Spark sets these keys from 4.1 on where it has its classes for object stores. */
  static String committer(SparkConf conf, URI folder) {
    boolean ofHadoop =
        conf.get("spark.sql.parquet.output.committer.class", "")
            .endsWith(".BindingParquetOutputCommitter");
    return "s3a".equals(folder.getScheme()) && ofHadoop
        ? conf.get(HADOOP + "fs.s3a.committer.name", "file")
        : "ordinary";
  }

  /**
   * Why this build does not fit the Spark and Scala on its class path, if it does not: classes of
   * one line miss methods of the other's.
   */
  public static Optional<String> mismatch() {
    return mismatch(package$.MODULE$.SPARK_VERSION(), scala.util.Properties.versionNumberString());
  }

  static Optional<String> mismatch(String spark, String scala) {
    if (spark.startsWith(SparkLine.SPARK + ".") && scala.startsWith(SparkLine.SCALA + ".")) {
      return Optional.empty();
    }
    return Optional.of(
        "This lethe.jar is for Spark %s with Scala %s and was started on Spark %s with Scala %s: %s"
            .formatted(
                SparkLine.SPARK,
                SparkLine.SCALA,
                spark,
                scala,
                spark.startsWith("3.5.") || spark.startsWith("4.")
                    ? "submit.sh takes the jar that fits SPARK_HOME; the other is made by mvn "
                        + SparkLine.OTHER
                    : "Lethe runs on Spark 3.5 with Scala 2.12 and on Spark 4 with Scala 2.13"));
  }
}
