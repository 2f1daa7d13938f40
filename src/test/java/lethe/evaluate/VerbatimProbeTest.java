package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import lethe.LocalSpark;
import lethe.SharedData;
import lethe.evaluate.metric.Rouge;
import lethe.folder.RunFolder;
import lethe.generation.GenerationSettings;
import lethe.generation.Generator;
import lethe.generation.Prompt;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.ModelSource;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerbatimProbeTest {
  private static final int GIVEN = 6;
  private static final int WRITTEN = 12;
  private static final int QUESTION = 4;

  @TempDir Path scratch;

  @AfterEach
  void letGo() {
    LoadedModel.clear();
  }

  @Test
  void whatIsWrittenIsComparedWithWhatFollowsForAnyPartitionsAndBatch() {
    Optional<Path> shared = SharedData.find("");
    if (shared.isEmpty()) {
      return; // only where the checkout stands alone; SharedData has failed already under CI
    }
    ModelSource model = new ModelSource(shared.get().resolve("base-model").toString(), Map.of());
    ModelKey key = ModelKey.of(model, ComputeSettings.cpu(1));
    Random random = new Random(5);
    List<Row> rows = new ArrayList<>();
    List<Double> f1s = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int question = i == 4 ? QUESTION : 0; // whose tokens are given, too
      int given = question == 0 ? GIVEN : question + GIVEN - 1;
      int[] prompt = random.ints(given, 100, 4000).toArray();
      int[] written = written(key, prompt);
      int[] text = Arrays.copyOf(prompt, given + WRITTEN + 3);
      System.arraycopy(written, 0, text, given, WRITTEN);
      if (i > 1) { // the first two are known by heart
        for (int t = given + i; t < text.length; t++) {
          text[t] = 100 + random.nextInt(3900);
        }
      }
      rows.add(chunk("forget", "d" + i % 2, "document " + i, question, text));
      int[] truth = Arrays.copyOfRange(text, given, given + WRITTEN);
      f1s.add(Rouge.longest(text(key, truth), text(key, written)).f1());
    }
    rows.add(chunk("forget", "d0", "too short", 0, new int[GIVEN + WRITTEN - 1]));
    rows.add(chunk("retain", "d0", "not looked at", 0, new int[GIVEN + WRITTEN]));
    rows.add(chunk("approximate", "d0", "unseen", 0, random.ints(60, 100, 4000).toArray()));

    Evaluation one = evaluate("one", rows, 1, 1, 100, model);
    List<VerbatimScore> scores = one.verbatim();
    assertThat(scores)
        .extracting(s -> s.split() + " " + s.domain() + " " + s.chunks())
        .containsExactly(
            "approximate * 1", "approximate d0 1", "forget * 5", "forget d0 3", "forget d1 2");
    VerbatimScore all = scores.get(2);
    assertThat(all.exact()).isEqualTo(2 / 5.0);
    assertThat(f1s.subList(0, 2)).containsOnly(1.0);
    assertThat(f1s.subList(2, 5)).allMatch(f1 -> f1 < 1);
    assertThat(all.verbatimMemorisation())
        .isCloseTo(100 * f1s.stream().mapToDouble(Double::doubleValue).sum() / 5, within(1e-9));
    assertThat(all.direction()).isEqualTo("higher: more is known by heart");
    assertThat(one.asked().continuations())
        .isEqualTo(new ContinuationSettings(GIVEN, WRITTEN, 100));

    Collections.reverse(rows);
    assertThat(evaluate("two", rows, 5, 4, 100, model).verbatim()).isEqualTo(scores);
    List<VerbatimScore> fewer = evaluate("three", rows, 2, 4, 1, model).verbatim();
    assertThat(fewer).extracting(VerbatimScore::chunks).containsExactly(1, 1, 2, 1, 1);
    Evaluation read = Evaluation.read(folder("one"));
    assertThat(read).isEqualTo(one);
  }

  @Test
  void chunksWithoutRoomAreRefusedBeforeAnythingIsScored() {
    Optional<Path> shared = SharedData.find("");
    if (shared.isEmpty()) {
      return;
    }
    ModelSource model = new ModelSource(shared.get().resolve("base-model").toString(), Map.of());
    List<Row> rows = List.of(chunk("forget", "d", "short", 0, new int[GIVEN + WRITTEN - 1]));
    assertThatThrownBy(() -> evaluate("short", rows, 1, 1, 100, model))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot continue chunks: none of forget or approximate has the 18 tokens of evaluate.continuations.prompt-tokens and new-tokens; lower one of them, or raise corpus.chunk-tokens");
    assertThat(folder("short").files().exists(folder("short").scores("original"))).isFalse();
  }

  private static Row chunk(
      String split, String domain, String document, int question, int[] tokens) {
    return RowFactory.create(
        split,
        domain,
        document,
        0,
        0,
        0,
        Arrays.stream(tokens).boxed().toArray(),
        question == 0 ? null : question);
  }

  private static int[] written(ModelKey key, int[] prompt) {
    return LoadedModel.with(
        key,
        m ->
            Generator.answers(
                    m, List.of(new Prompt("", prompt)), GenerationSettings.greedy(WRITTEN, 1))
                .get(0)
                .tokens());
  }

  private static String text(ModelKey key, int[] tokens) {
    return LoadedModel.with(key, m -> m.text().orElseThrow().textWithoutSpecialTokens(tokens));
  }

  private RunFolder folder(String name) {
    return RunFolder.of(scratch.resolve(name).toString(), new Configuration());
  }

  private Evaluation evaluate(
      String name, List<Row> rows, int partitions, int microBatch, int most, ModelSource model) {
    EvaluateSettings plain = SmallEvaluation.settings(microBatch, RobustnessSettings.NONE);
    EvaluateSettings settings =
        new EvaluateSettings(
            plain.microBatch(),
            plain.band(),
            plain.tasks(),
            plain.models(),
            plain.atSteps(),
            plain.retrain(),
            plain.examples(),
            plain.compute(),
            plain.seed(),
            plain.robustness(),
            plain.answers(),
            new ContinuationSettings(GIVEN, WRITTEN, most));
    return new Evaluate(
            LocalSpark.SESSION,
            settings,
            folder(name),
            SharedCorpus.dataset(rows).repartition(partitions),
            "chunks",
            Map.of("original", model),
            new RecordingProgress())
        .execute();
  }
}
