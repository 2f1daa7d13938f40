package lethe.command;

import java.util.Optional;
import java.util.concurrent.Callable;
import lethe.console.Console;
import lethe.pipeline.Pipeline;
import lethe.run.RunConfig;
import lethe.run.TemporaryFolder;
import lethe.run.Verb;
import lethe.settings.Printable;
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
      Submission.print(config, config.settings());
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
