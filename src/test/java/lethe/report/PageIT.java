package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lethe.evaluate.ChunkScore;
import lethe.evaluate.DistanceToRetrained;
import lethe.evaluate.DivergenceScore;
import lethe.evaluate.DomainVerdict;
import lethe.evaluate.EntropyGap;
import lethe.evaluate.Evaluation;
import lethe.evaluate.ForgottenDocument;
import lethe.evaluate.Histogram;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.MemoryComparison;
import lethe.evaluate.MemoryScore;
import lethe.evaluate.Nearer;
import lethe.evaluate.RequestScore;
import lethe.evaluate.SplitScore;
import lethe.evaluate.TaskScore;
import lethe.evaluate.VerbatimScore;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.Interval;
import lethe.evaluate.metric.KolmogorovSmirnov;
import lethe.evaluate.metric.RocCurve;
import lethe.folder.RunFolder;
import lethe.target.Outcome;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser. Where CI is set there must be one. */
class PageIT {
  @TempDir Path scratch;

  @Test
  void opensWithoutAnErrorAndSaysHowLongItTook() throws Exception {
    Optional<String> browser = browser();
    if (browser.isEmpty()) {
      return;
    }
    Path page = page();
    String dom = dom(browser.get(), page);
    assertThat(dom).doesNotContain("data-error=", "<td>[object");
    assertThat(dom)
        .contains("<p class=\"question\">Asked: to forget 1,003 documents (3 of them not found")
        .contains("<b>? Undecided</b>The documents that judge are too few")
        .contains("<b>Failed: matched. </b>")
        .contains("<h2 id=\"verdict-by-domain\">Verdict by domain</h2>")
        .contains(
            "b&lt;u&gt;</th><td>unlearned</td><td>✓ matched</td><td>+0.050 (−0.020 to +0.120)</td>")
        .contains("<td>? undecided</td><td>+0.100 (no interval)</td>")
        .contains("<td>? undecided</td><td>–</td><td>4.100</td><td>–</td>")
        .contains("<dt>Distance to the retrained model</dt><dd>0.300<small>")
        .contains("now like unseen text, 500 still known, 500 worse known")
        .contains("<a href=\"#document-by-document\">", "<h2 id=\"document-by-document\">")
        .contains("</b>3 of 1003 documents asked for were not found or cannot be used")
        .contains("<dt>Trained on</dt><dd>not recorded</dd>")
        .contains("<dt>Scored</dt><dd>1,000 documents<small>20,000 chunks, 5,000,000 scored tokens")
        .contains("<dt>Forget loss, all documents</dt><dd>4.10 → 4.10")
        .contains("<dt>Membership AUC, by loss</dt><dd>0.60 → 0.60<small>chance is 0.5")
        .contains("<h3>Forget loss, steering half</h3>")
        .contains("<b>Left out: </b>&lt;u&gt;left out&lt;/u&gt;: there is no approximate text")
        .contains("<h3>Loss of chunks, all domains</h3>")
        .contains("<td><span>+0.200<small> (0.15 to 0.25)</small></span></td><td>90.0 %</td>")
        .contains("<td><span>+0.0500<small> (0.0100 to 0.0900)</small></span></td>")
        .contains("what is kept, from -0.25 to -0.25")
        .contains("Training ended after 5,000 of at most 9,000 steps")
        .contains(
            "<th scope=\"row\" class=\"inner\">r-17</th><td>2</td><td>2.000</td><td>4.125</td>")
        .contains("<td>△ still known</td><td>2 under</td>")
        .contains("<h3>Documents beside unseen ones, the 500 worst</h3>")
        .contains("Of 500 documents 250 are below the range after unlearning, 250 above.")
        .contains(
            "<th scope=\"row\" class=\"inner\">&lt;b&gt;0&lt;/b&gt;</th><td>arxiv</td><td>r-17</td>")
        .contains("<td>9; not used: 4,321 of &lt;i&gt;code&lt;/i&gt;, not JSON</td>")
        .contains("<td>arxiv</td><td>forget</td><td>near</td><td>dropped</td><td>12,345</td>")
        .contains("approximate is &lt;small&gt;\\u001b\\u202e")
        .contains("<th scope=\"row\" class=\"inner\">&lt;b&gt;bold&lt;/b&gt;</th>")
        .contains("<td><code>ab</code></td>", "<span>/m/o <code>aa</code></span>");
    assertThat(dom)
        .contains("after 7,000 steps, scored as the others are")
        .contains("those after step 5,000 were left behind")
        .contains(
            "<th scope=\"row\">original</th><td>4.100</td>",
            "<th scope=\"row\">5,000, unlearned</th>")
        .doesNotContain("step-7000");
    assertThat(count(dom, "<canvas role=\"img\" aria-label=\"")).isEqualTo(13);
    assertThat(count(dom, "<summary>Data as a table")).isEqualTo(13);
    assertThat(dom)
        .contains(
            "The learning rate, 2.50e-4, was found by a range test of 2 steps: the loss is &lt;b&gt;bold&lt;/b&gt;. ")
        .contains(
            "Forget loss of the steering half while the learning rate rises from 1.0e-4 to 1.0e-3:");
    Matcher ready = Pattern.compile("data-ready=\"(\\d+)\"").matcher(dom);
    assertThat(ready.find()).isTrue();
    // Said, not judged: the machine may be busy.
    System.out.println("The page of a large run was ready in " + ready.group(1) + " ms");
  }

