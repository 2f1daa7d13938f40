package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.evaluate.RobustnessScores.Paraphrased;
import lethe.folder.RunFolder;
import lethe.inference.ComputeSettings;
import lethe.inference.ModelKey;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents in other words, with a tokenizer that has a word for each token. */
class ParaphrasesTest {
  private static final int LONGEST = 40;

  @TempDir Path scratch;

  @Test
  void textsBecomeChunksOfTheirDocument() throws IOException {
    Path file =
        lines(
            line("a1", null, words(tokens(1, 95))), // 40, 40 and 15
            line("b1", "d", words(tokens(2, 41))), // of 40 tokens and one, which predicts nothing
            line("b1", null, words(tokens(3, 2))));
    List<Row> found =
        paraphrases(file)
            .chunks(LocalSpark.SESSION, unlearnedOn(), List.of(), key())
            .collectAsList();
    assertThat(found.stream().filter(r -> r.getString(2).equals("a1")).map(ParaphrasesTest::ids))
        .containsExactly(
            Arrays.copyOfRange(tokens(1, 95), 0, 40),
            Arrays.copyOfRange(tokens(1, 95), 40, 80),
            Arrays.copyOfRange(tokens(1, 95), 80, 95));
    assertThat(found.stream().filter(r -> r.getString(2).equals("b1")).map(ParaphrasesTest::ids))
        .containsExactlyInAnyOrder(Arrays.copyOf(tokens(2, 41), 40), tokens(3, 2));
    assertThat(found)
        .extracting(r -> r.getString(0) + " " + r.getString(1) + " " + r.getString(2))
        .containsOnly("forget d a1", "approximate d b1");
    assertThat(found.stream().map(r -> r.getString(2) + r.getInt(3)))
        .as("places in their documents")
        .doesNotHaveDuplicates();
  }

  @Test
  void eachChunkBeginsAsThoseOfTheCorpusDo() throws IOException {
    Path file = lines(line("a1", null, words(tokens(1, 50))), line("a1", null, "w7"));
    List<Row> found =
        paraphrases(file)
            .chunks(LocalSpark.SESSION, unlearnedOn(), List.of(31, 30), key())
            .collectAsList();
    assertThat(found.stream().map(ParaphrasesTest::ids).map(Arrays::toString))
        .containsExactlyInAnyOrder(
            Arrays.toString(after(Arrays.copyOf(tokens(1, 50), 38))),
            Arrays.toString(after(Arrays.copyOfRange(tokens(1, 50), 38, 50))),
            "[31, 30, 7]");
  }

  private static int[] after(int[] tokens) {
    return IntStream.concat(IntStream.of(31, 30), Arrays.stream(tokens)).toArray();
  }

