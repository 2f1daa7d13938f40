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
import lethe.evaluate.Evaluation;
import lethe.evaluate.SplitScore;
import lethe.folder.RunFolder;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  @TempDir Path scratch;

  @Test
  void writesTheContractAndPrintsATable() {
    RunFolder folder = RunFolder.of(scratch.toString(), new Configuration());
    folder.files().writeJson(folder.provenance(), Map.of("seed", 42));
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
                List.of()));
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
    assertThat(report.has("cost")).isTrue();

    assertThat(printed.lines().map(l -> l.replaceAll(" +", " ").trim()).toList())
        .contains(
            "forget all 3 1000 2.000 800.000 +798.000 4.000 7.39 - 50.0% 50.0%",
            "approximate all 3 1000 4.000 4.250 +0.250 54.60 70.10 50.0% 50.0%",
            "arxiv 3 1000 4.000 4.250 +0.250 54.60 70.10 50.0% 50.0%");
  }

  @Test
  void asksForAnEvaluation() {
    RunFolder folder = RunFolder.of(scratch.toString(), new Configuration());
    assertThatThrownBy(() -> run(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("run evaluate first");
  }

  private static String run(RunFolder folder) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Report(folder, new PrintStream(bytes, true, StandardCharsets.UTF_8)).execute();
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static Evaluation.Model model(String name) {
    return new Evaluation.Model(name, "/models/" + name, "abc", List.of());
  }

  private static SplitScore score(
      String model, String split, String domain, double nll, Double perplexity) {
    return new SplitScore(model, split, domain, 3, 5, 1000, nll, perplexity, perplexity, 0.5, null);
  }
}
