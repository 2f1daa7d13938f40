package lethe.command;

import java.util.concurrent.Callable;
import lethe.check.Findings;
import lethe.check.Validation;
import lethe.console.Console;
import lethe.run.RunConfig;
import lethe.run.Verb;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The verb validate. It runs in this process, since none of its checks needs Spark. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class ValidateCommand implements Callable<Integer> {
  private final Lethe lethe;

  @Mixin private RunArguments run;

  ValidateCommand(Lethe lethe) {
    this.lethe = lethe;
  }

  @Override
  public Integer call() {
    RunConfig config = run.parse(Verb.VALIDATE);
    lethe.keepSecrets(config.settings());
    RunArguments.printNotices(config.settings());
    Findings findings = Submission.validation(config, Validation.Phase.DRIVING).findings();
    findings.refuse();
    Console console = new Console(config.settings().secrets().stream(System.out));
    findings.warnings().forEach(warning -> console.say("validate: " + warning));
    findings.right().forEach(right -> console.say("validate: " + right));
    console.say("validate: all checks passed; preflight also checks that the executors come");
    return 0;
  }
}