  @Test
  void anIdOfTwoDocumentsNeedsItsDomain() throws IOException {
    Dataset<Row> twice =
        unlearnedOn()
            .union(
                SharedCorpus.dataset(
                    List.of(SharedCorpus.chunk("approximate", "e", "a1", 0, tokens(14, 9)))));
    Path without = lines(line("a1", null, "w1 w2"));
    assertThatThrownBy(
            () -> paraphrases(without).chunks(LocalSpark.SESSION, twice, List.of(), key()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("have the documents a1; write the domain into their lines");
    Path with = lines(line("a1", "e", "w1 w2"));
    assertThat(
            paraphrases(with).chunks(LocalSpark.SESSION, twice, List.of(), key()).collectAsList())
        .singleElement()
        .matches(row -> row.getString(0).equals("approximate") && row.getString(1).equals("e"));
  }

  /** The other words of these documents are their own, so their losses are known. */
  @Test
  void theCheckComparesWithUnseenTextOrWithTheRetrainedModel() throws IOException {
    Path file =
        lines(
            line("a1", null, words(tokens(10, LONGEST))),
            line("b1", null, words(tokens(11, 20))),
            line("b2", null, words(tokens(12, LONGEST))));
    Map<String, ModelSource> models = new LinkedHashMap<>();
    models.put("original", model("original", 1));
    models.put("unlearned", model("unlearned", 2));
    Evaluation evaluation = evaluate(models);
    Robustness.Check check = check(file, models);
    double unseen =
        (19 * nll(evaluation, "original", "b1") + 39 * nll(evaluation, "original", "b2")) / 58;
    double forget = nll(evaluation, "unlearned", "a1");
    assertThat(check.value()).isCloseTo(unseen - forget, within(1e-6));
    assertThat(check.passed()).isEqualTo(unseen - forget <= 0.05);
    assertThat(check.finding())
        .startsWith("in other words, the documents to forget have a loss of %.3f".formatted(forget))
        .contains(", unseen ones by the original %.3f: it is lower by ".formatted(unseen));
    assertThat(figures())
        .extracting(p -> p.model() + " " + p.split() + " " + p.domain() + " " + p.tokens())
        .containsExactlyInAnyOrder(
            "original forget * 39",
            "original forget d 39",
            "original approximate * 58",
            "original approximate d 58",
            "unlearned forget * 39",
            "unlearned forget d 39",
            "unlearned approximate * 58",
            "unlearned approximate d 58");

    models.put("retrained", model("retrained", 3));
    Evaluation again = evaluate(models);
    assertThat(check(file, models).value())
        .isCloseTo(nll(again, "retrained", "a1") - forget, within(1e-6));
  }

  @Test
  void withoutTextsOfBothSplitsNothingIsMeasured() throws IOException {
    Map<String, ModelSource> models = new LinkedHashMap<>();
    models.put("original", model("original", 1));
    models.put("unlearned", model("unlearned", 2));
    evaluate(models);
    Robustness.Check check = check(lines(line("a1", null, "w1 w2 w3")), models);
    assertThat(check.passed()).isFalse();
    assertThat(check.value()).isNull();
    assertThat(check.finding()).startsWith("it could not be measured: ");
  }

  @Test
  void aFileThatCannotBeUsedIsRefusedByLineOrDocument() throws IOException {
    refused("line 2 of p.jsonl has no text", line("a1", null, "w1 w2"), "{\"document\": \"a1\"}");
    refused("line 1 of p.jsonl has no document", "{\"text\": \"w1\"}");
    refused("line 1 of p.jsonl is not JSON", "w1");
    refused("it has no text; a line must be a JSON object with document", "");
    assertThatThrownBy(() -> paraphrases(scratch.resolve("none.jsonl")).check())
        .hasMessageContaining("there is no such file");
    Path unknown = lines(line("zz", null, "w1 w2"), line("a1", "other", "w1 w2"));
    paraphrases(unknown).check();
    assertThatThrownBy(
            () -> paraphrases(unknown).chunks(LocalSpark.SESSION, unlearnedOn(), List.of(), key()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("in neither forget nor approximate: a1, zz; leave their lines out");
  }

  private void refused(String message, String... lines) throws IOException {
    Path file = lines(lines);
    assertThatThrownBy(() -> paraphrases(file).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot use evaluate.robustness.paraphrases (" + file + "): ")
        .hasMessageContaining(message);
  }

  private Evaluation evaluate(Map<String, ModelSource> models) {
    return new Evaluate(
            LocalSpark.SESSION,
            settings(null),
            folder(),
            corpus(),
            "chunks",
            models,
            new RecordingProgress())
        .execute();
  }

  private Robustness.Check check(Path file, Map<String, ModelSource> models) {
    EvaluateSettings settings = settings(file.toString());
    return new CheckRobustness(
            LocalSpark.SESSION,
            settings,
            folder(),
            corpus(),
            List.of(),
            new RobustnessScores.Asked(
                "chunks", Map.of(), 2, settings.robustness(), paraphrases(file).sha256()),
            models,
            List.of(),
            new RecordingProgress())
        .execute()
        .checks()
        .get(0);
  }

  private List<Paraphrased> figures() {
    return lethe.folder.Files.record(
            folder().robustnessScores(),
            folder().files().readJson(folder().robustnessScores()),
            RobustnessScores.class,
            "")
        .paraphrased();
  }

  private static EvaluateSettings settings(String paraphrases) {
    return SmallEvaluation.settings(
        2,
        new RobustnessSettings(
            List.of(),
            List.of(),
            List.of(),
            paraphrases,
            1,
            new RobustnessSettings.Limits(0.05, 1)));
  }

  /** Mean loss of a document by the scores of its chunk. */
  private double nll(Evaluation evaluation, String model, String document) {
    Evaluation.Model scored =
        evaluation.models().stream().filter(m -> m.name().equals(model)).findFirst().orElseThrow();
    Row row =
        Evaluate.read(LocalSpark.SESSION, folder(), scored)
            .filter("document = '" + document + "'")
            .first();
    return row.<Double>getAs("nll") / row.<Integer>getAs("tokens");
  }

  private RunFolder folder() {
    return RunFolder.of(scratch.resolve("run").toString(), new Configuration());
  }

  private Paraphrases paraphrases(Path file) {
    return new Paraphrases(file.toString(), folder().files());
  }

  private ModelKey key() throws IOException {
    return ModelKey.of(model("tokens", 4), ComputeSettings.cpu(1));
  }

  private ModelSource model(String name, long seed) throws IOException {
    Path folder = scratch.resolve(name);
    ModelSource model = TinyLlama.write(folder, seed);
    String words =
        IntStream.range(0, TinyLlama.VOCABULARY)
            .mapToObj(i -> "\"w%d\": %d".formatted(i, i))
            .collect(Collectors.joining(", "));
    Files.writeString(
        Path.of(model.path().replaceFirst("^file:", "")).resolve("tokenizer.json"),
        """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
         "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
         "model": {"type": "WordLevel", "vocab": {%s}, "unk_token": "w0"}}
        """
            .formatted(words));
    return model;
  }

  private static Dataset<Row> corpus() {
    List<Row> rows = new ArrayList<>();
    rows.add(SharedCorpus.chunk("forget", "d", "a1", 0, tokens(10, LONGEST)));
    rows.add(SharedCorpus.chunk("approximate", "d", "b1", 0, tokens(11, 20)));
    rows.add(SharedCorpus.chunk("approximate", "d", "b2", 0, tokens(12, LONGEST)));
    rows.add(SharedCorpus.chunk("retain", "d", "c", 0, tokens(13, 60)));
    return SharedCorpus.dataset(rows);
  }

  /** The splits that are checked; a chunk of another one is longer than theirs. */
  private static Dataset<Row> unlearnedOn() {
    return corpus().filter("split IN ('forget', 'approximate')");
  }

  private static int[] tokens(long seed, int count) {
    return new Random(seed).ints(count, 0, TinyLlama.VOCABULARY).toArray();
  }

  private static String words(int[] tokens) {
    return Arrays.stream(tokens).mapToObj(t -> "w" + t).collect(Collectors.joining(" "));
  }

  private static int[] ids(Row chunk) {
    return chunk.<Integer>getList(4).stream().mapToInt(Integer::intValue).toArray();
  }

  private static String line(String document, String domain, String text) {
    return domain == null
        ? "{\"document\": \"%s\", \"text\": \"%s\"}".formatted(document, text)
        : "{\"document\": \"%s\", \"domain\": \"%s\", \"text\": \"%s\"}"
            .formatted(document, domain, text);
  }

  private Path lines(String... lines) throws IOException {
    return Files.write(scratch.resolve("p.jsonl"), List.of(lines));
  }
}
