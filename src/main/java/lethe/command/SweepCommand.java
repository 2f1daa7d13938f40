package lethe.command;

import java.util.concurrent.Callable;
import lethe.console.Console;
import lethe.pipeline.Sweep;
import lethe.run.SubmitArguments;
import lethe.run.TemporaryFolder;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The verb sweep: many runs, one after the other, in one Spark application. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class SweepCommand implements Callable<Integer> {
  private final Lethe lethe;

  @Mixin private RunArguments run;

  SweepCommand(Lethe lethe) {
    this.lethe = lethe;
  }

  @Override
  public Integer call() {
    Settings settings = run.settings(Verb.SWEEP);
    lethe.keepSecrets(settings);
    Console console = new Console(settings.secrets().stream(System.out));
    Sweep sweep = new Sweep(settings, console);
    if (SubmitArguments.driverIsElsewhere(sweep.first())) {
      throw new InvalidSettings(
          "spark.submit.deployMode must be client for sweep, which reads the run file for each run; was cluster");
    }
    if (lethe.printsSubmit()) {
      Submission.print(sweep.first(), settings);
      return 0;
    }
    TemporaryFolder.ofThisDriver().ifPresent(TemporaryFolder::deleteAtExit);
    RunArguments.printNotices(settings);
    sweep.execute();
    return 0;
  }
}
