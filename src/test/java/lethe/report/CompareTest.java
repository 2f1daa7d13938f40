package lethe.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareTest {
  @TempDir Path scratch;

  @Test
  void marksTheRunThatMatchedWithLeastDamage() {
    run("a", "m", 1e-5, "matched", 0.4, 0);
    run("b", "m", 2e-5, "matched", 0.2, 0);
    run("c", "m", 4e-5, "under", 0.0, 0);
    run("d", "other", 4e-5, "over", 0.1, 0);
    JsonNode compared = compare("a", "b", "c", "d");
    assertThat(compared.get("runs"))
        .filteredOn(run -> run.get("best").asBoolean())
        .extracting(run -> run.get("run").asText())
        .containsExactly("b");
    assertThat(compared.at("/methods/0/least_damaged").asText()).isEqualTo("b");
    assertThat(compared.at("/methods/1/least_damage").isNull()).isTrue();
  }

  @Test
  void showsLossesAndDamageAtTheTargetOnly() {
    run("in", "m", 1e-5, "matched", 0.25, 0.01);
    run("out", "m", 2e-5, "over", 0.75, 0.01);
    JsonNode compared = compare("in", "out");
    assertThat(compared.at("/runs/0/losses/forget/before").asDouble()).isEqualTo(2.0);
    assertThat(compared.at("/runs/0/losses/forget/after").asDouble()).isEqualTo(4.0);
    assertThat(compared.at("/runs/0/losses/holdout/after").asDouble()).isEqualTo(5.01);
    assertThat(compared.at("/runs/0/losses").has("general")).isFalse();
    assertThat(compared.at("/runs/0/damage_at_target").asDouble()).isEqualTo(0.25);
    assertThat(compared.at("/runs/0/damaged_split").asText()).isEqualTo("retain");
    assertThat(compared.at("/runs/0/seconds").asDouble()).isEqualTo(12.5);
    assertThat(compared.at("/runs/0/tokens").asLong()).isEqualTo(1000);
    assertThat(compared.at("/runs/1/damage").asDouble()).isEqualTo(0.75);
    assertThat(compared.at("/runs/1/damage_at_target").isNull()).isTrue();
  }

  @Test
  void theWidthIsThatOfTheLongestStretchOfRatesInBothBands() {
    run("a", "m", 1e-5, "matched", 0.1, 0);
    run("b", "m", 2e-5, "over", 0.1, 0);
    run("c", "m", 3e-5, "matched", 0.1, 0);
    run("d", "m", 3e-4, "matched", 0.1, 0.14);
    run("e", "m", 3e-3, "matched", 0.1, -0.16); // holdout leaves its band, downwards
    run("sole", "n", 1e-4, "matched", 0.1, 0);
    run("none", "o", 1e-4, "matched", 0.1, 0.2);
    JsonNode methods = compare("e", "a", "c", "b", "d", "sole", "none").get("methods");
    assertThat(methods.at("/0/lowest").asDouble()).isEqualTo(3e-5);
    assertThat(methods.at("/0/highest").asDouble()).isEqualTo(3e-4);
    assertThat(methods.at("/0/decades").asDouble()).isEqualTo(1, within(1e-12));
    assertThat(methods.at("/0/reached").asInt()).isEqualTo(4);
    assertThat(methods.at("/0/runs").asInt()).isEqualTo(5);
    assertThat(methods.at("/1/decades").asDouble()).isZero();
    assertThat(methods.at("/2/decades").isNull()).isTrue();
    assertThat(methods.at("/2/reached").asInt()).isEqualTo(1);
  }

  @Test
  void aBandOfTheComparisonsOwnJudgesByAllDocumentsAndLeavesHoldoutsAlone() {
    run("near", "m", 1e-5, "over", 0.3, 0.14); // 4.00 nats, and the target 4.05
    run("worse", "m", 2e-5, "matched", 0.2, 0.16);
    JsonNode narrow = compare(Optional.of(0.04), "near", "worse");
    assertThat(narrow.get("runs")).extracting(r -> r.get("outcome").asText()).containsOnly("under");
    assertThat(narrow.at("/methods/0/reached").asInt()).isZero();
    JsonNode wide = compare(Optional.of(0.5), "near", "worse");
    assertThat(wide.get("runs")).extracting(r -> r.get("outcome").asText()).containsOnly("matched");
    assertThat(wide.at("/band").asDouble()).isEqualTo(0.5);
    assertThat(wide.at("/runs/0/band").asDouble()).isEqualTo(0.5);
    assertThat(wide.at("/runs/0/distance").asDouble()).isEqualTo(-0.05, within(1e-12));
    assertThat(wide.at("/methods/0/reached").asInt()).isEqualTo(2);
    assertThat(wide.at("/methods/0/highest").asDouble()).isEqualTo(1e-5);
  }

  @Test
  void theRunNearestToTheRetrainedModelComesFirst() {
    run("unknown", "m", 1e-5, "matched", 0.1, 0);
    run("far", "m", 2e-5, "matched", 0.2, 0);
    run("near", "other", 3e-5, "over", 0.3, 0);
    truth("far", 0.5);
    truth("near", 0.25);
    JsonNode compared = compare("unknown", "far", "near");
    assertThat(compared.get("runs"))
        .extracting(run -> run.get("run").asText())
        .containsExactly("near", "far", "unknown");
    assertThat(compared.at("/runs/0/to_retrained").asDouble()).isEqualTo(0.25);
    assertThat(compared.at("/runs/2/to_retrained").isNull()).isTrue();
    assertThat(compared.at("/methods/0/method").asText()).as("as named").isEqualTo("m");
    assertThat(printed(Optional.empty(), "near"))
        .contains("run method to retrained rate ", "near other 0.250 3.0e-05 ")
        .contains("\nto retrained: divergence of predictions");
    assertThat(printed(Optional.empty(), "unknown")).doesNotContain("to retrained");
  }

  @Test
  void theFrontierHasTheRunsThatNoOtherIsBetterThanInBoth() {
    String[] names = {"exact", "gentle", "between", "worse", "beyond", "ruined", "twin"};
    double[] distances = {0.01, -0.5, 0.2, -0.3, 0.5, 0.0, 0.01};
    double[] damages = {0.4, 0.1, 0.2, 0.25, 0.1, Double.NaN, 0.4};
    for (int i = 0; i < names.length; i++) {
      run(names[i], "m", 1e-5, "under", damages[i], 0);
      verdict(names[i], distances[i]);
    }
    assertThat(compare(names).get("runs"))
        .filteredOn(run -> run.get("frontier").asBoolean())
        .extracting(run -> run.get("run").asText())
        .containsExactly("exact", "gentle", "between", "beyond", "twin");
  }

  private void truth(String name, double divergence) {
    change(
        name,
        report ->
            report
                .putArray("truths")
                .addObject()
                .put("model", "unlearned")
                .put("divergence", divergence));
  }

  private void verdict(String name, double distance) {
    change(name, report -> report.withObject("/verdict").put("distance", distance));
  }

  private void change(String name, Consumer<ObjectNode> how) {
    RunFolder folder = folder(name);
    var path = new org.apache.hadoop.fs.Path(folder.report(), "report.json");
    ObjectNode report = folder.files().readObject(path, "");
    how.accept(report);
    folder.files().writeJson(path, report);
  }

  @Test
  void anUndecidedRunHasNotReachedItsTarget() {
    run("a", "m", 1e-5, "undecided", 0.0, 0);
    run("b", "m", 2e-5, "matched", 0.4, 0);
    JsonNode compared = compare("a", "b");
    assertThat(compared.at("/methods/0/reached").asInt()).isEqualTo(1);
    assertThat(compared.at("/methods/0/least_damaged").asText()).isEqualTo("b");
    assertThat(compared.at("/runs/0/outcome").asText()).isEqualTo("undecided");
    assertThat(compared.at("/runs/0/damage_at_target").isNull()).isTrue();
  }

  @Test
  void aLossThatIsNoFiniteNumberIsTheWorstDamage() {
    run("a", "m", 1e-5, "matched", Double.NaN, 0);
    run("b", "m", 2e-5, "matched", 0.4, 0);
    assertThat(compare("a", "b").at("/methods/0/least_damaged").asText()).isEqualTo("b");
    assertThat(printed(Optional.empty(), "a")).contains(" matched not finite retain\n");
  }

  @Test
  void byABandOfTheComparisonsOwnItIsNoVerdict() {
    run("a", "m", 1e-5, "undecided", 0.2, 0);
    assertThat(printed(Optional.of(0.5), "a"))
        .contains(" distance by the point damage on\n", " matched +0.200 retain best\n")
        .contains("(forget loss, all documents, within 0.5 of it, by the point)");
    assertThat(printed(Optional.empty(), "a")).contains(" distance verdict damage on\n");
  }

  @Test
  void aReportWhoseVerdictWasDecidedByThePointIsRefused() {
    RunFolder old = folder("old");
    old.files()
        .writeText(new org.apache.hadoop.fs.Path(old.report(), "report.json"), "{\"runs\": 1}");
    assertThatThrownBy(() -> compare("old"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageEndingWith("and report on it again, or set report.compare-band");
  }

  private String printed(Optional<Double> band, String... names) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Compare(
            folder("all"),
            Stream.of(names).map(this::folder).toList(),
            band,
            new PrintStream(bytes, true, StandardCharsets.UTF_8))
        .execute();
    return bytes.toString(StandardCharsets.UTF_8).replaceAll(" +", " ");
  }

  @Test
  void runsOfOneMethodWithOtherSettingsAreApart() {
    run("a", "m", 1e-5, "matched", 0.1, 0, "batch", 8);
    run("b", "m", 1e-4, "matched", 0.1, 0, "batch", 16);
    run("c", "other", 1e-4, "matched", 0.1, 0, "batch", 32);
    JsonNode compared = compare("a", "b", "c");
    assertThat(compared.get("methods")).hasSize(3);
    assertThat(compared.at("/runs/0/variant").asText()).isEqualTo("train.batch=8");
    assertThat(compared.at("/runs/1/variant").asText()).isEqualTo("train.batch=16");
    assertThat(compared.at("/runs/2/variant").asText()).isEmpty();
    assertThat(compared.at("/methods/0/decades").asDouble()).isZero();
  }

  @Test
  void runsThatReadOtherVersionsOfATableAreApart() {
    run("a", "m", 1e-5, "matched", 0.1, 0);
    run("b", "m", 1e-4, "matched", 0.1, 0);
    readsVersion("a", "11");
    readsVersion("b", "12");
    JsonNode compared = compare("a", "b");
    assertThat(compared.at("/runs/0/variant").asText()).isEqualTo("corpus.sources[0].version=11");
    assertThat(compared.at("/runs/1/variant").asText()).isEqualTo("corpus.sources[0].version=12");
    assertThat(compared.get("methods")).hasSize(2);
  }

  @Test
  void runsThatForgetAfterOneAnotherAreATableOfTasksByTasks() {
    run("first", "m", 1e-5, "under", 0.1, 0);
    run("second", "m", 1e-5, "under", 0.1, 0);
    run("third", "m", 1e-5, "under", 0.1, 0);
    truth("third", 0.25); // which would come first otherwise
    earlier("second", Map.of("first", 3.5));
    earlier("third", Map.of("second", 3.75, "first", 3.25));
    JsonNode compared = compare("first", "second", "third");
    assertThat(compared.at("/tasks/tasks"))
        .extracting(JsonNode::asText)
        .containsExactly("first", "second", "third");
    assertThat(compared.at("/tasks/before/second").asDouble()).isEqualTo(2.0);
    assertThat(compared.at("/tasks/after").toString())
        .isEqualTo(
            "{\"first\":{\"first\":4.0},\"second\":{\"first\":3.5,\"second\":4.0},\"third\":{\"first\":3.25,\"second\":3.75,\"third\":4.0}}");
    assertThat(compared.get("runs"))
        .extracting(run -> run.get("run").asText())
        .containsExactly("first", "second", "third");
    assertThat(compared.get("methods")).hasSize(1);
    assertThat(printed(Optional.empty(), "first", "second", "third"))
        .startsWith(
            "loss after first second third\nnone 2.000 2.000 2.000\nfirst 4.000\nsecond 3.500 4.000\nthird 3.250 3.750 4.000\n");
    assertThat(compare("first", "third").at("/tasks").isNull()).as("a task is left out").isTrue();
    assertThat(compare("second", "first").at("/tasks").isNull()).as("another order").isTrue();
  }

  private void earlier(String name, Map<String, Double> losses) {
    change(
        name,
        report ->
            losses.forEach(
                (task, nll) ->
                    report
                        .withArray("/earlier")
                        .addObject()
                        .put("request", task)
                        .putObject("nll")
                        .put("original", 2.0)
                        .put("unlearned", nll)));
  }

  private void readsVersion(String name, String version) {
    change(
        name,
        report ->
            report
                .putObject("corpus")
                .putArray("tables")
                .addObject()
                .put("source", 0)
                .put("version", version));
  }

  @Test
  void aRunWithoutAReportIsNamed() {
    RunFolder empty = folder("none");
    assertThatThrownBy(
            () ->
                new Compare(folder("all"), List.of(empty), Optional.empty(), System.out).execute())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot compare ")
        .hasMessageEndingWith("run report on it first");
  }

  @Test
  void printsTheSame() {
    run("in", "m", 1.5e-5, "matched", 0.25, 0.01);
    RunFolder all = folder("all");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Compare(
            all,
            List.of(folder("in")),
            Optional.empty(),
            new PrintStream(bytes, true, StandardCharsets.UTF_8))
        .execute();
    assertThat(
            bytes
                .toString(StandardCharsets.UTF_8)
                .lines()
                .map(l -> l.replaceAll(" +", " "))
                .toList())
        .contains(
            "before 2.000 1.000 - - 5.000",
            "in m 1.5e-05 7 13 1000 4.000 1.250 - - 5.010 4.050 -0.070 matched +0.250 retain best",
            "m in +0.250 1 of 1 1.5e-05 1.5e-05 0.00");
  }

  private JsonNode compare(String... names) {
    return compare(Optional.empty(), names);
  }

  private JsonNode compare(Optional<Double> band, String... names) {
    RunFolder all = folder("all");
    new Compare(
            all,
            List.of(names).stream().map(this::folder).toList(),
            band,
            new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8))
        .execute();
    return all.files().readJson(new org.apache.hadoop.fs.Path(all.report(), "compare.json"));
  }

  private void run(
      String name,
      String method,
      double rate,
      String outcome,
      double damage,
      double holdout,
      Object... train) {
    Map<String, Object> training =
        train.length == 0
            ? Map.of("learning-rate", rate)
            : Map.of("learning-rate", rate, train[0].toString(), train[1]);
    RunFolder folder = folder(name);
    folder
        .files()
        .writeJson(
            new org.apache.hadoop.fs.Path(folder.report(), "report.json"),
            Map.of(
                "coverage",
                Map.of(),
                "provenance",
                Map.of(
                    "settings",
                    Map.of(
                        "run", Map.of("dir", name),
                        "sample", Map.of("directory", name + "/sample"),
                        "corpus",
                            Map.of("sources", List.of(Map.of("path", name + "/sample/a.jsonl"))),
                        "unlearn", Map.of("method", method),
                        "train", training)),
                "scores",
                List.of(
                    score("original", "forget", 2),
                    score("unlearned", "forget", 4),
                    score("original", "retain", 1),
                    score("unlearned", "retain", 1.25),
                    score("original", "holdout", 5),
                    score("unlearned", "holdout", 5 + holdout)),
                "target",
                Map.of("nll", 4.05),
                "verdict",
                Map.of("distance", -0.07, "band", 0.15, "outcome", outcome),
                "damage",
                List.of(damage(damage)),
                "cost",
                Map.of("steps", 7, "seconds", 12.5, "tokens", 1000)));
  }

  /** Runs by sets, in the order they were named, whatever order the losses are in. */
  @Test
  void answersAreRunsBySets() {
    run("task-1", "m", 1e-5, "under", 0.1, 0);
    run("task-2", "m", 1e-5, "under", 0.1, 0);
    answer("task-1", Map.of("a-kept-one", 0.5, "forget-1", 0.25));
    answer("task-2", Map.of("forget-1", 0.75, "forget-2", 0.125));
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    RunFolder all = folder("all");
    new Compare(
            all,
            List.of(folder("task-1"), folder("task-2")),
            Optional.empty(),
            new PrintStream(printed, true, StandardCharsets.UTF_8))
        .execute();
    JsonNode compared =
        all.files().readJson(new org.apache.hadoop.fs.Path(all.report(), "compare.json"));
    assertThat(compared.at("/answers/1/sets/forget-1/rouge_l_recall").asDouble()).isEqualTo(0.75);
    assertThat(compared.at("/answers/1/sets/forget-1/forget_efficacy").asDouble()).isEqualTo(0.5);
    assertThat(compared.at("/answers/1/summaries/model_utility").isNull()).isTrue();
    assertThat(
            printed
                .toString(StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.replaceAll(" +", " ").trim()))
        .containsSubsequence(
            "rouge l recall forget-1 forget-2 a-kept-one",
            "task-1 0.2500 - 0.5000",
            "task-2 0.7500 0.1250 -",
            "forget efficacy forget-1 forget-2 a-kept-one",
            "task-2 0.5000 0.5000 -");
  }

  private void answer(String name, Map<String, Double> recalls) {
    org.apache.hadoop.fs.Path file =
        new org.apache.hadoop.fs.Path(folder(name).report(), "report.json");
    ObjectNode report = (ObjectNode) folder(name).files().readJson(file);
    ObjectNode answers = report.putObject("answers");
    for (String set : recalls.keySet().stream().sorted().toList()) {
      ObjectNode own = answers.withArray("/sets").addObject();
      own.put("model", "unlearned").put("set", set);
      own.put("use", set.startsWith("forget") ? "FORGET" : "RETAIN");
      own.withArray("/figures")
          .addObject()
          .put("name", "rouge_l_recall")
          .put("value", recalls.get(set));
      answers
          .withArray("/summaries")
          .addObject()
          .put("model", "unlearned")
          .put("set", set)
          .put("name", "forget_efficacy")
          .put("value", 0.5);
    }
    answers.withArray("/sets").addObject().put("model", "original").put("set", "forget-1");
    answers
        .withArray("/summaries")
        .addObject()
        .put("model", "unlearned")
        .put("name", "model_utility")
        .putNull("value");
    folder(name).files().writeJson(file, report);
  }

  private static Map<String, Object> damage(double rise) {
    return Double.isFinite(rise)
        ? Map.of("model", "unlearned", "split", "retain", "rise", rise)
        : Map.of("model", "unlearned", "split", "retain"); // null in the file
  }

  private static Map<String, Object> score(String model, String split, double nll) {
    return Map.of("model", model, "split", split, "domain", "*", "nll", nll);
  }

  private RunFolder folder(String name) {
    return RunFolder.of(scratch.resolve(name).toString(), new Configuration());
  }
}
