package lethe.command;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import lethe.bench.Bench;
import lethe.bench.BenchSettings;
import lethe.model.ModelSource;
import lethe.run.SubmitArguments;
import lethe.settings.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The verb bench: needs neither Spark nor a run file. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, versionProvider = Version.class)
final class BenchCommand implements Callable<Integer> {
  private final Lethe lethe;

  @Parameters(
      index = "0..*",
      paramLabel = "CONF|key=value",
      arity = "0..*",
      description = "A run file (HOCON), if there is one; then settings that override it.")
  private List<String> arguments = List.of();

  BenchCommand(Lethe lethe) {
    this.lethe = lethe;
  }

  @Override
  public Integer call() {
    Settings settings = RunArguments.optional(arguments);
    lethe.keepSecrets(settings);
    BenchSettings bench = BenchSettings.read(settings.root());
    settings.check();
    if (lethe.printsSubmit()) {
      Submission.print(
          Optional.empty(),
          SubmitArguments.environmentOf(bench.compute().threads()),
          Optional.empty());
      return 0;
    }
    RunArguments.printNotices(settings);
    Bench.Result result =
        new Bench(bench, bench.model().map(m -> new ModelSource(m, Map.of()))).run();
    System.out.print(result.table());
    bench.json().ifPresent(result::write);
    return 0;
  }
}
