package lethe.spark;

/** The line of Spark that this build is for. */
final class SparkLine {
  static final String SPARK = "4";
  static final String SCALA = "2.13";

  /** What Maven is asked for where the other line is wanted. */
  static final String OTHER = "-P spark-3.5 -DskipTests package";

  private SparkLine() {}
}
