package lethe.spark;

/** The line of Spark that this build is for. */
final class SparkLine {
  static final String SPARK = "3.5";
  static final String SCALA = "2.12";

  /** What Maven is asked for where the other line is wanted. */
  static final String OTHER = "-DskipTests package";

  private SparkLine() {}
}
