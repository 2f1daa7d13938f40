package lethe.command;

import java.util.List;
import java.util.concurrent.Callable;
import lethe.settings.KeyExplanation;
import lethe.settings.Printable;
import lethe.settings.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The verb explain: what a setting means, and where its value in a run comes from. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class ExplainCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "KEY",
      description = "A setting, as train.steps, or the beginning of several, as train.")
  private String key;

  @Parameters(
      index = "1..*",
      paramLabel = "CONF|key=value",
      arity = "0..*",
      description = "A run file (HOCON), if there is one; then settings that override it.")
  private List<String> arguments = List.of();

  private final Lethe lethe;

  ExplainCommand(Lethe lethe) {
    this.lethe = lethe;
  }

  @Override
  public Integer call() {
    Settings settings = RunArguments.optional(arguments);
    lethe.keepSecrets(settings);
    RunArguments.printNotices(settings);
    settings.check();
    KeyExplanation.of(settings, key).lines().forEach(Printable.stream(System.out)::println);
    return 0;
  }
}
