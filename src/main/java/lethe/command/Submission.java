package lethe.command;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import lethe.check.Validation;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.run.TemporaryFolder;
import lethe.settings.LaunchEnvironment;
import lethe.settings.Settings;
import org.apache.spark.SparkConf;

/** What submit.sh asks before it starts Spark. */
final class Submission {
  /** The heap of the embedded Spark's driver, as in submit.sh. */
  private static final String DRIVER_MEMORY = "2g";

  /** By which submit.sh tells settings from a help text. */
  private static final String FIRST = "spark-submit";

  private Submission() {}

  /** Checks a run with the settings that spark-submit will get. */
  static Validation validation(RunConfig config, Validation.Phase phase) {
    SparkConf conf = new SparkConf(false);
    SubmitArguments.of(config).forEach(conf::set);
    return new Validation(config, conf, heap(conf), phase);
  }

  /** Bytes of the driver's heap, as far as settings say. */
  private static long heap(SparkConf conf) {
    String otherwise = LaunchEnvironment.LETHE_EMBEDDED.isTrue() ? DRIVER_MEMORY : "";
    if (otherwise.isEmpty() && !conf.contains("spark.driver.memory")) {
      return Long.MAX_VALUE;
    }
    try {
      return conf.getSizeAsMb("spark.driver.memory", otherwise) << 20;
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE; // one of the problems that validation reports
    }
  }

  /**
   * Checks a run and prints what submit.sh starts Spark with.
   *
   * @param user the settings that a driver elsewhere gets
   */
  static void print(RunConfig config, Settings user) {
    Validation validation = validation(config, Validation.Phase.SUBMITTING);
    validation.findings().refuse();
    Optional<TemporaryFolder> temporary = SubmitArguments.temporaryFolder(config);
    print(
        temporary,
        SubmitArguments.of(config, temporary, validation::size),
        Optional.of(user)
            .filter(settings -> SubmitArguments.driverIsElsewhere(config))
            .map(Settings::shipped));
  }

  /**
   * Prints what submit.sh reads, each ended by a zero byte: this word, the driver's temporary
   * folder (or nothing), the settings as Spark reads them from a properties file, those of Lethe
   * for a driver that is elsewhere (or nothing), then each of Spark's as key=value.
   *
   * @param settings of Spark
   * @param shipped as {@link lethe.settings.Settings#shipped} has them
   */
  static void print(
      Optional<TemporaryFolder> temporary, Map<String, String> settings, Optional<String> shipped) {
    List<String> fields = new ArrayList<>();
    fields.add(FIRST);
    fields.add(temporary.map(folder -> folder.path().toString()).orElse(""));
    fields.add(properties(settings));
    fields.add(shipped.orElse(""));
    settings.forEach((key, value) -> fields.add(key + "=" + value));
    System.out.print(fields.stream().map(field -> field + "\0").collect(Collectors.joining()));
  }

  private static String properties(Map<String, String> settings) {
    Properties properties = new Properties();
    properties.putAll(settings);
    StringWriter text = new StringWriter();
    try {
      properties.store(text, null);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write Spark's settings", e);
    }
    // Without the line that has the time: the same settings are the same text.
    return text.toString()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .sorted()
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }
}