  @Test
  void theComparisonOpensWithoutAnError() throws Exception {
    Optional<String> browser = browser();
    if (browser.isEmpty()) {
      return;
    }
    List<ComparedRun> runs = new ArrayList<>();
    for (double rate : new double[] {1e-5, 1e-4, 1e-3}) {
      String outcome = rate > 5e-4 ? "over" : "matched";
      runs.add(compared("<b>a</b>", "", rate, rate * 100, outcome));
      runs.add(compared("other", "train.batch=8", rate, null, null));
    }
    Path file = scratch.resolve("compare.html");
    Files.writeString(
        file,
        Page.comparison(
            new Compare.Comparison(null, runs, ComparedMethod.of(runs), List.of(), null)));
    String dom = dom(browser.get(), file);
    assertThat(dom).doesNotContain("data-error=", "<td>[object").contains("data-ready=");
    assertThat(dom)
        .contains(
            "<th scope=\"row\">&lt;b&gt;a&lt;/b&gt;</th><td>2 of 3</td><td>1e-5 to 1e-4</td><td>1.00</td>")
        .contains(
            "<th scope=\"row\">other (train.batch=8)</th><td>0 of 3</td><td>none</td><td>–</td>")
        .contains(
            "<th scope=\"row\">before</th><td></td><td></td><td></td><td>2.000</td><td>1.000</td><td>5.000</td>")
        .contains("<h3>Nearness to the retrained model against damage</h3>")
        .contains("<th scope=\"row\" class=\"inner\">run-1.0E-5</th><td>0.010</td>")
        .contains("distance and verdict are of the half that did not steer.");
    assertThat(count(dom, "<canvas role=\"img\" aria-label=\"")).isEqualTo(4);
    assertThat(count(dom, "<summary>Data as a table")).isEqualTo(4);
    Files.writeString(
        file,
        Page.comparison(
            new Compare.Comparison(
                0.5,
                runs,
                ComparedMethod.of(runs),
                List.of(
                    new ComparedAnswers(
                        "task-2",
                        Map.of("forget-1", Map.of("use", "forget", "rouge_l_recall", 0.75)),
                        Map.of("model_utility", 0.5))),
                null)));
    assertThat(dom(browser.get(), file))
        .contains("the outcome is decided by the point, with a band of 0.50.", "by the point</th>")
        .contains("<th scope=\"col\">forget-1</th>", "--heat: 45%;\">0.7500</span>");

    Map<String, Double> last = new LinkedHashMap<>();
    last.put("<i>one</i>", 2.5);
    last.put("two", null);
    Files.writeString(
        file,
        Page.comparison(
            new Compare.Comparison(
                null,
                runs,
                ComparedMethod.of(runs),
                List.of(),
                new TaskLosses(
                    List.of("<i>one</i>", "two"),
                    Map.of("<i>one</i>", 2.0, "two", 3.0),
                    Map.of("<i>one</i>", Map.of("<i>one</i>", 2.75), "two", last)))));
    dom = dom(browser.get(), file);
    assertThat(dom).doesNotContain("data-error=", "<td>[object").contains("data-ready=");
    assertThat(dom)
        .contains("<h1>Lethe · tasks forgotten one after the other</h1>")
        .contains(
            "Most came back of “&lt;i&gt;one&lt;/i&gt;”: its loss is 0.250 nats per token lower")
        .contains(
            "<th scope=\"row\">none</th><td><span class=\"heat\" style=\"--heat: 60%;\">2.000")
        .contains("style=\"--heat: 28%;\">2.750</span></td><td></td>") // 60 exp(-0.75)
        .contains("style=\"--heat: 36%;\">2.500</span></td><td>not finite</td>")
        .doesNotContain("<h2>Methods</h2>", "The nearest run comes first.</p>");
  }

