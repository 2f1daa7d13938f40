package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.evaluate.Continuation;
import lethe.evaluate.Evaluation;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Verdict;
import lethe.folder.RunFolder;
import lethe.target.Outcome;
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
  }

  @Test
  void tellsWhenTheVerdictIsAnother() {
    for (Outcome outcome : Outcome.values()) {
      RunFolder folder = evaluated(List.of(verdict(outcome, 0.1)));
      Optional<String> unmet =
          new Report(
                  folder,
                  new ReportSettings(
                      Optional.of(Outcome.MATCHED),
                      Optional.empty(),
                      List.of(),
                      Optional.empty(),
                      false),
                  new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8))
              .execute()
              .unmet();
      assertThat(unmet.isPresent()).isEqualTo(outcome != Outcome.MATCHED);
    }
    RunFolder none = evaluated(List.of());
    ReportSettings matched =
        new ReportSettings(
            Optional.of(Outcome.MATCHED), Optional.empty(), List.of(), Optional.empty(), false);
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    assertThat(new Report(none, matched, nowhere).execute().unmet())
        .contains("report.require is matched, the verdict is none");
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
            new ReportSettings(
                Optional.empty(), Optional.empty(), List.of(), Optional.empty(), true),
            new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8))
        .execute();
    assertThat(report(folder).at("/continuations/0/written").asText()).isEqualTo("secret");
    assertThat(text(folder, "index.html")).contains("secret");
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
        .contains("ended after 7 of at most 20 steps; the weights are those of step 6\n");
  }

  private static String text(RunFolder folder, String name) {
    return new String(
        folder.files().read(new org.apache.hadoop.fs.Path(folder.report(), name)),
        StandardCharsets.UTF_8);
  }

  private static String run(RunFolder folder) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Report(
            folder,
            new ReportSettings(
                Optional.empty(), Optional.of(1e9), List.of(), Optional.empty(), false),
            new PrintStream(bytes, true, StandardCharsets.UTF_8))
        .execute();
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private RunFolder evaluated(List<Verdict> verdicts) {
    RunFolder folder = RunFolder.of(scratch.toString(), new Configuration());
    folder
        .files()
        .writeJson(
            folder.evaluation(),
            new Evaluation(
                List.of(model("original"), model("unlearned")),
                List.of(
                    score("original", "approximate", "*", 4.0, 54.6),
                    score("original", "approximate", "arxiv", 4.0, 54.6),
                    score("original", "forget", "*", 2.0, 7.39),
                    score("original", "forget", "arxiv", 2.0, 7.39),
                    score("unlearned", "approximate", "*", 4.25, 70.1),
                    score("unlearned", "approximate", "arxiv", 4.25, 70.1),
                    score("unlearned", "forget", "*", 800.0, null),
                    score("unlearned", "forget", "arxiv", 800.0, null)),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                verdicts,
                List.of(),
                List.of(
                    new Continuation(
                        "original", "arxiv", "a", 0, "before", "truth", "secret", 1))));
    return folder;
  }

  private static JsonNode report(RunFolder folder) {
    return folder.files().readJson(new org.apache.hadoop.fs.Path(folder.report(), "report.json"));
  }

  private static Verdict verdict(Outcome outcome, Double distance) {
    return new Verdict("unlearned", outcome, distance, 4, distance, null, 0.15, 3, 3, List.of());
  }

  private static Evaluation.Model model(String name) {
    return new Evaluation.Model(name, "/models/" + name, "abc", 1000, List.of());
  }

  private static SplitScore score(
      String model, String split, String domain, double nll, Double perplexity) {
    return new SplitScore(model, split, domain, 3, 5, 1000, nll, perplexity, perplexity, 0.5, null);
  }
}
