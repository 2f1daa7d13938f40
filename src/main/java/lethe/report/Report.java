package lethe.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import lethe.evaluate.Evaluation;
import lethe.evaluate.ModelNames;
import lethe.evaluate.RequestScore;
import lethe.evaluate.Robustness;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Verdict;
import lethe.folder.RunFolder;
import lethe.settings.Printable;
import lethe.target.Target;
import org.apache.hadoop.fs.Path;

/**
 * The stage that makes a run's evaluation readable: {@code report.json} for scripts, {@code
 * index.html} for people, {@code summary.md} for a ticket, {@code documents.csv} and {@code
 * requests.csv} for a spreadsheet, and a table on the terminal.
 */
public final class Report {
  /**
   * The result of the stage.
   *
   * @param headline the verdict in a sentence
   * @param scores the figures one by one
   * @param unmet a line for each required condition that the run does not meet; exit 3
   */
  public record Result(String headline, ReportScores scores, Optional<String> unmet) {}

  /** Requests of which something was not found first, then by what became of their documents. */
  private static final Comparator<RequestScore> WORST_FIRST =
      Comparator.comparingInt((RequestScore r) -> -r.unmet().size())
          .thenComparingInt(
              r -> r.outcome() == null ? -1 : RequestScore.WORST_FIRST.indexOf(r.outcome()));

  private final RunFolder folder;
  private final ReportSettings settings;
  private final PrintStream terminal;

  /**
   * @param folder of a run that has been evaluated
   * @param terminal prints the table
   */
  public Report(RunFolder folder, ReportSettings settings, PrintStream terminal) {
    this.folder = folder;
    this.settings = settings;
    this.terminal = terminal;
  }

  /**
   * Writes the files and prints the table.
   *
   * @throws lethe.settings.InvalidSettings when the run has not been evaluated, or its evaluation
   *     is of another corpus or of other models than the run folder has
   */
  public Result execute() {
    Evaluation whole = Evaluation.read(folder);
    new OneRun(folder, whole).check();
    Optional<KeyedIds> ids = settings.idsKeyFile().map(name -> KeyedIds.read(name, folder.files()));
    Evaluation evaluation = ids.map(keyed -> keyed.in(whole)).orElse(whole);
    ReportFile file = file(evaluation);
    String table =
        new ScoreTable(
                file.models().stream().map(Evaluation.Model::name).toList(),
                file.scores(),
                Optional.ofNullable(file.target()))
            .text();
    String summary = MarkdownSummary.markdown(file, table);
    folder.files().writeJson(new Path(folder.report(), "report.json"), file);
    folder.files().writeText(new Path(folder.report(), "summary.md"), summary);
    DocumentTables tables = new DocumentTables(evaluation.withoutSteps());
    folder
        .files()
        .writeText(
            new Path(folder.report(), "documents.csv"), tables.documents(evaluation.documents()));
    folder
        .files()
        .writeText(new Path(folder.report(), "requests.csv"), tables.requests(file.requests()));
    folder.files().writeText(new Path(folder.report(), "index.html"), Page.html(file, summary));
    file.coverage().lines().forEach(terminal::println);
    Optional.ofNullable(file.adapter()).map(TrainedAdapter::sentence).ifPresent(terminal::println);
    terminal.println();
    terminal.print(table);
    terminal.println(
        "nll: loss over all documents, nats per token; target: the original model on approximate text, domains weighed like forget");
    Optional.ofNullable(file.nearness()).ifPresent(terminal::println);
    terminal.println(Printable.line(file.headline()));
    return new Result(
        file.headline(),
        ReportScores.of(folder, evaluation, file),
        Gate.refusal(file.conditions()));
  }