  private static ComparedRun compared(
      String method, String variant, double rate, Double distance, String outcome) {
    return new ComparedRun(
        "run-" + rate,
        method,
        variant,
        rate,
        7L,
        12.5,
        1000L,
        Map.of(
            "forget", new ComparedRun.Change(2.0, 4.0),
            "retain", new ComparedRun.Change(1.0, 1.25),
            "holdout", new ComparedRun.Change(5.0, 5.01)),
        4.05,
        distance,
        0.15,
        0.15,
        outcome,
        0.25,
        "retain",
        rate * 1000,
        false,
        rate < 5e-5);
  }

  /** What a run of 100,000 chunks leaves: its figures grow with splits and domains, not chunks. */
  private Path page() {
    List<SplitScore> scores = new ArrayList<>();
    List<MembershipScore> membership = new ArrayList<>();
    List<MemoryScore> memory = new ArrayList<>();
    List<Histogram> histograms = new ArrayList<>();
    for (String model : List.of("original", "unlearned")) {
      for (String split : List.of("forget", "approximate", "retain", "general", "holdout")) {
        for (String domain : List.of("*", "<b>bold</b>", "arxiv")) {
          scores.add(score(model, split, domain));
          memory.add(new MemoryScore(model, split, domain, 0.1, 20_000, 5, 70, 80));
        }
        for (String domain : List.of("*", "<b>bold</b>", "arxiv")) {
          List<Long> chunks = Stream.iterate(1L, n -> n * 3 % 65).limit(64).toList();
          List<Double> shares = chunks.stream().map(n -> n / 100.0).toList();
          histograms.add(new Histogram(model, split, domain, 0.25, chunks, shares));
        }
      }
      for (String domain : List.of("*", "<b>bold</b>", "arxiv")) {
        List<RocCurve.Point> roc = Collections.nCopies(100, new RocCurve.Point(0.5, 0.5));
        membership.add(
            new MembershipScore(
                model,
                domain,
                "loss",
                20_000,
                20_000,
                1,
                0.6,
                new Interval(0.55, 0.65),
                0.4,
                0.2,
                new Interval(0.15, 0.25),
                0.9,
                0.1,
                0.2,
                0.3,
                0.6,
                -33.0,
                roc));
      }
    }
    scores.add(score("step-7000", "forget", "*"));
    Verdict verdict =
        new Verdict(
            "unlearned",
            Outcome.UNDECIDED,
            4.1,
            4.0,
            0.1,
            new Interval(0, 0.2),
            0.15,
            5,
            5,
            List.of(),
            List.of(),
            null);
    RunFolder folder = RunFolder.of(scratch.toString(), new Configuration());
    folder
        .files()
        .writeJson(
            folder.evaluation(),
            new Evaluation(
                Evaluation.VERSION,
                ReportTest.ASKED,
                List.of(
                    new Evaluation.Model("original", "/m/o", "aa", 5_000_000, List.of()),
                    new Evaluation.Model("unlearned", "/m/u", "bb", 5_000_000, List.of()),
                    new Evaluation.Model("step-7000", "/m/7000", "cc", 5_000_000, List.of())),
                scores,
                membership,
                memory,
                List.of(
                    new MemoryComparison(
                        "unlearned", "*", 0.1, 0.05, 0.05, new Interval(0.01, 0.09), 0.1, 0.0)),
                List.of("<u>left out</u>"),
                List.of(new TaskScore("original", "arc", 100, 0.3, 0.31, new Interval(0.2, 0.4))),
                histograms,
                List.of(
                    new DistanceToRetrained(
                        "unlearned",
                        4.1,
                        4.0,
                        4.05,
                        new KolmogorovSmirnov(0.1, 0.5),
                        0.3,
                        0.25,
                        List.of(
                            new DivergenceScore(
                                "forget",
                                "*",
                                3,
                                1000,
                                0.3,
                                0.05,
                                0.5,
                                0.1,
                                new Nearer(
                                    -0.5, new Interval(-0.75, -0.25), Nearer.Comparison.NEARER))))),
                List.of(
                    new EntropyGap(
                        "unlearned",
                        "*",
                        3.5,
                        2.5,
                        1.0,
                        new Interval(0.5, 1.5),
                        EntropyGap.Sureness.FLATTER)),
                List.of(verdict),
                List.of(
                    inDomain("b<u>", Outcome.MATCHED, 0.05, new Interval(-0.02, 0.12), null),
                    inDomain("arxiv", Outcome.UNDECIDED, 0.1, null, "no two documents judge"),
                    inDomain(
                        "web", Outcome.UNDECIDED, null, null, "it has no approximate document")),
                List.of(
                    new RequestScore(
                        "r-17",
                        2,
                        300,
                        Map.of("original", 2.0, "unlearned", 4.125),
                        Outcome.UNDER,
                        Map.of("under", 2L),
                        List.of())),
                documents(),
                List.of(
                    new ChunkScore(
                        "unlearned",
                        "forget",
                        "*",
                        5,
                        0.5,
                        List.of(new ChunkScore.Lowest(30, 99.0, 0.25)))),
                List.of(
                    new VerbatimScore(
                        "unlearned",
                        "forget",
                        "*",
                        5,
                        41.5,
                        0.5,
                        0.25,
                        "higher: more is known by heart")),
                List.of(),
                List.of()));
    folder
        .files()
        .writeText(
            folder.stop(),
            """
            {"target": 4.0, "targets": {"<b>bold</b>": 4.1, "arxiv": 3.9}, "band": 0.15, "most_steps": 9000, "steps": 5000,
             "best_step": 5000, "outcome": "matched", "probes": [
               {"step": 0, "nll": 2.0, "distance": -2.0, "domains": {"<b>bold</b>": 2.1, "arxiv": 1.9}, "weights": {"<b>bold</b>": 1.0, "arxiv": 1.0}},
               {"step": 5000, "nll": 3.9, "distance": -0.1, "domains": {"<b>bold</b>": 4.0, "arxiv": 3.8}, "weights": {"<b>bold</b>": 0.0, "arxiv": 0.0}}]}
            """);
    folder
        .files()
        .writeText(
            folder.rangeTest(),
            """
            {"version": 1, "made": {}, "rate": 2.5E-4, "finding": "the loss is <b>bold</b>", "factors": 100, "curve": {"target": 4.0, "points": [
              {"steps": 0, "learning_rate": 0.0, "sum_of_rates": 0.0, "nll": 2.0, "losses": {"forget.npo": 1.0, "retain.<b>kl</b>": 0.0}},
              {"steps": 1, "learning_rate": 1.0E-4, "sum_of_rates": 1.0E-4, "nll": 2.5, "losses": {"forget.npo": 0.5, "retain.<b>kl</b>": 0.125}},
              {"steps": 2, "learning_rate": 1.0E-3, "sum_of_rates": 1.1E-3, "nll": null, "losses": {}}]}}
            """);
    folder
        .files()
        .writeText(
            folder.corpusManifest(),
            """
            {"rows": 9, "rejects": {"<i>code</i>": {"not JSON": 4321}}, "chunks_sha256": "ab", "parts": [],
             "duplicates": [{"split": "retain", "domain": "arxiv", "of": "forget", "kind": "near", "action": "dropped", "documents": 12345}],
             "forget_unmet": 3, "counts": [
               {"split": "forget", "domain": "arxiv", "documents": 1000, "chunks": 20000, "tokens": 5020000}],
             "warnings": ["approximate is <small>\\u001b\\u202e"]}
            """);
    StringBuilder steps = new StringBuilder();
    for (int i = 1; i <= 5000; i++) {
      steps.append(
          "{\"step\":%d,\"losses\":{\"forget\":%d},\"grad_norm\":1.5,\"forget_grad_norm\":1.0,\"retain_grad_norm\":1.0,\"grad_cosine\":%s,\"grad_projected\":%s,\"learning_rate\":1e-5,\"tokens\":10,\"seconds\":1}%n"
              .formatted(i, i % 7, i % 2 == 0 ? null : -0.25, i % 2 == 1));
    }
    folder.files().writeText(folder.steps("unlearn"), steps.toString());
    new Report(
            folder,
            new ReportSettings(
                new Gate(
                    Set.of(Requirement.MATCHED, Requirement.DAMAGE),
                    new GateLimits(0.15, "report.limits.damage", 0.1, 0.05)),
                Optional.of(1e12),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty()),
            new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8))
        .execute();
    return scratch.resolve("report/index.html");
  }

  /** Half of them too well known, half too badly: in the mean they are where they should be. */
  private static List<ForgottenDocument> documents() {
    List<ForgottenDocument> documents = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      boolean known = i % 2 == 0;
      documents.add(
          new ForgottenDocument(
              "arxiv",
              "<b>" + i + "</b>",
              List.of("r-17"),
              20,
              5000,
              Map.of("original", 2.0, "unlearned", known ? 2.5 : 5.5),
              new Interval(3, 5),
              Map.of("unlearned", known ? Outcome.UNDER : Outcome.OVER)));
    }
    return documents;
  }

  private static DomainVerdict inDomain(
      String domain, Outcome outcome, Double distance, Interval interval, String reason) {
    return new DomainVerdict(
        "unlearned",
        domain,
        outcome,
        4.1,
        distance == null ? null : 4.1 - distance,
        distance,
        interval,
        0.15,
        5,
        distance == null ? 0 : 5,
        null,
        reason);
  }

  private static SplitScore score(String model, String split, String domain) {
    Interval interval = new Interval(3.9, 4.2);
    return new SplitScore(
        model,
        split,
        domain,
        1000,
        20_000,
        5_000_000,
        4.1,
        60.0,
        61.0,
        0.3,
        new SplitScore.Intervals(interval, interval, interval, new Interval(0.2, 0.4)));
  }

  private String dom(String browser, Path page) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--user-data-dir=" + scratch.resolve("browser"),
                "--dump-dom",
                page.toUri().toString())
            .redirectError(scratch.resolve("browser.log").toFile())
            .start();
    String dom = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return dom;
  }

  private static Optional<String> browser() {
    Optional<String> found =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .flatMap(
                folder ->
                    Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(name -> folder + File.separator + name))
            .filter(file -> new File(file).canExecute())
            .findFirst();
    if ("true".equals(System.getenv("CI"))) {
      assertThat(found).as("chromium on the PATH").isPresent();
    }
    return found;
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }
}
