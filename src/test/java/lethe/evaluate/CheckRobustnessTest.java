package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.evaluate.RobustnessScores.Prefixed;
import lethe.evaluate.RobustnessScores.Quantized;
import lethe.evaluate.RobustnessScores.Relearned;
import lethe.evaluate.metric.CommonRun;
import lethe.folder.RunFolder;
import lethe.generation.GenerationSettings;
import lethe.generation.Generator;
import lethe.generation.Prompt;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.ModelSource;
import lethe.model.Quantization;
import lethe.model.TinyLlama;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import lethe.target.Split;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckRobustnessTest {
  private static final Offset<Double> EXACT = Offset.offset(1e-9);

  @TempDir Path scratch;

  @Test
  void eachCheckComparesTheChangedModelWithWhatShouldNotComeBack() throws IOException {
    List<Row> rows = new ArrayList<>();
    Map<String, ModelSource> models = new LinkedHashMap<>();
    models.put("original", TinyLlama.write(scratch.resolve("one"), 1));
    models.put("unlearned", TinyLlama.write(scratch.resolve("two"), 2));
    models.put("other", TinyLlama.write(scratch.resolve("three"), 3));
    rows.add(SharedCorpus.chunk("forget", "d", "a", 0, writtenBy(models.get("unlearned"))));
    for (int i = 0; i < 4; i++) {
      if (i > 0) {
        rows.add(chunk("forget", "a" + i, i));
      }
      rows.add(chunk("approximate", "b" + i, 10 + i));
    }
    rows.add(chunk("retain", "c", 20));
    RunFolder folder = RunFolder.of(scratch.resolve("run").toString(), new Configuration());
    EvaluateSettings settings =
        SmallEvaluation.settings(
            2,
            new RobustnessSettings(
                List.of(Quantization.NF4),
                List.of(7),
                List.of(2, 5),
                null,
                4,
                new RobustnessSettings.Limits(0.5, 0.25)));
    RobustnessScores.Asked asked =
        new RobustnessScores.Asked("chunks", Map.of(), 2, settings.robustness(), null);
    List<RelearnedModel> relearned =
        List.of(
            new RelearnedModel("unlearned", Split.FORGET, 7, models.get("original")),
            new RelearnedModel("unlearned", Split.APPROXIMATE, 7, models.get("unlearned")));
    new Evaluate(
            LocalSpark.SESSION,
            settings,
            folder,
            SharedCorpus.dataset(rows),
            "chunks",
            models,
            new RecordingProgress())
        .execute();
    Robustness robustness =
        new CheckRobustness(
                LocalSpark.SESSION,
                settings,
                folder,
                SharedCorpus.dataset(rows),
                List.of(),
                asked,
                models,
                relearned,
                new RecordingProgress())
            .execute();

    assertThat(Robustness.read(folder)).contains(robustness);
    assertThat(robustness.checks())
        .extracting(Robustness.Check::name)
        .containsExactly("nf4", "relearning", "prefixes");
    assertThat(asked.answered(folder)).isTrue();
    assertThat(
            new RobustnessScores.Asked("others", Map.of(), 2, settings.robustness(), null)
                .answered(folder))
        .isFalse();
    RobustnessScores scores =
        lethe.folder.Files.record(
            folder.robustnessScores(),
            folder.files().readJson(folder.robustnessScores()),
            RobustnessScores.class,
            "");
    quantized(robustness.checks().get(0), scores.quantized());
    relearned(robustness.checks().get(1), scores.relearned());
    prefixed(robustness.checks().get(2), scores.prefixed());
  }

  private static void quantized(Robustness.Check check, List<Quantized> scores) {
    assertThat(scores).hasSize(2 * 2 * 2); // models, splits, domains; neither retain nor "other"
    double before = 0;
    double after = 0;
    for (Quantized score : scores) {
      assertThat(score.change()).isNotZero();
      boolean unlearned = score.model().equals("unlearned") && score.split().equals("forget");
      boolean original = score.model().equals("original") && score.split().equals("approximate");
      if ((unlearned || original) && score.domain().equals("*")) {
        int sign = unlearned ? 1 : -1;
        after += sign * score.nll();
        before += sign * (score.nll() - score.change());
      }
    }
    assertThat(check.value()).isCloseTo(before - after, EXACT);
    assertThat(check.passed()).isEqualTo(check.value() <= 0.5);
    assertThat(check.finding()).startsWith("rounded to nf4, the distance of the forget loss from");
  }

  private static void relearned(Robustness.Check check, List<Relearned> scores) {
    assertThat(scores).hasSize(2 * 2 * 2); // curves, steps, domains
    double before = nll(scores, "forget", 0);
    double after = nll(scores, "forget", 7);
    assertThat(nll(scores, "approximate", 7)).isEqualTo(nll(scores, "approximate", 0));
    assertThat(check.value()).isCloseTo(before - after, EXACT);
    assertThat(check.finding())
        .startsWith("trained for 7 steps on half of the forget documents")
        .contains("that of the control (unlearned on approximate) by 0.000")
        .endsWith("at most 0.5 nats per token");
  }

  private static double nll(List<Relearned> scores, String split, int steps) {
    return scores.stream()
        .filter(s -> s.split().equals(split) && s.steps() == steps && s.domain().equals("*"))
        .findFirst()
        .orElseThrow()
        .nll();
  }

  private static void prefixed(Robustness.Check check, List<Prefixed> scores) {
    assertThat(scores).hasSize(2 * 2 * 2); // models, splits, numbers of tokens
    for (Prefixed score : scores) {
      assertThat(score.chunks()).isEqualTo(4);
      boolean written =
          score.model().equals("unlearned")
              && score.split().equals("forget")
              && score.tokens() == 5;
      assertThat(score.exact()).isEqualTo(written ? 0.25 : 0);
      if (written) {
        assertThat(score.run()).isGreaterThanOrEqualTo(50 / 4.0);
      }
    }
    assertThat(check.passed()).isFalse();
    assertThat(check.finding())
        .startsWith(
            "given the first 5 tokens, the model writes 25.000 % of the forget chunks' next tokens exactly")
        .endsWith("tokens longer than on approximate text, at most 0.25");
  }

  @Test
  void theLongestRunIsFoundWhereverItIs() {
    assertThat(CommonRun.longest(new int[] {1, 2, 3, 4, 5}, new int[] {9, 3, 4, 5, 1, 2}))
        .isEqualTo(3);
    assertThat(CommonRun.longest(new int[] {1, 1, 1}, new int[] {1, 2, 1, 1})).isEqualTo(2);
    assertThat(CommonRun.longest(new int[] {1}, new int[] {2})).isZero();
    assertThat(CommonRun.longest(new int[] {}, new int[] {2})).isZero();
  }

  @Test
  void theWorstPrefixJudgesAndAMissingDomainDoesNotPass() {
    List<Prefixed> scores =
        List.of(
            new Prefixed("unlearned", "forget", "a", 8, 5, 0.2, 6),
            new Prefixed("unlearned", "approximate", "a", 8, 5, 0, 4),
            new Prefixed("unlearned", "forget", "a", 16, 5, 0.4, 9),
            new Prefixed("unlearned", "approximate", "a", 16, 5, 0, 4),
            new Prefixed("original", "forget", "a", 16, 5, 1, 50));
    assertThat(PrefixExcess.worst(scores, Map.of("a", 10L), List.of(8, 16)))
        .isEqualTo(new PrefixExcess(16, 0.4, 5));
    List<Prefixed> alone = List.of(new Prefixed("unlearned", "forget", "b", 8, 5, 0.2, 6));
    assertThat(PrefixExcess.worst(alone, Map.of("b", 10L), List.of(8)).run()).isNaN();
  }

  @Test
  void settingsAreOffAndRefuseWhatTheyDoNotKnow() {
    assertThat(read(List.of()).any()).isFalse();
    RobustnessSettings some =
        read(
            List.of(
                "evaluate.robustness.quantize=[int8,nf4]", "evaluate.robustness.prefixes=[8,16]"));
    assertThat(some.quantize()).containsExactly(Quantization.INT8, Quantization.NF4);
    assertThat(some.prefixes()).containsExactly(8, 16);
    assertThat(some.relearnSteps()).isEmpty();
    refused(
        "evaluate.robustness.quantize=[fp4]",
        "evaluate.robustness.quantize must name some of nf4, int8, each once, had \"fp4\"");
    refused(
        "evaluate.robustness.relearn-steps=[5,5]",
        "evaluate.robustness.relearn-steps must be whole numbers, each larger than the one before");
    refused(
        "evaluate.robustness.prefixes=[1.5]", "evaluate.robustness.prefixes must be whole numbers");
  }

  private static RobustnessSettings read(List<String> pairs) {
    Settings settings = Settings.of(pairs);
    RobustnessSettings read = EvaluateSettings.read(settings.root()).robustness();
    settings.check();
    return read;
  }

  private static void refused(String pair, String problem) {
    assertThatThrownBy(() -> read(List.of(pair)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(problem);
  }

  /** Five tokens and what the model writes after them. */
  private static int[] writtenBy(ModelSource model) {
    int[] prefix = new Random(0).ints(5, 0, TinyLlama.VOCABULARY).toArray();
    int[] written =
        LoadedModel.with(
                ModelKey.of(model, ComputeSettings.cpu(1)),
                m ->
                    Generator.answers(
                        m, List.of(new Prompt("prefix", prefix)), GenerationSettings.greedy(50, 1)))
            .get(0)
            .tokens();
    return IntStream.concat(Arrays.stream(prefix), Arrays.stream(written)).toArray();
  }

  private static Row chunk(String split, String document, int seed) {
    return SharedCorpus.chunk(
        split, "d", document, 0, new Random(seed).ints(60, 0, TinyLlama.VOCABULARY).toArray());
  }
}
