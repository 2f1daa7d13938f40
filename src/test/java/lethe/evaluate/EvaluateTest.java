package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import lethe.LocalSpark;
import lethe.SharedData;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateTest {
  private static final Percentage TENTH_OF_A_PERCENT = Percentage.withPercentage(0.1);

  @TempDir Path scratch;

  @Test
  void scoresAreThoseOfTheReference() throws IOException {
    Optional<Path> shared = SharedData.find("");
    if (shared.isEmpty()) {
      return; // only where the checkout stands alone; SharedData has failed already under CI
    }
    List<Row> rows = new ArrayList<>(chunks(shared.get()));
    RunFolder folder = RunFolder.of(scratch.toString(), new Configuration());
    Evaluation evaluation =
        evaluate(folder, SharedCorpus.dataset(rows), model(shared.get(), "base-model"), 8);

    JsonNode reference = SharedCorpus.reference(shared.get()).get("documents");
    for (SplitScore score : evaluation.scores()) {
      Set<String> documents =
          rows.stream()
              .filter(r -> r.getString(0).equals(score.split()))
              .filter(r -> List.of("*", r.getString(1)).contains(score.domain()))
              .map(r -> r.getString(2))
              .collect(Collectors.toSet());
      double tokens = sum(reference, documents, "scored_tokens");
      double chunks = sum(reference, documents, "chunks");
      assertThat(score.documents()).isEqualTo(documents.size());
      assertThat((double) score.chunks()).isEqualTo(chunks);
      assertThat((double) score.tokens()).isEqualTo(tokens);
      double nll = sum(reference, documents, "nll_sum") / tokens;
      assertThat(score.nll()).as(score.toString()).isCloseTo(nll, TENTH_OF_A_PERCENT);
      assertThat(score.perplexity()).isEqualTo(Math.exp(score.nll()));
      assertThat(Math.log(score.macroPerplexity()))
          .isCloseTo(sum(reference, documents, "chunk_mean_nll_sum") / chunks, TENTH_OF_A_PERCENT);
      assertThat(score.accuracy())
          .isCloseTo(
              sum(reference, documents, "hits") / tokens,
              org.assertj.core.data.Offset.offset(2 / tokens)); // two near ties at most
    }
    assertThat(evaluation.scores()).hasSize(3 + 3);
    for (SplitScore score : evaluation.scores()) {
      assertThat(score.nll())
          .isBetween(score.intervals().nll().low(), score.intervals().nll().high());
    }
    for (int i = 0; i < evaluation.scores().size(); i++) {
      SplitScore score = evaluation.scores().get(i);
      ChunkScore means = evaluation.chunkScores().get(i);
      assertThat(means.split() + means.domain()).isEqualTo(score.split() + score.domain());
      assertThat(means.chunks()).isEqualTo(score.chunks());
      ChunkScore.Lowest all = means.lowest().get(9); // 100 %
      assertThat(all.perplexity())
          .isCloseTo(score.macroPerplexity(), Percentage.withPercentage(1e-9));
      assertThat(all.accuracy())
          .isCloseTo(means.accuracy(), org.assertj.core.data.Offset.offset(1e-12));
      assertThat(means.accuracy())
          .isCloseTo(score.accuracy(), org.assertj.core.data.Offset.offset(0.05));
      assertThat(means.lowest().get(0).accuracy()).isLessThan(means.accuracy());
    }
    assertThat(evaluation.membership()).hasSize(3 * 22);
    for (MembershipScore attack : evaluation.membership()) {
      assertThat(attack.auc()).as(attack.toString()).isGreaterThan(0.5); // it was trained on them
    }
    assertThat(evaluation.histograms())
        .extracting(h -> h.split() + " " + h.domain())
        .containsExactly(
            "approximate *",
            "approximate arxiv",
            "approximate github",
            "forget *",
            "forget arxiv",
            "forget github");
    for (Histogram histogram : evaluation.histograms()) {
      assertThat(histogram.chunks().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(
              rows.stream()
                  .filter(r -> r.getString(0).equals(histogram.split()))
                  .filter(r -> List.of("*", r.getString(1)).contains(histogram.domain()))
                  .count());
    }
    Row row = LocalSpark.SESSION.read().parquet(folder.scores("original").toString()).first();
    double likelihood = -row.<Double>getAs("nll") / row.<Integer>getAs("tokens");
    assertThat(row.<Double>getList(row.fieldIndex("min_k")).get(9))
        .isCloseTo(likelihood, Percentage.withPercentage(1e-9));
    assertThat(Evaluation.read(folder)).isEqualTo(evaluation);
  }

  @Test
  void orderPartitionsAndMicroBatchChangeNothing() {
    Optional<Path> shared = SharedData.find("");
    if (shared.isEmpty()) {
      return;
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      rows.add(SharedCorpus.chunk("forget", "d" + i % 2, "a", i, 1, 2 + i, 3, 4, 5, 6));
      rows.add(SharedCorpus.chunk("retain", "d0", "b", i, 9, 8, 7 + i));
    }
    List<Row> reversed = new ArrayList<>(rows);
    java.util.Collections.reverse(reversed);
    ModelSource model = model(shared.get(), "parity/llama");
    Evaluation first = evaluate(folder("one"), SharedCorpus.dataset(rows).repartition(1), model, 4);
    Evaluation second =
        evaluate(folder("two"), SharedCorpus.dataset(reversed).repartition(5), model, 4);
    Evaluation single = evaluate(folder("three"), SharedCorpus.dataset(rows), model, 1);
    assertThat(second.scores()).isEqualTo(first.scores());
    for (int i = 0; i < first.scores().size(); i++) {
      assertThat(single.scores().get(i).nll())
          .isCloseTo(first.scores().get(i).nll(), Percentage.withPercentage(1e-4));
    }
  }

  @Test
  void asksQuestionsAsTheLossWouldAnswer() throws IOException {
    Optional<Path> shared = SharedData.find("");
    if (shared.isEmpty()) {
      return;
    }
    Path file = scratch.resolve("task.jsonl");
    // The model was trained on Java and on English: the likely word is the right one.
    java.nio.file.Files.writeString(
        file,
        """
        {"query": "public static final int SIZE =", "choices": ["0;", "purple monkeys dishwasher"], "gold": 0}
        {"query": "import java.util. ", "choices": ["zebra crossing", "the", "qqq qqq qqq qqq"], "gold": 1}
        """);
    Dataset<Row> chunks =
        SharedCorpus.dataset(List.of(SharedCorpus.chunk("forget", "d", "a", 0, 1, 2, 3)));
    ModelSource model = model(shared.get(), "base-model");
    TaskScore score =
        evaluate(
                folder("tasks"), chunks, model, 1, new MultipleChoiceTask("words", file.toString()))
            .tasks()
            .get(0);
    assertThat(score.questions()).isEqualTo(2);
    assertThat(score.accuracy()).isEqualTo(1);

    java.nio.file.Files.writeString(
        file, "{\"query\": \"a\", \"choices\": [\"b\"], \"gold\": 0}\n");
    assertThatThrownBy(
            () ->
                evaluate(
                    folder("bad"),
                    chunks,
                    model,
                    1,
                    new MultipleChoiceTask("words", file.toString())))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("1 lines lack a query, two choices");
  }

  @Test
  void aModelIsNoDistanceFromItselfRetrained() {
    Optional<Path> shared = SharedData.find("");
    if (shared.isEmpty()) {
      return;
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      rows.add(SharedCorpus.chunk("forget", "d", "a" + i, 0, 1, 2 + i, 3, 4, 5, 6));
      rows.add(SharedCorpus.chunk("approximate", "d", "b" + i, 0, 9, 8, 7 + i));
    }
    Map<String, ModelSource> models = new java.util.LinkedHashMap<>();
    models.put("original", model(shared.get(), "parity/llama"));
    models.put("retrained", model(shared.get(), "parity/llama"));
    Evaluation evaluation =
        new Evaluate(
                LocalSpark.SESSION,
                settings(2),
                folder("truth"),
                SharedCorpus.dataset(rows),
                "chunks",
                models,
                new RecordingProgress())
            .execute();
    DistanceToRetrained truth = evaluation.truths().get(0);
    assertThat(truth.model()).isEqualTo("original");
    assertThat(truth.nll()).isEqualTo(truth.truth());
    assertThat(truth.chunks().distance()).isZero();
    assertThat(truth.divergence()).isCloseTo(0, org.assertj.core.data.Offset.offset(1e-6));
    Verdict verdict = evaluation.verdicts().get(0);
    assertThat(verdict.model()).isEqualTo("retrained");
    assertThat(evaluation.domainVerdicts())
        .extracting(DomainVerdict::model, DomainVerdict::domain)
        .containsExactly(tuple("retrained", "d"));
    assertThat(evaluation.memory()).hasSize(2 * 4);
  }

  @Test
  void refusesChunksTheModelCannotTake() {
    Optional<Path> shared = SharedData.find("");
    if (shared.isEmpty()) {
      return;
    }
    ModelSource model = model(shared.get(), "base-model");
    RunFolder folder = folder("refused");
    Dataset<Row> tooLong =
        SharedCorpus.dataset(List.of(SharedCorpus.chunk("forget", "d", "a", 0, new int[257])));
    assertThatThrownBy(() -> evaluate(folder, tooLong, model, 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("chunks have up to 257 tokens, its context is 256");
    Dataset<Row> strange =
        SharedCorpus.dataset(List.of(SharedCorpus.chunk("forget", "d", "a", 0, 1, 4096)));
    assertThatThrownBy(() -> evaluate(folder, strange, model, 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("token ids from 1 to 4096, its vocabulary is 4096");
    assertThatThrownBy(() -> evaluate(folder, SharedCorpus.dataset(List.of()), model, 1))
        .hasMessage("Cannot evaluate: the corpus has no chunk");
    assertThat(folder.files().exists(folder.evaluation())).isFalse();
  }

  private static List<Row> chunks(Path shared) throws IOException {
    List<Row> rows = new ArrayList<>(SharedCorpus.chunks(shared, "forget", "arxiv", 2, true));
    rows.addAll(SharedCorpus.chunks(shared, "forget", "github", 3, true));
    rows.addAll(SharedCorpus.chunks(shared, "approximate", "arxiv", 2, false));
    rows.addAll(SharedCorpus.chunks(shared, "approximate", "github", 3, false));
    return rows;
  }

  private RunFolder folder(String name) {
    return RunFolder.of(scratch.resolve(name).toString(), new Configuration());
  }

  private static ModelSource model(Path shared, String name) {
    return new ModelSource(shared.resolve(name).toString(), Map.of());
  }

  private static Evaluation evaluate(
      RunFolder folder,
      Dataset<Row> chunks,
      ModelSource model,
      int microBatch,
      MultipleChoiceTask... list) {
    return new Evaluate(
            LocalSpark.SESSION,
            settings(microBatch, list),
            folder,
            chunks,
            "chunks",
            Map.of("original", model),
            new RecordingProgress())
        .execute();
  }

  private static EvaluateSettings settings(int microBatch, MultipleChoiceTask... tasks) {
    return SmallEvaluation.settings(microBatch, RobustnessSettings.NONE, tasks);
  }

  private static double sum(JsonNode reference, Set<String> documents, String member) {
    return documents.stream().mapToDouble(d -> reference.get(d).get(member).asDouble()).sum();
  }
}
