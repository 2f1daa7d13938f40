package lethe.command;

import java.util.Optional;
import java.util.concurrent.Callable;
import lethe.console.Console;
import lethe.pipeline.Continual;
import lethe.run.TemporaryFolder;
import lethe.run.Verb;
import lethe.settings.Printable;
import lethe.settings.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The verb continual: tasks forgotten one after the other, in one Spark application. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class ContinualCommand implements Callable<Integer> {
  private final Lethe lethe;

  @Mixin private RunArguments run;

  ContinualCommand(Lethe lethe) {
    this.lethe = lethe;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(Verb.CONTINUAL);
    lethe.keepSecrets(settings);
    Console console = new Console(settings.secrets().stream(System.out));
    Continual continual = new Continual(settings, console);
    if (lethe.printsSubmit()) {
      Submission.print(continual.first(), settings);
      return 0;
    }
    TemporaryFolder.ofThisDriver().ifPresent(TemporaryFolder::deleteAtExit);
    RunArguments.printNotices(settings);
    Optional<String> unmet = continual.execute();
    unmet.ifPresent(Printable.stream(System.err)::println);
    return unmet.isPresent() ? 3 : 0;
  }
}
