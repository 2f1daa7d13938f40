package lethe.command;

import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Callable;
import lethe.console.Console;
import lethe.nightly.Nightly;
import lethe.run.TemporaryFolder;
import lethe.run.Verb;
import lethe.settings.Printable;
import lethe.settings.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The verb nightly. Where there is nothing to do, it ends before Spark is started. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class NightlyCommand implements Callable<Integer> {
  private final Lethe lethe;

  @Mixin private RunArguments run;

  NightlyCommand(Lethe lethe) {
    this.lethe = lethe;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(Verb.NIGHTLY);
    lethe.keepSecrets(settings);
    Console console = new Console(settings.secrets().stream(System.out));
    Nightly nightly = new Nightly(settings, console, Clock.systemUTC());
    if (lethe.printsSubmit()) {
      if (nightly.idle()) {
        console.say(nightly.idleSentence());
      } else {
        Submission.print(nightly.config(), settings);
      }
      return 0;
    }
    TemporaryFolder.ofThisDriver().ifPresent(TemporaryFolder::deleteAtExit);
    RunArguments.printNotices(settings);
    Optional<String> unmet = nightly.run();
    unmet.ifPresent(Printable.stream(System.err)::println);
    return unmet.isPresent() ? 3 : 0;
  }
}
