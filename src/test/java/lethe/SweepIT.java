package lethe;

import static java.math.RoundingMode.HALF_UP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.console.Console;
import lethe.notebook.Notebook;
import lethe.notebook.PythonNotebook;
import lethe.pipeline.Sweep;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verb sweep: a method with two rates, and again when one of the runs was lost. */
class SweepIT {
  @TempDir Path folder;

  @Test
  void runsWhatItCanSharesWhatItMayAndGoesOnWhereItWas() throws Exception {
    OneProcess.begin();
    Path conf = SmallRun.in(folder);
    List<String> asked =
        List.of(
            "sweep.methods=[\"random-labels+descent\"]",
            "sweep.rates=[1e-3,2e-2]",
            "evaluate.retrained=" + folder.resolve("weights"),
            "train.steps=1",
            "report.band=10");
    String said = sweep(conf, asked);
    assertThat(said)
        .contains(
            "sweep: run 1 of 2: random-labels-descent-0.001",
            "sweep: run 2 of 2: random-labels-descent-0.02",
            "evaluate: reusing the scores of original\n",
            "evaluate: reusing the scores of retrained\n",
            "evaluate: reusing the scores of original against retrained\n",
            "sweep: recommended, for it reached the target with the least damage: unlearn.method = \"random-labels+descent\", train.learning-rate = 0.0");
    Path runs = folder.resolve("run");
    assertThat(runs.resolve("report/compare.html")).exists();
    assertThat(
            new ObjectMapper().readTree(runs.resolve("report/compare.json").toFile()).get("runs"))
        .hasSize(2);
    // Prepared once, and random labels drawn once.
    byte[] first = chunks(runs.resolve("start"));
    assertThat(chunks(runs.resolve("random-labels-descent-0.02"))).isEqualTo(first);
    assertThat(runs.resolve("start/labels/random-forget")).isDirectory();
    assertThat(runs.resolve("random-labels-descent-0.02/labels/random-forget")).isDirectory();

    readsByNotebooks(runs, said);

    // A run that was lost is run again, the others are not.
    Path lost = runs.resolve("random-labels-descent-0.001");
    Files.delete(lost.resolve("model/config.json"));
    String again = sweep(conf, asked);
    assertThat(again.split("unlearn: finished before", -1)).hasSize(2);
    assertThat(again.split("unlearn: 1 steps", -1)).hasSize(2);
    assertThat(lost.resolve("model/config.json")).exists();

    assertThatThrownBy(() -> sweep(conf, List.of("sweep.methods=[npo,nonsense]")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("sweep.rates must name learning rates to try");
    assertThatThrownBy(
            () -> sweep(conf, List.of("sweep.methods=[npo,nonsense]", "sweep.rates=[1e-3]")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Unknown method \"nonsense\"");
  }

  /** The notebooks, over the runs of the sweep. */
  private void readsByNotebooks(Path runs, String said) throws Exception {
    Notebook.Output corpus =
        new Notebook("corpus.ipynb")
            .run(
                Map.of(
                    "lethe.conf", folder.resolve("small.conf").toString(),
                    "lethe.run", runs.resolve("start").toString()));
    assertThat(corpus.text())
        .contains("6 documents, and 0 rows that are none")
        .containsPattern("book +\\| *0 *\\| *2 *\\| *0\\.0 ")
        .containsPattern("paper +\\| *1 *\\| *4 *\\| *26\\.0 ") // 505 of 1,940 characters
        .contains("paper-forget-00");
    assertThat(corpus.pictures()).hasSize(1);

    Path one = runs.resolve("random-labels-descent-0.02");
    JsonNode report = new ObjectMapper().readTree(one.resolve("report/report.json").toFile());
    Notebook.Output run = new Notebook("run.ipynb").run(Map.of("lethe.run", one.toString()));
    assertThat(run.text()).contains(report.get("headline").asText());
    for (JsonNode score : report.get("scores")) {
      if (score.get("domain").asText().equals("*")) {
        String loss =
            BigDecimal.valueOf(score.get("nll").asDouble()).setScale(3, HALF_UP).toString();
        assertThat(run.text()).contains(loss.replaceAll("0+$", ""));
      }
    }
    assertThat(run.pictures()).hasSize(3);
    readsInPython(one, report);

    Notebook.Output compare =
        new Notebook("compare.ipynb").run(Map.of("lethe.sweep", runs.toString()));
    String recommended = said.substring(said.indexOf("unlearn.method = "));
    assertThat(compare.text()).contains(recommended.substring(0, recommended.indexOf(", ")));
    assertThat(compare.pictures()).hasSize(1);
    for (RenderedImage picture : corpus.pictures()) {
      assertThat(picture.getWidth()).isEqualTo(800);
    }
  }

  /** The same run in Python, where there is one with pandas. */
  private static void readsInPython(Path run, JsonNode report) throws Exception {
    Optional<String> python = PythonNotebook.python();
    if (python.isEmpty()) {
      return;
    }
    String said =
        new PythonNotebook("run-python.ipynb").run(python.get(), Map.of("RUN", run.toString()));
    assertThat(said).contains(report.get("headline").asText());
    for (JsonNode score : report.get("scores")) {
      if (score.get("domain").asText().equals("*")) {
        String loss =
            BigDecimal.valueOf(score.get("nll").asDouble()).setScale(3, HALF_UP).toString();
        assertThat(said).contains(loss.replaceAll("0+$", ""));
      }
    }
    for (JsonNode verdict : report.get("domain_verdicts")) {
      assertThat(said)
          .containsPattern(
              "%s +%s +%s "
                  .formatted(
                      verdict.get("model").asText(),
                      verdict.get("domain").asText(),
                      verdict.get("outcome").asText()));
    }
    for (JsonNode document : report.at("/documents/worst")) {
      assertThat(said).contains(document.get("document").asText());
    }
  }

  private static String sweep(Path conf, List<String> pairs) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    new Sweep(Settings.load(conf, pairs), new Console(out)).execute();
    return said.toString(StandardCharsets.UTF_8);
  }

  private static byte[] chunks(Path run) throws Exception {
    try (Stream<Path> files = Files.walk(run.resolve("corpus/chunks"))) {
      return Files.readAllBytes(
          files.filter(f -> f.toString().endsWith(".parquet")).sorted().findFirst().orElseThrow());
    }
  }
}
