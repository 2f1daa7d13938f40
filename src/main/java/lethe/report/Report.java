package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import lethe.evaluate.Evaluation;
import lethe.evaluate.Target;
import lethe.evaluate.Verdict;
import lethe.folder.RunFolder;
import org.apache.hadoop.fs.Path;

/** The stage that makes a run's evaluation readable: report.json, and a table on the terminal. */
public final class Report {
  private final RunFolder folder;
  private final PrintStream terminal;

  /**
   * @param folder of a run that has been evaluated
   * @param terminal gets the table
   */
  public Report(RunFolder folder, PrintStream terminal) {
    this.folder = folder;
    this.terminal = terminal;
  }

  /**
   * Writes and prints.
   *
   * @throws IllegalArgumentException when the run has not been evaluated
   */
  public void execute() {
    Evaluation evaluation = Evaluation.read(folder);
    Optional<Target> target = Target.of(evaluation.scores());
    Optional<Verdict> verdict =
        evaluation.verdicts().stream().filter(v -> v.model().equals("unlearned")).findFirst();
    ReportFile file =
        new ReportFile(
            provenance(),
            evaluation.models(),
            evaluation.scores(),
            target.orElse(null),
            verdict.orElse(null),
            evaluation.verdicts(),
            evaluation.membership(),
            null);
    folder.files().writeJson(new Path(folder.report(), "report.json"), file);
    List<String> models = evaluation.models().stream().map(Evaluation.Model::name).toList();
    terminal.print(new ScoreTable(models, evaluation.scores(), target).text());
    terminal.println("nll in nats a token; target: the original model on approximate text");
  }

  private JsonNode provenance() {
    boolean there = folder.files().exists(folder.provenance());
    return there ? folder.files().readJson(folder.provenance()) : null;
  }
}
