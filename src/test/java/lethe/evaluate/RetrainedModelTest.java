package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.LocalSpark;
import lethe.SharedData;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three documents by the shared base model and two that were retrained, beside what Hugging Face
 * transformers computes: float32, each chunk alone, the formulas of {@code distances.py} in the
 * shared data.
 */
class RetrainedModelTest {
  private static final Percentage THOUSANDTH = Percentage.withPercentage(0.1);

  @TempDir Path scratch;

  @Test
  void distancesAreThoseOfTransformers() throws IOException {
    Optional<Path> shared = SharedData.find("");
    if (shared.isEmpty()) {
      return; // SharedData has failed already under CI
    }
    Evaluation evaluation = evaluate(shared.get());
    assertThat(evaluation.truths())
        .extracting(DistanceToRetrained::model)
        .containsExactly("original", "retrained-again");
    DistanceToRetrained original = evaluation.truths().get(0);
    assertThat(original.floor()).isCloseTo(1921.82504 / 1590, THOUSANDTH);
    assertThat(original.divergence()).isCloseTo((753.42746 + 857.93204) / 2545, THOUSANDTH);
    DivergenceScore forget = split(original, "forget");
    assertThat(forget.documents()).isEqualTo(2);
    assertThat(forget.tokens()).isEqualTo(2545);
    assertThat(forget.divergence()).isEqualTo(original.divergence());
    assertThat(forget.jensenShannon()).isCloseTo((129.62403 + 149.17092) / 2545, THOUSANDTH);
    assertThat(forget.agreement()).isEqualTo((837.0 + 1137) / 2545);
    double gaps = (1558.94599 - 1440.20964) + (1701.48650 - 1619.20580);
    assertThat(forget.lossGap()).isCloseTo(gaps / 2545, THOUSANDTH);
    assertThat(forget.nearer()).isNull();

    EntropyGap sureness = evaluation.entropies().get(0);
    assertThat(sureness.model()).isEqualTo("original");
    assertThat(sureness.forget()).isCloseTo((2145.54312 + 2596.43732) / 2545, THOUSANDTH);
    assertThat(sureness.approximate()).isCloseTo(4327.48564 / 1590, THOUSANDTH);

    DivergenceScore again = split(evaluation.truths().get(1), "approximate");
    assertThat(again.divergence()).isCloseTo(1767.20956 / 1590, THOUSANDTH);
    assertThat(again.jensenShannon()).isCloseTo(297.54033 / 1590, THOUSANDTH);
    assertThat(again.agreement()).isEqualTo(801.0 / 1590);
    assertThat(again.lossGap()).isCloseTo((6214.89264 - 5991.58234) / 1590, THOUSANDTH);
    assertThat(again.nearer().outcome()).isEqualTo(Nearer.Comparison.UNDECIDED); // one document
  }

  private static DivergenceScore split(DistanceToRetrained distance, String split) {
    return distance.splits().stream()
        .filter(s -> s.split().equals(split) && s.domain().equals("*"))
        .findFirst()
        .orElseThrow();
  }

  private Evaluation evaluate(Path shared) throws IOException {
    List<Row> rows = new ArrayList<>(SharedCorpus.chunks(shared, "forget", "github", 2, true));
    rows.addAll(SharedCorpus.chunks(shared, "approximate", "github", 1, false));
    Map<String, ModelSource> models = new LinkedHashMap<>();
    models.put("original", model(shared, "base-model"));
    models.put("retrained", model(shared, "base-model-retrained"));
    models.put("retrained-again", model(shared, "base-model-retrained-2"));
    return evaluate(rows, models);
  }

  private Evaluation evaluate(List<Row> rows, Map<String, ModelSource> models) {
    return new Evaluate(
            LocalSpark.SESSION,
            SmallEvaluation.settings(8, RobustnessSettings.NONE),
            folder(),
            SharedCorpus.dataset(rows),
            "chunks",
            models,
            new RecordingProgress())
        .execute();
  }

  private RunFolder folder() {
    return RunFolder.of(scratch.toString(), new Configuration());
  }

  private static ModelSource model(Path shared, String name) {
    return new ModelSource(shared.resolve(name).toString(), Map.of());
  }
}
