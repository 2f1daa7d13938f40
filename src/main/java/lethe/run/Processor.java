package lethe.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The processor that this program runs on: another one may give other last bits. */
final class Processor {
  private static final Path INFORMATION = Path.of("/proc/cpuinfo");
  private static final String MODEL = "model name";

  private Processor() {}

  /** Its name, where the system has one, and its instruction set. */
  static String ofThisHost() {
    String architecture = System.getProperty("os.arch");
    try (Stream<String> lines = Files.lines(INFORMATION)) {
      return lines
          .filter(line -> line.startsWith(MODEL))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip() + ", " + architecture)
          .orElse(architecture);
    } catch (IOException e) { // another system than Linux
      return architecture;
    }
  }
}
