package lethe.spark;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;

/** What Spark and its libraries say beside Lethe's own lines: their log and their stack traces. */
public final class ProcessMessages {
  private ProcessMessages() {}

  /**
   * Says nothing more, for a process that is about to be ended: Spark's threads fail one after the
   * other then, and each of them logs or prints it.
   */
  public static void silence() {
    Configurator.setAllLevels(LogManager.ROOT_LOGGER_NAME, Level.OFF);
    System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
  }
}
