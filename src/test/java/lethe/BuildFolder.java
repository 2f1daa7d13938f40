package lethe;

import java.nio.file.Path;
import java.util.Map;

/** The folder of the build that is tested: {@code target}, or that of the other line of Spark. */
public final class BuildFolder {
  private BuildFolder() {}

  /** Lets submit.sh use the embedded Spark of that build, the default one as without any Spark. */
  static void useEmbeddedSpark(Map<String, String> environment) {
    if (path("").endsWith("target")) {
      environment.remove("SPARK_HOME");
    } else {
      environment.put("SPARK_HOME", path("spark").toString());
    }
  }

  /** The line of Spark that it is for. */
  static String line() {
    return path("").endsWith("target-3.5") ? "spark-3.5" : "spark-4";
  }

  /** What is under it by this name. */
  public static Path path(String name) {
    return Path.of(System.getProperty("lethe.build", "target"), name).toAbsolutePath();
  }
}
