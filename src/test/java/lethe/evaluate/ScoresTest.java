package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.corpus.token.Chunks;
import lethe.evaluate.metric.MinK;
import lethe.evaluate.metric.RocCurve;
import lethe.evaluate.metric.RocCurve.Point;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Graph;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scores of a model of some thousand weights, beside what its own logits say. */
class ScoresTest {
  @TempDir Path temp;

  private ModelSource model;
  private final RecordingProgress told = new RecordingProgress();

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyLlama.write(temp.resolve("tiny"), 1);
  }

  @Test
  void ofAQuestionOnlyTheAnswerIsScoredAndRequestsAreToldWhatBecameOfThem() {
    List<Row> chunks = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      chunks.add(chunk("d" + i, i, i % 3 == 0 ? null : i));
    }
    RunFolder folder = folder("answers");
    writeRequests(folder);
    Evaluation evaluation = evaluate(folder, chunks, 4, Map.of("original", model));
    double nll = 0;
    long tokens = 0;
    for (Row row :
        LocalSpark.SESSION.read().parquet(folder.scores("original").toString()).collectAsList()) {
      Row chunk =
          chunks.stream()
              .filter(c -> c.getString(2).equals(row.<String>getAs("document")))
              .findFirst()
              .orElseThrow();
      assertThat(row.<Integer>getAs("tokens")).isEqualTo(scored(chunk));
      assertThat(row.<Double>getAs("nll")).isCloseTo(sum(chunk), within(1e-4));
      nll += sum(chunk);
      tokens += scored(chunk);
    }
    assertThat(evaluation.scores().get(0).tokens()).isEqualTo(tokens);
    assertThat(evaluation.scores().get(0).nll()).isCloseTo(nll / tokens, within(1e-5));
    assertThat(told.done).contains(6L);
    assertThat(told.tokens).isEqualTo(chunks.stream().mapToLong(c -> ids(c).length).sum());

    List<RequestScore> requests = evaluation.requests();
    assertThat(requests).extracting(RequestScore::request).containsExactly("r1", "r2");
    long both = scored(chunks.get(0)) + (long) scored(chunks.get(2));
    assertThat(requests.get(0).documents()).isEqualTo(2);
    assertThat(requests.get(0).tokens()).isEqualTo(both);
    assertThat(requests.get(0).nll().get("original"))
        .isCloseTo((sum(chunks.get(0)) + sum(chunks.get(2))) / both, within(1e-5));
    assertThat(requests.get(0).unmet()).containsExactly("url v: no document has it");
    assertThat(requests.get(1).tokens()).isEqualTo(scored(chunks.get(0)));
    assertThat(requests.get(1).unmet()).isEmpty();
    assertThat(requests.get(1).outcome()).as("nothing was unlearned").isNull();
    assertThat(evaluation.documents())
        .extracting(d -> d.document() + " " + d.requests())
        .containsExactly("d0 [r1, r2]", "d1 []", "d2 [r1]", "d3 []", "d4 []", "d5 []");
  }

  private static void writeRequests(RunFolder folder) {
    StructType schema = new StructType();
    for (String column : List.of("split", "request", "by", "key", "domain", "document", "reason")) {
      schema = schema.add(column, "string");
    }
    LocalSpark.SESSION
        .createDataFrame(
            List.of(
                RowFactory.create("forget", "r2", "document", "d0", "d", "d0", null),
                RowFactory.create("forget", "r1", "document", "d0", "d", "d0", null),
                RowFactory.create("forget", "r1", "url", "u", "d", "d2", null),
                RowFactory.create("forget", "r1", "url", "v", null, null, "no document has it"),
                RowFactory.create("retain", "r3", "document", "d1", "d", "d1", null)),
            schema)
        .write()
        .parquet(folder.requests().toString());
  }

  private static int from(Row chunk) {
    return chunk.isNullAt(7) ? 1 : chunk.getInt(7);
  }

  private static int scored(Row chunk) {
    return ids(chunk).length - from(chunk);
  }

  private static double sum(Row chunk) {
    return Arrays.stream(nll(ids(chunk)), from(chunk), ids(chunk).length).sum();
  }

  @Test
  void anAnswerThatIsEmptyIsRefused() {
    Row empty = RowFactory.create("forget", "d", "a", 0, 0, 0, new Integer[] {1, 2, 3}, 3);
    assertThatThrownBy(
            () -> evaluate(folder("empty"), List.of(empty), 1, Map.of("original", model)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("no token to predict after its first or its prompt");
  }

  @Test
  void scoresThatStandAreNotMadeAgainUnlessTheModelIsAnother() throws IOException {
    List<Row> chunks = IntStream.range(0, 5).mapToObj(i -> chunk("d" + i, i, null)).toList();
    RunFolder folder = folder("again");
    Map<String, ModelSource> two = new LinkedHashMap<>();
    two.put("original", model);
    two.put("other", TinyLlama.write(temp.resolve("other"), 2));
    Evaluation first = evaluate(folder, chunks, 2, two);
    assertThat(told.reused).isEmpty();
    assertThat(first.models())
        .extracting(Evaluation.Model::name)
        .containsExactly("original", "other");
    assertThat(first.scores().get(0).nll()).isNotEqualTo(first.scores().get(2).nll());

    two.put("original", TinyLlama.write(temp.resolve("tiny"), 3)); // in the same folder
    Evaluation second = evaluate(folder, chunks, 2, two);
    assertThat(told.reused).containsExactly("other");
    assertThat(second.models().get(1)).isEqualTo(first.models().get(1)); // part names are random
    assertThat(second.scores().subList(2, 4)).isEqualTo(first.scores().subList(2, 4));
    assertThat(second.scores().get(0).nll()).isNotEqualTo(first.scores().get(0).nll());
  }

  @Test
  void scoresOfWhichAPartIsGoneOrDamagedAreMadeAgain() throws IOException {
    List<Row> chunks = IntStream.range(0, 5).mapToObj(i -> chunk("d" + i, i, null)).toList();
    RunFolder folder = folder("damaged");
    Map<String, ModelSource> one = Map.of("original", model);
    Evaluation first = evaluate(folder, chunks, 2, one);
    java.nio.file.Files.delete(temp.resolve("damaged/" + first.models().get(0).parts().get(0)));
    Evaluation second = evaluate(folder, chunks, 2, one);
    assertThat(told.reused).isEmpty();
    assertThat(second.scores()).isEqualTo(first.scores());

    Path part = temp.resolve("damaged/" + second.models().get(0).parts().get(0));
    byte[] bytes = java.nio.file.Files.readAllBytes(part);
    bytes[bytes.length / 2] ^= 1;
    java.nio.file.Files.write(part, bytes);
    assertThat(evaluate(folder, chunks, 2, one).scores()).isEqualTo(first.scores());
    assertThat(told.reused).isEmpty();
    evaluate(folder, chunks, 2, one);
    assertThat(told.reused).containsExactly("original");
  }

  @Test
  void sumsHaveTheSameBitsHoweverTheScoresLieInFiles() {
    List<Row> rows = new ArrayList<>();
    Random random = new Random(4);
    for (int i = 0; i < 600; i++) {
      double nll = Math.exp(12 * random.nextDouble());
      String split = i % 3 == 0 ? "forget" : "approximate";
      rows.add(score(split, "d" + i % 2, "x" + i % 7, i, 1 + i % 5, nll, 40));
    }
    List<Row> other = new ArrayList<>(rows);
    Collections.shuffle(other, new Random(5));
    assertThat(sums(other, 7)).isEqualTo(sums(rows, 1));
  }

  private static String sums(List<Row> rows, int partitions) {
    Dataset<Row> scores = scores(rows).repartition(partitions);
    List<DocumentScore> documents = DocumentScore.of(scores);
    return Files.json(
        List.of(
            SplitScores.of("m", documents, 42),
            MemoryScore.of("m", scores, documents),
            Membership.of("m", scores).scores(Optional.empty()),
            Histogram.of("m", scores)));
  }

  /** The mean of the chunks' mean losses is (1 + 3) / 2, whatever their length. */
  @Test
  void everyChunkWeighsTheSame() {
    List<Row> rows =
        List.of(
            score("forget", "easy", "a", 0, 10, 10, 40), score("forget", "hard", "b", 0, 2, 6, 40));
    List<ChunkScore> found = ChunkScore.of("m", scores(rows).repartition(2));
    assertThat(found)
        .extracting(ChunkScore::domain, ChunkScore::chunks)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple("*", 2L),
            org.assertj.core.api.Assertions.tuple("easy", 1L),
            org.assertj.core.api.Assertions.tuple("hard", 1L));
    for (int i = 0; i < MinK.PERCENTS.size(); i++) {
      assertThat(found.get(0).lowest().get(i).percent()).isEqualTo(MinK.PERCENTS.get(i));
      assertThat(found.get(0).lowest().get(i).perplexity()).isEqualTo(Math.exp(2));
      assertThat(found.get(2).lowest().get(i).perplexity()).isEqualTo(Math.exp(3));
    }
  }

  @Test
  void domainsAreNotTakenForMembership() {
    // The losses of a domain say nothing: both splits have the same. But forget has ten times as
    // much of the easy domain, approximate of the hard one.
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 900; i++) {
      String small = i % 9 == 0 ? "hard" : "easy";
      String large = i % 9 == 0 ? "easy" : "hard";
      rows.add(score("forget", small, "f" + i, 0, 1, loss(small, i), 40));
      rows.add(score("approximate", large, "a" + i, 0, 1, loss(large, i), 40));
    }
    List<MembershipScore> found = Membership.of("m", scores(rows)).scores(Optional.empty());
    assertThat(found).extracting(MembershipScore::domain).startsWith("*").contains("easy", "hard");
    for (MembershipScore score : found) {
      assertThat(score.auc()).as(score.toString()).isCloseTo(0.5, within(0.02));
      assertThat(score.interval().low()).isLessThan(0.5);
      assertThat(score.interval().high()).isGreaterThan(0.5);
      assertThat(score.inside()).isBetween(0.9, 1.0);
      double share =
          score.domain().equals("*") ? 1 : score.domain().equals("easy") ? 8 / 9.0 : 1 / 9.0;
      assertThat(score.weight()).isCloseTo(share, within(1e-12));
      assertThat(score.leakage())
          .isCloseTo(100 * ((1 - score.auc()) - 0.5) / 0.5, within(1e-9)); // no retrained model
      assertThat(score.balancedAccuracy()).isBetween(0.5, 0.55);
    }
    assertThat(found.get(0).members()).isEqualTo(900);
    assertThat(found.get(0).roc()).startsWith(new Point(0, 0)).endsWith(new Point(1, 1));
    double pooled =
        new RocCurve(likelihoods(rows, "forget"), likelihoods(rows, "approximate")).auc();
    assertThat(pooled).isGreaterThan(0.85); // what is wrong with a pool
  }

  private static double loss(String domain, int i) {
    return (domain.equals("easy") ? 2 : 5) + 0.01 * (i * 37 % 100);
  }

  private static double[] likelihoods(List<Row> rows, String split) {
    return rows.stream()
        .filter(r -> r.getString(0).equals(split))
        .mapToDouble(r -> -r.getDouble(5))
        .toArray();
  }

  @Test
  void theZlibScoreIsTheMeanLossOverTheBytes() {
    // A member of 3 nats a token and 48 bytes, 0.0625; another text of 2 nats and 40 bytes, 0.05.
    // By the sum over the bytes the member, of one token, would seem the better known.
    List<Row> rows =
        List.of(
            score("forget", "d", "f", 0, 1, 3, 48), score("approximate", "d", "a", 0, 10, 20, 40));
    MembershipScore zlib =
        Membership.of("m", scores(rows)).scores(Optional.empty()).stream()
            .filter(s -> s.score().equals("zlib") && s.domain().equals("*"))
            .findFirst()
            .orElseThrow();
    assertThat(zlib.auc()).isZero(); // the member is the less known
  }

  @Test
  void membershipStandsBesideTheRetrainedModels() {
    List<Row> rows =
        List.of(
            score("forget", "d", "f", 0, 1, 3, 48), score("approximate", "d", "a", 0, 1, 2, 40));
    Membership retrained = Membership.of("retrained", scores(rows));
    assertThat(Membership.of("unlearned", scores(rows)).scores(Optional.of(retrained)))
        .isNotEmpty()
        .allSatisfy(s -> assertThat(s.retrainedAuc()).isEqualTo(s.auc()))
        .allSatisfy(s -> assertThat(s.excess()).isZero());
    assertThat(retrained.scores(Optional.empty()))
        .allSatisfy(s -> assertThat(s.retrainedAuc()).isNull())
        .allSatisfy(s -> assertThat(s.excess()).isEqualTo(s.auc() - 0.5));
  }

  @Test
  void aDifferenceFromTheRetrainedModelIsSurerThanEitherArea() {
    // Both find the same documents hard, and one of them likes all members a little less.
    List<Row> retrained = new ArrayList<>();
    List<Row> unlearned = new ArrayList<>();
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      double hard = 3 + random.nextGaussian();
      String split = i % 2 == 0 ? "forget" : "approximate";
      retrained.add(score(split, "d", "x" + i, 0, 1, hard, 40));
      double more = i % 2 == 0 ? 0.1 : 0;
      unlearned.add(score(split, "d", "x" + i, 0, 1, hard + more, 40));
    }
    Membership goal = Membership.of("retrained", scores(retrained));
    MembershipScore loss =
        Membership.of("unlearned", scores(unlearned)).scores(Optional.of(goal)).get(0);
    assertThat(loss.score()).isEqualTo("loss");
    assertThat(loss.excess()).isNegative();
    assertThat(loss.excessInterval().high()).isNegative();
    double wide = loss.interval().high() - loss.interval().low();
    assertThat(loss.excessInterval().high() - loss.excessInterval().low()).isLessThan(wide / 3);
    assertThat(loss.interval().low()).isLessThan(loss.auc());
  }

  @Test
  void histogramsOfAllDomainsAreWeighedLikeForget() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 90; i++) {
      String small = i % 9 == 0 ? "hard" : "easy";
      String large = i % 9 == 0 ? "easy" : "hard";
      rows.add(score("forget", small, "f" + i, 0, 1, small.equals("easy") ? 2 : 5, 40));
      rows.add(score("approximate", large, "a" + i, 0, 1, large.equals("easy") ? 2 : 5, 40));
      rows.add(score("holdout", "other", "h" + i, 0, 1, 2, 40));
    }
    rows.add(score("forget", "lonely", "l", 0, 1, 9, 40)); // no unseen text: left out
    List<Histogram> found = Histogram.of("m", scores(rows));
    Histogram forget = histogram(found, "forget", "*");
    Histogram approximate = histogram(found, "approximate", "*");
    assertThat(forget.shares()).isEqualTo(approximate.shares());
    assertThat(forget.shares().get(8)).isCloseTo(80 / 90.0, within(1e-12));
    assertThat(forget.chunks()).isNotEqualTo(approximate.chunks());
    assertThat(histogram(found, "forget", "lonely").chunks().get(36)).isEqualTo(1);
    assertThat(histogram(found, "forget", "hard").shares().get(20)).isEqualTo(1);
    assertThat(histogram(found, "holdout", "*").shares()).isEmpty();
  }

  private static Histogram histogram(List<Histogram> all, String split, String domain) {
    return all.stream()
        .filter(h -> h.split().equals(split) && h.domain().equals(domain))
        .findFirst()
        .orElseThrow();
  }

  private static Dataset<Row> scores(List<Row> rows) {
    return LocalSpark.SESSION.createDataFrame(rows, Scores.SCHEMA);
  }

  private static Row score(
      String split, String domain, String document, int ordinal, int tokens, double nll, int zlib) {
    Double[] likelihoods = new Double[MinK.PERCENTS.size()];
    Arrays.fill(likelihoods, -nll / tokens);
    return RowFactory.create(
        split,
        domain,
        document,
        ordinal,
        tokens,
        nll,
        nll, // of the entropy
        0,
        likelihoods,
        likelihoods,
        likelihoods,
        zlib,
        0,
        0,
        nll / 3e5);
  }

  @Test
  void anEvaluationSaysWhatWasAskedFor() throws IOException {
    Path file = temp.resolve("task.jsonl");
    java.nio.file.Files.writeString(file, "{}\n");
    RunFolder folder = folder("asked");
    evaluate(folder, List.of(chunk("d", 1, null)), 2, Map.of("original", model));
    JsonNode asked = folder.files().readJson(folder.evaluation()).get("asked");
    assertThat(asked.get("chunks_sha256").asText()).isEqualTo("chunks");
    assertThat(asked.at("/models/original").asText()).isEqualTo(model.path());
    assertThat(asked.get("precision").asText()).isEqualTo("float32");
    assertThat(asked.get("micro_batch").asInt()).isEqualTo(2);
    assertThat(asked.get("band").asDouble()).isEqualTo(0.15);
    assertThat(asked.get("tasks")).isEmpty();
    assertThat(asked(settings(2, List.of()), folder).answered(folder)).isTrue();
    assertThat(asked(settings(4, List.of()), folder).answered(folder)).isFalse();
    MultipleChoiceTask later = new MultipleChoiceTask("t", file.toString());
    assertThat(asked(settings(2, List.of(later)), folder).answered(folder)).isFalse();
    assertThat(asked(settings(2, List.of()), folder).answered(folder("none"))).isFalse();
    Evaluation.Asked before = asked(settings(2, List.of(later)), folder);
    java.nio.file.Files.writeString(file, "[]\n");
    assertThat(asked(settings(2, List.of(later)), folder)).as("questions").isNotEqualTo(before);
    java.nio.file.Files.writeString(file, "{}\n");
    // sha256sum of the file
    assertThat(new TaskFile(new MultipleChoiceTask("t", file.toString()), folder.files()).sha256())
        .isEqualTo("ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356");
    java.nio.file.Files.writeString(temp.resolve("task2.jsonl"), "{}\n");
    String two =
        new TaskFile(
                new MultipleChoiceTask("t", temp.resolve("task*.jsonl").toString()), folder.files())
            .sha256();
    java.nio.file.Files.writeString(temp.resolve("task2.jsonl"), "[]\n");
    assertThat(
            new TaskFile(
                    new MultipleChoiceTask("t", temp.resolve("task*.jsonl").toString()),
                    folder.files())
                .sha256())
        .isNotEqualTo(two);
    assertThatThrownBy(
            () ->
                new TaskFile(new MultipleChoiceTask("t", temp + "/none.jsonl"), folder.files())
                    .sha256())
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("Cannot ask task t (" + temp + "/none.jsonl): there is no such file");
  }

  @Test
  void aRetrainedModelMayBeNamedOnce() {
    Settings one = Settings.of(List.of("evaluate.models.retrained=/models/r"));
    assertThat(EvaluateSettings.read(one.root()).models()).containsEntry("retrained", "/models/r");
    Settings two =
        Settings.of(List.of("evaluate.models.retrained=/models/r", "evaluate.retrain=true"));
    EvaluateSettings.read(two.root());
    assertThatThrownBy(two::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "evaluate.models.retrained and evaluate.retrain=true each name the retrained model");
    Settings key = Settings.of(List.of("evaluate.retrained=/models/r"));
    assertThat(EvaluateSettings.read(key.root()).models())
        .containsExactly(Map.entry("retrained", "/models/r"));
    Settings twice =
        Settings.of(List.of("evaluate.retrained=/models/r", "evaluate.models.retrained=/models/s"));
    EvaluateSettings.read(twice.root());
    assertThatThrownBy(twice::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "evaluate.retrained and evaluate.models.retrained name the same model: leave one of them out");
    Settings alone = Settings.of(List.of("evaluate.retrained-again=/models/r"));
    EvaluateSettings.read(alone.root());
    assertThatThrownBy(alone::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "evaluate.retrained-again is compared with a retrained model, and there is none: name one in evaluate.retrained, or set evaluate.retrain=true");
    Settings three = Settings.of(List.of("evaluate.models.unlearned=/models/r"));
    EvaluateSettings.read(three.root());
    assertThatThrownBy(three::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("none of original, unlearned");
  }

  @Test
  void whatWasAskedForAndScoredIsWrittenWithoutCredentials() {
    ModelSource secret = new ModelSource("s3a://key:secret@bucket/m", Map.of());
    Evaluation.Asked asked =
        Evaluation.Asked.of(
            settings(1, List.of()), Map.of("original", secret), "chunks", folder("asked").files());
    assertThat(asked.models()).containsExactly(Map.entry("original", "s3a://(hidden)@bucket/m"));
    assertThat(
            new Evaluation.AskedTask("quiz", "s3a://key:secret@bucket/q.jsonl", "ab", null).path())
        .isEqualTo("s3a://(hidden)@bucket/q.jsonl");
    assertThat(new Evaluation.Model("original", secret.path(), "ab", 1, List.of()).path())
        .isEqualTo("s3a://(hidden)@bucket/m");
  }

  private RunFolder folder(String name) {
    return RunFolder.of(temp.resolve(name).toString(), new Configuration());
  }

  private Evaluation evaluate(
      RunFolder folder, List<Row> chunks, int microBatch, Map<String, ModelSource> models) {
    Dataset<Row> dataset = LocalSpark.SESSION.createDataFrame(chunks, Chunks.SCHEMA);
    EvaluateSettings settings = settings(microBatch, List.of());
    return new Evaluate(LocalSpark.SESSION, settings, folder, dataset, "chunks", models, told)
        .execute();
  }

  private Evaluation.Asked asked(EvaluateSettings settings, RunFolder folder) {
    return Evaluation.Asked.of(settings, Map.of("original", model), "chunks", folder.files());
  }

  private static EvaluateSettings settings(int microBatch, List<MultipleChoiceTask> tasks) {
    return SmallEvaluation.settings(
        microBatch, RobustnessSettings.NONE, tasks.toArray(MultipleChoiceTask[]::new));
  }

  private static Row chunk(String document, int seed, Integer prompt) {
    Random random = new Random(seed);
    Integer[] tokens =
        random
            .ints(8 + random.nextInt(20), 0, TinyLlama.VOCABULARY)
            .boxed()
            .toArray(Integer[]::new);
    return RowFactory.create("forget", "d", document, 0, 0, 0, tokens, prompt);
  }

  private static int[] ids(Row chunk) {
    return Arrays.stream((Integer[]) chunk.get(6)).mapToInt(Integer::intValue).toArray();
  }

  /** Of each token given those before it, nats; the first has none. */
  private static double[] nll(int[] tokens) {
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, 1);
        NDManager manager = network.newManager()) {
      float[] logP =
          Graph.withoutGraph(
                  () -> {
                    NDArray idsBT =
                        manager.create(new int[][] {tokens}).toType(DataType.INT64, false);
                    return network
                        .logits(network.hidden(idsBT, weights).squeeze(0), weights)
                        .logSoftmax(-1);
                  })
              .toFloatArray();
      double[] nll = new double[tokens.length];
      for (int t = 1; t < tokens.length; t++) {
        nll[t] = -logP[(t - 1) * TinyLlama.VOCABULARY + tokens[t]];
      }
      return nll;
    }
  }
}
