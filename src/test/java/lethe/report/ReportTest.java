package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lethe.evaluate.AnswerScores;
import lethe.evaluate.AnswerSettings;
import lethe.evaluate.Continuation;
import lethe.evaluate.DomainVerdict;
import lethe.evaluate.EntropyGap;
import lethe.evaluate.Evaluation;
import lethe.evaluate.ForgottenDocument;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.QuestionSet;
import lethe.evaluate.RequestScore;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.Interval;
import lethe.folder.RunFolder;
import lethe.ledger.LedgerKey;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import lethe.target.Outcome;
import org.apache.commons.codec.digest.HmacAlgorithms;
import org.apache.commons.codec.digest.HmacUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  @TempDir Path scratch;

  @Test
  void writesTheContractAndPrintsATable() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.OVER, null)));
    folder.files().writeJson(folder.provenance(), Map.of("seed", 42));
    String printed = run(folder);

    JsonNode report =
        folder.files().readJson(new org.apache.hadoop.fs.Path(folder.report(), "report.json"));
    assertThat(report.at("/provenance/seed").asInt()).isEqualTo(42);
    assertThat(report.at("/target/nll").asDouble()).isEqualTo(4.0);
    assertThat(report.at("/models/1/path").asText()).isEqualTo("s3a://(hidden)@models/unlearned");
    assertThat(report.get("scores")).hasSize(8);
    JsonNode row = report.at("/scores/6");
    assertThat(row.fieldNames())
        .toIterable()
        .containsExactly(
            "model",
            "split",
            "domain",
            "documents",
            "chunks",
            "tokens",
            "nll",
            "perplexity",
            "macro_perplexity",
            "accuracy",
            "intervals");
    assertThat(row.get("model").asText()).isEqualTo("unlearned");
    assertThat(row.get("perplexity").isNull()).isTrue();
    assertThat(report.has("verdict")).isTrue();
    assertThat(report.at("/verdict/outcome").asText()).isEqualTo("over");
    assertThat(report.at("/verdict/distance").isNull()).isTrue();
    assertThat(report.has("cost")).isTrue();
    assertThat(report.at("/damage/0/split").asText()).isEqualTo("approximate");
    assertThat(report.at("/damage/0/rise").asDouble()).isEqualTo(0.25);

    assertThat(printed.lines().map(l -> l.replaceAll(" +", " ").trim()).toList())
        .contains(
            "forget all 3 1000 2.000 800.000 +798.000 4.000 7.39 - 50.0% 50.0%",
            "approximate all 3 1000 4.000 4.250 +0.250 54.60 70.10 50.0% 50.0%",
            "arxiv 3 1000 4.000 4.250 +0.250 54.60 70.10 50.0% 50.0%");
  }

  @Test
  void countsStepsAndCost() {
    RunFolder folder = evaluated(List.of());
    folder
        .files()
        .writeText(
            folder.steps("unlearn"),
            """
            {"step": 1, "losses": {"forget": 2.0}, "grad_norm": 1.0, "tokens": 100, "seconds": 0.5, "launch": 0, "attempt": 0}
            {"step": 2, "losses": {"forget": "NaN"}, "grad_norm": 1.0, "tokens": 100, "seconds": 0.5, "launch": 0, "attempt": 1}
            """);
    run(folder);
    JsonNode report = report(folder);
    assertThat(report.at("/training/steps").asInt()).isEqualTo(2);
    assertThat(report.at("/training/restarts").asInt()).isEqualTo(1);
    assertThat(report.at("/cost/tokens").asInt()).isEqualTo(200);
    assertThat(report.at("/cost/flops").asDouble()).isEqualTo(6.0 * 1000 * 200);
    assertThat(report.at("/cost/ratio").asDouble()).isEqualTo(1e9 / 200);
    assertThat(report.at("/cost/range_test").isNull()).isTrue();
  }

  @Test
  void whatARangeTestTookIsPartOfTheCost() {
    RunFolder folder = evaluated(List.of());
    String step = "{\"step\": 1, \"losses\": {}, \"tokens\": %d, \"seconds\": %s}\n";
    folder.files().writeText(folder.steps("unlearn"), step.formatted(300, 1.5));
    folder.files().writeText(folder.steps("range-test"), step.formatted(100, 0.75));
    run(folder);
    assertThat(report(folder).at("/cost/tokens").asInt())
        .as("of an earlier run, whose finding is gone")
        .isEqualTo(300);
    folder.files().writeJson(folder.rangeTest(), Map.of("rate", 0.0025, "finding", "it came"));
    run(folder);
    JsonNode cost = report(folder).get("cost");
    assertThat(cost.get("steps").asInt()).as("those that the weights come from").isEqualTo(1);
    assertThat(cost.get("tokens").asInt()).isEqualTo(400);
    assertThat(cost.get("seconds").asDouble()).isEqualTo(2.25);
    assertThat(cost.get("flops").asDouble()).isEqualTo(6.0 * 1000 * 400);
    assertThat(cost.get("ratio").asDouble()).isEqualTo(1e9 / 400);
    assertThat(cost.get("range_test").toString())
        .isEqualTo("{\"steps\":1,\"tokens\":100,\"seconds\":0.75,\"share\":0.25}");
    assertThat(text(folder, "summary.md"))
        .contains("of which the range test 100 tokens (25 %) and 1 s");
  }

  @Test
  void recordsThatAreLostOrDamagedAreCountedAndSaid() {
    RunFolder folder = evaluated(List.of());
    String asked = "{\"documents\": 3, \"chunks\": 5, \"tokens\": 1005}";
    folder
        .files()
        .writeText(
            folder.coverage(),
            "{\"version\": 1, \"steps\": 6, \"asked\": %1$s, \"trained\": %1$s}".formatted(asked));
    String gone = "the training's step records are missing: " + folder.steps("unlearn");
    assertThat(run(folder)).contains("WARNING: " + gone);
    folder
        .files()
        .writeText(
            folder.steps("unlearn"),
            """
            {"step": 1, "losses": {"forget": 2.0}, "tokens": 100, "driver": 1}
            {"step": 2, "losses": {"forget": 2.0}, "tok
            {"stap": 3, "losses": {"forget": 2.0}, "tokens": 100}

            [17]
            {"step": 4, "losses": {"forget": 2.0}, "tokens": 100, "driver": 2}
            """);
    assertThat(run(folder))
        .contains(
            "WARNING: the records of 4 of 6 steps of the training are missing or damaged: tokens, seconds and cost count the others only");
    JsonNode report = report(folder);
    assertThat(report.at("/training/steps").asInt()).isEqualTo(6);
    assertThat(report.at("/training/missing").asInt()).isEqualTo(4);
    assertThat(report.at("/training/tokens").asInt()).isEqualTo(200);
    assertThat(report.at("/training/restarts").asInt()).as("another driver").isEqualTo(1);
    assertThat(report.at("/training/curve")).hasSize(2);
  }

  @Test
  void tellsWhenTheVerdictIsAnother() {
    for (Outcome outcome : Outcome.values()) {
      RunFolder folder = evaluated(List.of(verdict(outcome, 0.1)));
      Optional<String> unmet =
          new Report(
                  folder,
                  settings(Set.of(Requirement.MATCHED), false),
                  new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8))
              .execute()
              .unmet();
      assertThat(unmet.isPresent()).isEqualTo(outcome != Outcome.MATCHED);
    }
    RunFolder none = evaluated(List.of());
    ReportSettings matched = settings(Set.of(Requirement.MATCHED), false);
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    assertThat(new Report(none, matched, nowhere).execute().unmet())
        .contains("report.require is matched, the verdict is none");
  }

  @Test
  void anUndecidedVerdictIsNotTheOneRequired() {
    Verdict undecided =
        new Verdict(
            "unlearned",
            Outcome.UNDECIDED,
            4.612,
            4.628,
            -0.016,
            new Interval(-0.54, 0.49),
            0.15,
            12,
            14,
            List.of("books"),
            List.of("books"),
            null);
    RunFolder folder = evaluated(List.of(undecided));
    Report.Result result = report(folder, settings(Set.of(Requirement.MATCHED), false));
    assertThat(result.headline())
        .startsWith("Undecided: ")
        .contains(
            "Forget loss, judging half: 4.612 against a target of 4.628 nats per token: -0.016 (95 % interval -0.540 to +0.490), band \u00b10.15.");
    assertThat(result.unmet())
        .contains(
            "report.require is matched, the verdict is undecided: the 95 % interval of the distance is -0.540 to +0.490; more documents make it narrower");
    assertThat(report(folder).at("/verdict/outcome").asText()).isEqualTo("undecided");
  }

  @Test
  void aMatchIsNoPassWhereWhatWasToBeKeptIsDamaged() {
    RunFolder folder =
        evaluated(List.of(verdict(Outcome.MATCHED, 0.1))); // approximate rose by 0.25
    assertThat(gate(folder, 0.25).unmet()).isEmpty();
    assertThat(gate(folder, 0.2).unmet())
        .contains(
            "report.max-damage is 0.2, the loss on approximate rose by 0.250 nats per token; the loss on domain arxiv of approximate rose by 0.250 nats per token");
    RunFolder ruined =
        evaluated(
            List.of(verdict(Outcome.OVER, null)),
            score("original", "holdout", "*", 3.0, 20.0),
            new SplitScore("unlearned", "holdout", "*", 3, 5, 1000, null, null, null, 0.5, null));
    assertThat(gate(ruined, 9).unmet())
        .contains(
            "report.require is matched, the verdict is over: the forget loss is not a finite number\nreport.max-damage is 9.0, the loss on holdout is not a finite number");
    assertThat(report(ruined).at("/damage/0/split").asText()).isEqualTo("holdout");
    assertThat(report(ruined).at("/damage/0/rise").isNull()).isTrue();
    assertThat(report(ruined).get("headline").asText())
        .endsWith("Damage: the loss on holdout is not a finite number.");
  }

  @Test
  void theGateIsReadFromTheSettings() {
    Settings gate = Settings.of(List.of("report.require=matched", "report.max-damage=0.3"));
    ReportSettings read = ReportSettings.read(gate.root());
    assertThat(read.gate())
        .isEqualTo(
            new Gate(
                Set.of(Requirement.MATCHED, Requirement.DAMAGE),
                new GateLimits(0.3, "report.max-damage", 0.1, 0.05)));
    assertThat(ReportSettings.read(Settings.of(List.of()).root()).gate())
        .isEqualTo(new Gate(Set.of(), new GateLimits(0.3, "report.limits.damage", 0.1, 0.05)));
    Settings several =
        Settings.of(
            List.of(
                "report.require=[under, damage]",
                "report.limits.damage=0.2",
                "report.limits.membership=0.3"));
    assertThat(ReportSettings.read(several.root()).gate())
        .isEqualTo(
            new Gate(
                Set.of(Requirement.UNDER, Requirement.DAMAGE),
                new GateLimits(0.2, "report.limits.damage", 0.3, 0.05)));
    Settings wrong =
        Settings.of(
            List.of(
                "report.require=[undecided, over, matched]",
                "report.max-damage=-1",
                "report.limits.damage=lots",
                "report.limits.membership=0.6"));
    ReportSettings.read(wrong.root());
    assertThatThrownBy(wrong::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("report.require must be one of under, matched, over, damage, ")
        .hasMessageContaining("was \"undecided\"")
        .hasMessageContaining("report.require must name one verdict at most, was ")
        .hasMessageContaining("report.max-damage must be")
        .hasMessageContaining("report.limits.damage must be a number, was \"lots\"")
        .hasMessageContaining("report.limits.membership must be from 0 to 0.5, was 0.6");
    Settings unknown = Settings.of(List.of("report.require=[matched, undecided]"));
    ReportSettings.read(unknown.root());
    assertThatThrownBy(unknown::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("was \"undecided\"")
        .hasMessageNotContaining("one verdict at most");
  }

  private static Report.Result gate(RunFolder folder, double most) {
    return report(
        folder,
        new ReportSettings(
            new Gate(
                Set.of(Requirement.MATCHED, Requirement.DAMAGE),
                new GateLimits(most, "report.max-damage", 0.1, 0.05)),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty()));
  }

  private static Report.Result report(RunFolder folder, ReportSettings settings) {
    return new Report(
            folder,
            settings,
            new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8))
        .execute();
  }

  @Test
  void theFiguresOneByOneAreKnownByTheirKeysAndAReportByItsFigures() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.MATCHED, 0.1)));
    ReportSettings settings = settings(Set.of(), false);
    ReportScores scores = report(folder, settings).scores();
    assertThat(scores.run()).isEqualTo(folder.root().toString());
    assertThat(scores.chunksSha256()).isEqualTo("ab");
    assertThat(scores.rows())
        .contains(
            row("original", "forget", "scores.nll", 2.0),
            row("unlearned", "forget", "scores.perplexity", null),
            row("unlearned", "approximate", "damage.rise", 0.25),
            row("unlearned", "forget", "verdicts.distance", 0.1),
            new ScoreRow(
                "unlearned", "abc", "forget", "arxiv", "domain_verdicts.distance", 0.1, null, null))
        .extracting(r -> List.of(r.model(), r.split(), r.domain(), r.metric()))
        .doesNotHaveDuplicates();
    assertThat(report(folder, settings).scores()).isEqualTo(scores);
    evaluated(List.of(verdict(Outcome.MATCHED, 0.11)));
    assertThat(report(folder, settings).scores().report()).isNotEqualTo(scores.report());
  }

  @Test
  void verdictsByDomainAreInTheFileAndTheSummaryAndEvaluationsOfOldHaveNone() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.UNDECIDED, 0.1)));
    run(folder);
    assertThat(report(folder).at("/domain_verdicts/0/domain").asText()).isEqualTo("arxiv");
    assertThat(report(folder).at("/domain_verdicts/0/interval").isNull()).isTrue();
    assertThat(text(folder, "summary.md"))
        .contains("- Verdict in arxiv alone: undecided, distance +0.100: there is no interval\n");
    ObjectNode old = (ObjectNode) folder.files().readJson(folder.evaluation());
    old.remove("domain_verdicts");
    folder.files().writeJson(folder.evaluation(), old);
    run(folder);
    assertThat(report(folder).path("domain_verdicts")).isEmpty();
    assertThat(report(folder).at("/verdict/outcome").asText()).isEqualTo("undecided");
  }

  private static ScoreRow row(String model, String split, String metric, Double value) {
    return new ScoreRow(model, "abc", split, "*", metric, value, null, null);
  }

  @Test
  void firstSaysWhatWasAskedForTrainedOnAndScored() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.MATCHED, 0.1)));
    assertThat(run(folder))
        .startsWith(
            """
            asked to forget: not recorded
            trained on: not recorded
            scored: 3 documents, 5 chunks, 1000 scored tokens

            split""");
    folder
        .files()
        .writeText(
            folder.corpusManifest(),
            """
            {"forget_unmet": 2, "parts": [], "counts": [
              {"split": "forget", "domain": "arxiv", "documents": 2, "chunks": 4, "tokens": 800},
              {"split": "forget", "domain": "code", "documents": 1, "chunks": 1, "tokens": 205},
              {"split": "retain", "domain": "arxiv", "documents": 9, "chunks": 9, "tokens": 999}]}
            """);
    folder
        .files()
        .writeText(
            new org.apache.hadoop.fs.Path(folder.root(), "coverage.json"),
            """
            {"version": 1, "steps": 3, "asked": {"documents": 3, "chunks": 5, "tokens": 1005},
             "trained": {"documents": 2, "chunks": 3, "tokens": 600}}
            """);
    folder
        .files()
        .writeText(folder.steps("unlearn"), "{\"step\": 1}\n{\"step\": 2}\n{\"step\": 3}\n");
    String[] lines = {
      "asked to forget: 5 documents, 5 chunks, 1005 tokens; 2 documents not found or of no use",
      "trained on: 2 documents, 3 chunks, 600 tokens",
      "scored: 3 documents, 5 chunks, 1000 scored tokens",
      "WARNING: 2 of 5 documents asked for were not found or cannot be used: nothing of them was trained on or scored",
      "WARNING: training used 3 of 5 chunks to forget (2 of 3 documents): the others were in no step"
    };
    assertThat(run(folder)).startsWith(String.join("\n", lines) + "\n\nsplit");
    assertThat(text(folder, "summary.md")).contains("- " + String.join("\n- ", lines) + "\n");
    assertThat(report(folder).at("/coverage/asked/documents").asInt()).isEqualTo(5);
    assertThat(report(folder).at("/coverage/asked/unmet").asInt()).isEqualTo(2);
    assertThat(report(folder).at("/coverage/trained/chunks").asInt()).isEqualTo(3);
    assertThat(report(folder).at("/coverage/scored/tokens").asInt()).isEqualTo(1000);
    assertThat(report(folder).at("/coverage/warnings")).hasSize(2);
    folder.files().writeText(new org.apache.hadoop.fs.Path(folder.root(), "coverage.json"), "{}");
    assertThatThrownBy(() -> run(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("coverage.json: it is of version none, this program reads 1");
  }

  @Test
  void anEvaluationByOtherRulesIsRefused() {
    RunFolder folder = RunFolder.of(scratch.toString(), new Configuration());
    folder.files().writeText(folder.evaluation(), "{\"models\": [], \"verdicts\": []}");
    assertThatThrownBy(() -> run(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("is of version 1, this program reads 3; run evaluate again");
  }

  @Test
  void namesReachNeitherTheTerminalNorTheTicketRaw() {
    RunFolder folder =
        evaluated(
            List.of(verdict(Outcome.MATCHED, 0.1)),
            score("original", "forget", "x\u001b[31m\u202e\n@all `*<b>", 2.0, 7.39));
    String printed = run(folder);
    assertThat(printed)
        .contains("x\\u001b[31m\\u202e\\u000a@all `*<b>")
        .doesNotContain("\u001b", "\u202e");
    assertThat(text(folder, "summary.md"))
        .doesNotContain("\u001b", "\u202e")
        .contains("x\\\\u001b\\[31m\\\\u202e\\\\u000a&#64;all \\`\\*&lt;b&gt;: 3 documents");
  }

  @Test
  void membershipIsShownBesideTheRetrainedModels() {
    MembershipScore unlearned =
        new MembershipScore(
            "unlearned",
            "*",
            "loss",
            9,
            9,
            1,
            0.42,
            new Interval(0.3, 0.5),
            0.4,
            0.02,
            null,
            0.9,
            0,
            0,
            0,
            null,
            null,
            List.of());
    assertThat(MarkdownSummary.markdown(file(List.of(unlearned)), ""))
        .contains(
            "on unlearned by loss",
            "AUC 0.420, 95 % interval 0.300 to 0.500 (the retrained model has 0.400)\n")
        .contains("Left out of membership inference for want of approximate text: books\n");
    MembershipScore alone =
        new MembershipScore(
            "unlearned",
            "*",
            "loss",
            9,
            9,
            1,
            0.42,
            null,
            null,
            -0.08,
            null,
            0.9,
            0,
            0,
            0,
            null,
            null,
            List.of());
    assertThat(MarkdownSummary.markdown(file(List.of(alone)), ""))
        .contains(
            "0.420 (0.5 if forget and approximate differ only in whether the model was trained on them)\n");
  }

  private static ReportFile file(List<MembershipScore> membership) {
    return new ReportFile(
        null,
        "",
        List.of(),
        CoverageReport.of(null, null, null, null),
        null,
        null,
        List.of(),
        List.of(),
        null,
        null,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        membership,
        List.of(),
        List.of(),
        List.of("books"),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        null,
        null,
        null,
        null,
        null,
        List.of(),
        DocumentSummary.of(List.of()),
        null,
        null,
        null,
        null,
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  @Test
  void documentsAndRequestsAreTablesOfASpreadsheetTheWorstFirst() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.MATCHED, 0.1)));
    run(folder);
    assertThat(text(folder, "documents.csv").split("\r\n"))
        .containsExactly(
            "requests,domain,document,chunks,scored_tokens,nll_original,nll_unlearned,unseen_low,unseen_high,outcome_unlearned",
            "\"'=bad, \"\"worse\"\"; good\",arxiv,\"'-2+3\nline\",2,400,2.000000,2.500000,3.000000,5.000000,under");
    assertThat(text(folder, "requests.csv").split("\r\n"))
        .containsExactly(
            "request,documents,scored_tokens,nll_original,nll_unlearned,outcome,under,over,undecided,matched,nothing_found_for",
            "unmet,1,400,2.000000,,,0,0,0,0,url u: no document has it",
            "\"'=bad, \"\"worse\"\"\",1,400,2.000000,2.500000,under,1,0,0,0,",
            "good,1,400,2.000000,2.500000,matched,0,0,0,1,");
    assertThat(report(folder).at("/documents/count").asInt()).isEqualTo(1);
    assertThat(report(folder).at("/documents/outcomes/under").asInt()).isEqualTo(1);
    assertThat(report(folder).at("/documents/worst/0/unseen/low").asDouble()).isEqualTo(3);
    assertThat(report(folder).at("/requests/1/outcome").asText()).isEqualTo("under");
  }

  private static RequestScore request(String id, Outcome outcome, String... unmet) {
    Map<String, Double> nll =
        outcome == null ? Map.of("original", 2.0) : Map.of("original", 2.0, "unlearned", 2.5);
    Map<String, Long> outcomes =
        outcome == null ? Map.of() : Map.of(outcome.name().toLowerCase(Locale.ROOT), 1L);
    return new RequestScore(id, 1, 400, nll, outcome, outcomes, List.of(unmet));
  }

  @Test
  void aCellThatWouldBeAFormulaIsText() {
    Csv csv = new Csv(List.of("a", "b"));
    for (String odd : List.of("=1", "+1", "-1", "@a", "\tx", "\rx")) {
      csv.add(List.of(odd, -1.5));
    }
    csv.add(Arrays.asList(null, "a=1"));
    assertThat(csv.toString())
        .isEqualTo(
            "a,b\r\n'=1,-1.500000\r\n'+1,-1.500000\r\n'-1,-1.500000\r\n'@a,-1.500000\r\n'\tx,-1.500000\r\n\"'\rx\",-1.500000\r\n,a=1\r\n");
    assertThatThrownBy(() -> csv.add(List.of("one")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot write a row of 1 cells into 2 columns");
  }

  @Test
  void noNameCanEscapeFromThePage() {
    String page = Page.json(Map.of("domain", "</script><script>alert(1)</script>"));
    assertThat(page).doesNotContain("</script>").contains("\\u003c/script>");
    assertThat(Page.escape("<b> & c")).isEqualTo("&lt;b&gt; &amp; c");
    assertThat(Page.fill("a {{x}} b {{y}}", "x", "{{y}}", "y", "2")).isEqualTo("a {{y}} b 2");
  }

  @Test
  void thePageNeedsNoNetwork() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.MATCHED, 0.1)));
    run(folder);
    String page =
        new String(
            folder.files().read(new org.apache.hadoop.fs.Path(folder.report(), "index.html")),
            StandardCharsets.UTF_8);
    assertThat(page)
        .contains("default-src 'none'")
        .contains("Released under the MIT License")
        .doesNotContain("src=\"http")
        .doesNotContain("@import")
        .doesNotContain("sourceMappingURL");
  }

  @Test
  void asksForAnEvaluation() {
    RunFolder folder = RunFolder.of(scratch.toString(), new Configuration());
    assertThatThrownBy(() -> run(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("run evaluate first");
  }

  @Test
  void textsToForgetAreShownOnlyWhenAskedFor() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.MATCHED, 0.1)));
    run(folder);
    assertThat(text(folder, "report.json") + text(folder, "index.html")).doesNotContain("secret");
    new Report(
            folder,
            settings(Set.of(), true),
            new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8))
        .execute();
    assertThat(report(folder).at("/continuations/0/written").asText()).isEqualTo("secret");
    assertThat(text(folder, "index.html")).contains("secret");
  }

  /** A target ended the training one step after the weights that it kept. */
  @Test
  void theUnlearnedModelStandsAtTheStepWhoseWeightsWereKept() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.MATCHED, 0.1)));
    Evaluation plain = Evaluation.read(folder);
    List<Evaluation.Model> models = new ArrayList<>(plain.models());
    models.add(new Evaluation.Model("step-7", "/m/7", "cc", 1, List.of()));
    folder
        .files()
        .writeJson(
            folder.evaluation(),
            new Evaluation(
                plain.version(),
                plain.asked(),
                models,
                plain.scores(),
                plain.membership(),
                plain.memory(),
                plain.memoryComparisons(),
                plain.domainsLeftOut(),
                plain.tasks(),
                plain.histograms(),
                plain.truths(),
                plain.entropies(),
                plain.verdicts(),
                plain.domainVerdicts(),
                plain.requests(),
                plain.documents(),
                List.of(),
                List.of(),
                plain.continuations(),
                plain.earlier()));
    String asked = "{\"documents\": 3, \"chunks\": 5, \"tokens\": 1005}";
    folder
        .files()
        .writeText(
            folder.coverage(),
            "{\"version\": 1, \"steps\": 6, \"asked\": %1$s, \"trained\": %1$s}".formatted(asked));
    folder.files().writeText(folder.steps("unlearn"), "{\"step\": 7, \"losses\": {}}\n");
    run(folder);
    assertThat(report(folder).at("/over_training/end").asInt()).isEqualTo(6);
    assertThat(report(folder).at("/over_training/steps")).hasToString("[0,6,7]");
    assertThat(report(folder).get("models")).hasSize(plain.models().size());
  }

  @Test
  void answersAreThoseOfTheModelsThatAreReportedOn() {
    RunFolder folder = evaluated(List.of());
    String fingerprint = Evaluation.read(folder).models().get(0).fingerprint();
    answered(folder, fingerprint);
    run(folder);
    JsonNode answers = report(folder).get("answers");
    assertThat(answers.at("/sets/0/figures/0/value").asDouble()).isEqualTo(0.25);
    assertThat(answers.get("rows")).as("texts are not shown unless asked for").isEmpty();
    String summary =
        new String(
            folder.files().read(new org.apache.hadoop.fs.Path(folder.report(), "summary.md")),
            StandardCharsets.UTF_8);
    assertThat(summary)
        .contains(
            "- unlearned, questions of secret (forget, 3 rows): ROUGE-L recall 0.2500; 1 empty answers")
        .contains("- unlearned, forget quality on secret: 1.00e-07")
        .contains("- unlearned, forget efficacy on secret: not computed, without entailment");

    report(folder, settings(Set.of(), true));
    assertThat(report(folder).at("/answers/rows")).hasSize(2);
    assertThat(report(folder).at("/answers/rows/0/answer").asText()).isEqualTo("Nobody.");

    answered(folder, "another");
    run(folder);
    assertThat(report(folder).get("answers").isNull()).isTrue();
  }

  private static void answered(RunFolder folder, String fingerprint) {
    AnswerScores.SetScore set =
        new AnswerScores.SetScore(
            "unlearned",
            "secret",
            QuestionSet.Use.FORGET,
            3,
            1,
            0,
            0,
            List.of(
                new AnswerScores.Figure("rouge_l_recall", 0.25, 3, "higher: known", null),
                new AnswerScores.Figure("entailment", null, 0, "higher: known", "not set")));
    AnswerScores.Asked asked =
        new AnswerScores.Asked(
            Map.of("original", fingerprint, "unlearned", fingerprint),
            AnswerSettings.NONE,
            Map.of(),
            Map.of(),
            "",
            List.of(),
            1,
            "float32");
    folder
        .files()
        .writeJson(
            folder.answerScores(),
            new AnswerScores(
                AnswerScores.VERSION,
                asked,
                List.of(set),
                List.of(
                    new AnswerScores.Summary(
                        "unlearned", "secret", "forget_quality", 1e-7, "higher: better", null),
                    new AnswerScores.Summary(
                        "unlearned",
                        "secret",
                        "forget_efficacy",
                        null,
                        "higher: better",
                        "without entailment"))));
    for (String model : List.of("original", "unlearned")) {
      folder
          .files()
          .writeText(
              folder.answerLines(model),
              "{\"set\": \"secret\", \"number\": 1, \"answer\": \"Nobody.\"}\n");
    }
  }

  @Test
  void withAKeyNoFileOfTheReportHasAnIdAndTheNamesAreThoseOfALedger() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.MATCHED, 0.1)));
    ObjectNode found = folder.files().readObject(folder.evaluation(), "");
    ((ObjectNode) found.at("/documents/0")).put("document", "marker-17");
    ((ArrayNode) found.at("/requests/2/unmet"))
        .removeAll()
        .add("url marker-18: no document has it");
    folder.files().writeJson(folder.evaluation(), found);
    folder
        .files()
        .writeText(
            folder.corpusManifest(),
            "{\"chunks_sha256\": \"ab\", \"counts\": [], \"warnings\": [\"Document marker-19 is short\"]}");
    List<String> files =
        List.of("report.json", "index.html", "summary.md", "documents.csv", "requests.csv");
    run(folder);
    assertThat(files).anyMatch(name -> text(folder, name).contains("marker-17"));
    assertThat(text(folder, "report.json")).contains("marker-17", "marker-18", "marker-19");

    String key = "0123456789abcdef".repeat(4);
    org.apache.hadoop.fs.Path file = new org.apache.hadoop.fs.Path(folder.root(), "ids.key");
    folder.files().writeText(file, key + "\n");
    ReportSettings keyed =
        ReportSettings.read(Settings.of(List.of("report.ids-key-file=" + file)).root());
    report(folder, keyed);
    for (String name : files) {
      assertThat(text(folder, name)).as(name).doesNotContain("marker-");
    }
    String expected =
        new HmacUtils(HmacAlgorithms.HMAC_SHA_256, HexFormat.of().parseHex(key))
            .hmacHex("document\0arxiv\0marker-17");
    assertThat(report(folder).at("/documents/worst/0/document").asText()).isEqualTo(expected);
    assertThat(LedgerKey.read(file, folder.files()).name("arxiv", "marker-17")).isEqualTo(expected);
    assertThat(text(folder, "documents.csv")).contains(expected);
    assertThat(report(folder).at("/requests").toString()).contains("[\"url (hidden)\"]");
    assertThat(report(folder).at("/corpus/warnings/0").asText())
        .isEqualTo("1 warnings, which may name documents, are in corpus/manifest.json");
    assertThat(text(folder, "../scores/evaluation.json"))
        .as("not the report")
        .contains("marker-17");

    folder.files().writeText(file, "no key");
    assertThatThrownBy(() -> report(folder, keyed))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("it must be at least 64 hexadecimal digits");
    Settings both = Settings.of(List.of("report.ids-key-file=x", "report.examples=true"));
    ReportSettings.read(both.root());
    assertThat(both.problems())
        .containsExactly(
            "report.ids-key-file hides the ids of documents, and report.examples shows texts; set one");
  }

  @Test
  void saysHowTheTrainingEnded() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.MATCHED, 0.1)));
    run(folder);
    assertThat(report(folder).get("stop").isNull()).isTrue();
    folder.files().writeJson(folder.stop(), Map.of("steps", 7, "most_steps", 20, "best_step", 6));
    run(folder);
    assertThat(report(folder).at("/stop/steps").asInt()).isEqualTo(7);
    assertThat(text(folder, "summary.md"))
        .contains(
            "ended after 7 of at most 20 steps, decided by the steering half; the weights are those of step 6\n");
  }

  @Test
  void saysHowTheLearningRateWasFound() {
    RunFolder folder = evaluated(List.of(verdict(Outcome.MATCHED, 0.1)));
    run(folder);
    assertThat(report(folder).get("range_test").isNull()).isTrue();
    folder
        .files()
        .writeJson(folder.rangeTest(), Map.of("rate", 0.0025, "finding", "half of the <way>"));
    run(folder);
    assertThat(report(folder).at("/range_test/rate").asDouble()).isEqualTo(0.0025);
    assertThat(text(folder, "summary.md"))
        .contains(
            "- The learning rate, 0.0025, was found by a range test: half of the &lt;way&gt;\n");
  }

  static final Evaluation.Asked ASKED =
      new Evaluation.Asked("ab", Map.of(), List.of(), 8, "float32", 0.15, false, 42, null);

  private static ReportSettings settings(Set<Requirement> require, boolean examples) {
    return new ReportSettings(
        new Gate(require, new GateLimits(0.15, "report.limits.damage", 0.1, 0.05)),
        Optional.of(1e9),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        examples,
        Optional.empty());
  }

  private static String text(RunFolder folder, String name) {
    return new String(
        folder.files().read(new org.apache.hadoop.fs.Path(folder.report(), name)),
        StandardCharsets.UTF_8);
  }

  private static String run(RunFolder folder) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Report(
            folder, settings(Set.of(), false), new PrintStream(bytes, true, StandardCharsets.UTF_8))
        .execute();
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private RunFolder evaluated(List<Verdict> verdicts, SplitScore... more) {
    List<SplitScore> scores =
        new ArrayList<>(
            List.of(
                score("original", "approximate", "*", 4.0, 54.6),
                score("original", "approximate", "arxiv", 4.0, 54.6),
                score("original", "forget", "*", 2.0, 7.39),
                score("original", "forget", "arxiv", 2.0, 7.39),
                score("unlearned", "approximate", "*", 4.25, 70.1),
                score("unlearned", "approximate", "arxiv", 4.25, 70.1),
                score("unlearned", "forget", "*", 800.0, null),
                score("unlearned", "forget", "arxiv", 800.0, null)));
    scores.addAll(List.of(more));
    RunFolder folder = RunFolder.of(scratch.toString(), new Configuration());
    folder
        .files()
        .writeJson(
            folder.evaluation(),
            new Evaluation(
                Evaluation.VERSION,
                ASKED,
                List.of(model("original"), model("unlearned")),
                scores,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(
                    new EntropyGap(
                        "unlearned",
                        "*",
                        3.5,
                        2.5,
                        1.0,
                        new Interval(0.5, 1.5),
                        EntropyGap.Sureness.FLATTER)),
                verdicts,
                verdicts.stream().map(ReportTest::inArxiv).toList(),
                List.of(
                    request("good", Outcome.MATCHED),
                    request("=bad, \"worse\"", Outcome.UNDER),
                    request("unmet", null, "url u: no document has it")),
                List.of(
                    new ForgottenDocument(
                        "arxiv",
                        "-2+3\nline",
                        List.of("=bad, \"worse\"", "good"),
                        2,
                        400,
                        Map.of("original", 2.0, "unlearned", 2.5),
                        new Interval(3, 5),
                        Map.of("unlearned", Outcome.UNDER))),
                List.of(),
                List.of(),
                List.of(
                    new Continuation("original", "arxiv", "a", 0, "before", "truth", "secret", 1)),
                List.of()));
    return folder;
  }

  private static JsonNode report(RunFolder folder) {
    return folder.files().readJson(new org.apache.hadoop.fs.Path(folder.report(), "report.json"));
  }

  private static Verdict verdict(Outcome outcome, Double distance) {
    return new Verdict(
        "unlearned", outcome, distance, 4, distance, null, 0.15, 3, 3, List.of(), List.of(), null);
  }

  /** The same of the fixture's only domain. */
  private static DomainVerdict inArxiv(Verdict v) {
    return new DomainVerdict(
        v.model(),
        "arxiv",
        v.outcome(),
        v.nll(),
        v.target(),
        v.distance(),
        v.interval(),
        v.band(),
        v.forgetDocuments(),
        v.approximateDocuments(),
        v.toDecide(),
        v.interval() == null ? "there is no interval" : null);
  }

  private static Evaluation.Model model(String name) {
    return new Evaluation.Model(name, "s3a://key:password@models/" + name, "abc", 1000, List.of());
  }

  private static SplitScore score(
      String model, String split, String domain, double nll, Double perplexity) {
    return new SplitScore(model, split, domain, 3, 5, 1000, nll, perplexity, perplexity, 0.5, null);
  }
}
