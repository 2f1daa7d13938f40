package lethe.command;

import java.nio.file.Path;
import java.util.List;
import lethe.console.Console;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.settings.Printable;
import lethe.settings.Settings;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The run file and the settings over it, which most verbs take. */
final class RunArguments {
  /** By which submit.sh names the file that {@link Submission} made the content of. */
  private static final String SHIPPED = "--shipped";

  @Parameters(index = "0", paramLabel = "CONF", arity = "0..1", description = "A run file (HOCON).")
  private Path file;

  @Parameters(
      index = "1..*",
      paramLabel = "key=value",
      arity = "0..*",
      description = "Settings that override the run file.")
  private List<String> pairs = List.of();

  @Option(
      names = RunArguments.SHIPPED,
      hidden = true,
      description = "The settings of a driver on a cluster, in place of a run file.")
  private Path shipped;

  /**
   * All layers' settings, with every mistake kept in them.
   *
   * @throws InvalidSettings when there is no run file, or it cannot be read at all
   */
  RunConfig parse(Verb verb) {
    return RunConfig.parse(verb, settings(verb));
  }

  /**
   * The settings alone.
   *
   * @throws InvalidSettings when there is no run file, or it cannot be read at all
   */
  Settings settings(Verb verb) {
    if (shipped != null) {
      return Settings.ofShipped(shipped);
    }
    if (file == null) {
      throw new InvalidSettings(
          "Cannot %s: no run file is given, as in %1$s conf/quickstart.conf"
              .formatted(verb.spelling()));
    }
    return Settings.load(file, pairs);
  }

  /** Prints which keys are written in a former spelling. */
  static void printNotices(Settings settings) {
    settings.notices().stream().map(Printable::shortened).forEach(new Console(System.out)::say);
  }

  /**
   * The settings of a verb that needs no run file: a first argument with an equals sign is a
   * setting already.
   *
   * @param arguments a run file, or none; then settings over it
   * @throws InvalidSettings when the run file cannot be read
   */
  static Settings optional(List<String> arguments) {
    boolean withoutFile = arguments.isEmpty() || arguments.get(0).contains("=");
    return withoutFile
        ? Settings.of(arguments)
        : Settings.load(Path.of(arguments.get(0)), arguments.subList(1, arguments.size()));
  }
}
