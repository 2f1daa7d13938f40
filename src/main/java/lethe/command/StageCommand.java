package lethe.command;

import java.util.Optional;
import java.util.concurrent.Callable;
import lethe.check.Validation;
import lethe.console.Console;
import lethe.pipeline.Pipeline;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.run.TemporaryFolder;
import lethe.run.Verb;
import lethe.settings.Printable;
import lethe.settings.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A verb that starts Spark: one stage, all of them, or preflight. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class StageCommand implements Callable<Integer> {
  private final Verb verb;
  private final Lethe lethe;

  @Mixin private RunArguments run;

  StageCommand(Verb verb, Lethe lethe) {
    this.verb = verb;
    this.lethe = lethe;
  }

  @Override
  public Integer call() {
    RunConfig config = run.parse(verb);
    lethe.keepSecrets(config.settings());
    if (lethe.printsSubmit()) {
      Validation validation = Submission.validation(config, Validation.Phase.SUBMITTING);
      validation.findings().refuse();
      Optional<TemporaryFolder> temporary = SubmitArguments.temporaryFolder(config);
      Submission.print(
          temporary,
          SubmitArguments.of(config, temporary, validation::size),
          Optional.of(config.settings())
              .filter(settings -> SubmitArguments.driverIsElsewhere(config))
              .map(Settings::shipped));
      return 0;
    }
    TemporaryFolder.ofThisDriver().ifPresent(TemporaryFolder::deleteAtExit);
    RunArguments.printNotices(config.settings()); // once: submit.sh starts this program twice
    config.settings().check();
    Console console = new Console(config.settings().secrets().stream(System.out));
    Optional<String> unmet = new Pipeline(config, console).run();
    unmet.ifPresent(Printable.stream(System.err)::println);
    return unmet.isPresent() ? 3 : 0;
  }
}