  private ReportFile file(Evaluation whole) {
    Evaluation evaluation = whole.withoutSteps();
    Optional<Target> target = SplitScore.target(evaluation.scores());
    Optional<Verdict> verdict =
        evaluation.verdicts().stream()
            .filter(v -> v.model().equals(ModelNames.UNLEARNED))
            .findFirst();
    List<Damage> damage =
        evaluation.models().stream()
            .filter(m -> !m.name().equals(ModelNames.ORIGINAL))
            .flatMap(m -> Damage.of(evaluation.scores(), m.name()).stream())
            .toList();
    List<Damage> rises =
        evaluation.models().stream()
            .filter(m -> !m.name().equals(ModelNames.ORIGINAL))
            .flatMap(m -> Damage.all(evaluation.scores(), m.name()).stream())
            .toList();
    Gate.Evidence evidence = evidence(evaluation, verdict, rises);
    Optional<TrainingSummary> training = TrainingSummary.read(folder, RunFolder.UNLEARN);
    return new ReportFile(
        Nearness.sentence(evaluation.truths()).orElse(null),
        Headline.of(verdict, evidence.damage()),
        settings.gate().judge(evidence),
        CoverageReport.of(folder, evaluation.scores()).with(TrainingSummary.gap(folder, training)),
        json(folder.provenance(), "restore it, or delete it to report without it").orElse(null),
        json(folder.corpusManifest(), "run prepare with overwrite=true")
            .map(Report::withoutParts)
            .map(manifest -> settings.idsKeyFile().isPresent() ? KeyedIds.in(manifest) : manifest)
            .orElse(null),
        evaluation.models(),
        evaluation.scores(),
        target.orElse(null),
        verdict.orElse(null),
        evaluation.verdicts(),
        evaluation.domainVerdicts(),
        damage,
        rises,
        Assumption.of(
            evaluation.scores(), evaluation.truths(), target, verdict, evaluation.asked().band()),
        evaluation.membership(),
        evaluation.memory(),
        evaluation.memoryComparisons(),
        evaluation.domainsLeftOut(),
        evaluation.tasks(),
        evaluation.histograms(),
        evaluation.truths(),
        evaluation.entropies(),
        RobustnessFindings.read(
                folder,
                evaluation.models().stream()
                    .filter(m -> m.name().equals(ModelNames.UNLEARNED))
                    .map(Evaluation.Model::fingerprint)
                    .findFirst())
            .orElse(null),
        AnswerFindings.read(folder, evaluation.models(), settings.examples()).orElse(null),
        training.orElse(null),
        OverTraining.of(
                whole,
                Optional.of(TrainingSummary.keptSteps(folder))
                    .filter(steps -> steps > 0)
                    .or(() -> training.map(TrainingSummary::steps)))
            .orElse(null),
        TrainedAdapter.of(folder.model(), folder.files()).orElse(null),
        evaluation.requests().stream().sorted(WORST_FIRST).toList(),
        DocumentSummary.of(evaluation.documents()),
        json(folder.stop(), "restore it, or delete it to report without it").orElse(null),
        json(folder.rangeTest(), "restore it, or delete it to report without it").orElse(null),
        json(folder.storedLabels(), "restore it, or delete it to report without it").orElse(null),
        training.flatMap(t -> cost(t, evaluation)).orElse(null),
        evaluation.chunkScores(),
        evaluation.verbatim(),
        settings.examples() ? evaluation.continuations() : List.of(),
        evaluation.earlier());
  }

  /** Of the unlearned model. */
  private Gate.Evidence evidence(
      Evaluation evaluation, Optional<Verdict> verdict, List<Damage> rises) {
    return new Gate.Evidence(
        evaluation.models().stream()
            .filter(m -> m.name().equals(ModelNames.UNLEARNED))
            .map(Evaluation.Model::fingerprint)
            .findFirst(),
        verdict,
        evaluation.asked().band(),
        rises.stream().filter(d -> d.model().equals(ModelNames.UNLEARNED)).toList(),
        evaluation.membership().stream()
            .filter(m -> m.model().equals(ModelNames.UNLEARNED))
            .toList(),
        evaluation.memoryComparisons().stream()
            .filter(m -> m.model().equals(ModelNames.UNLEARNED))
            .toList(),
        evaluation.domainsLeftOut(),
        Robustness.read(folder),
        StillForgotten.of(evaluation.scores(), ModelNames.UNLEARNED));
  }

  private Optional<Cost> cost(TrainingSummary training, Evaluation evaluation) {
    Optional<Double> tokens =
        settings
            .pretrainingTokens()
            .or(() -> TrainingSummary.read(folder, "pretrain").map(t -> (double) t.tokens()));
    Optional<TrainingSummary> rangeTest =
        folder.files().exists(folder.rangeTest())
            ? TrainingSummary.read(folder, RunFolder.RANGE_TEST)
            : Optional.empty();
    return evaluation.models().stream()
        .findFirst()
        .map(m -> Cost.of(training, rangeTest, m.parameters(), tokens));
  }

  private Optional<ObjectNode> json(Path path, String remedy) {
    return folder.files().readObjectIfThere(path, remedy);
  }

  private static ObjectNode withoutParts(ObjectNode manifest) {
    return manifest.deepCopy().without(List.of("parts", "evidence"));
  }
}
