package lethe.command;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lethe.check.Findings;
import lethe.check.Validation;
import lethe.console.Console;
import lethe.run.ContinualSettings;
import lethe.run.ContinualSettings.TaskRun;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.Section;
import lethe.settings.Settings;
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
    Settings settings = run.settings(Verb.VALIDATE);
    lethe.keepSecrets(settings);
    List<TaskRun> tasks = tasks(settings);
    RunConfig config =
        tasks.isEmpty() ? RunConfig.parse(Verb.VALIDATE, settings) : tasks.get(0).config();
    RunArguments.printNotices(settings);
    Findings findings = Submission.validation(config, Validation.Phase.DRIVING).findings();
    findings.refuse();
    Console console = new Console(config.settings().secrets().stream(System.out));
    findings.warnings().forEach(warning -> console.say("validate: " + warning));
    findings.right().forEach(right -> console.say("validate: " + right));
    if (!tasks.isEmpty()) {
      console.say(
          "validate: continual has the tasks %s; what they select is seen when their documents are prepared"
              .formatted(tasks.stream().map(TaskRun::name).collect(Collectors.joining(", "))));
    }
    console.say("validate: all checks passed; preflight also checks that the executors come");
    return 0;
  }

  /** The runs of a run file with tasks, of which the first stands for all; else none. */
  private static List<TaskRun> tasks(Settings settings) {
    Section root = settings.root();
    if (!ContinualSettings.asked(root)) {
      return List.of();
    }
    ContinualSettings continual = ContinualSettings.read(root);
    continual.check(settings);
    return continual.runs(settings, root.section("run").string("dir"), Verb.VALIDATE);
  }
}
