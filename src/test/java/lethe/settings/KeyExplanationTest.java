package lethe.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import lethe.settings.KeyExplanation.Place;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyExplanationTest {
  @TempDir Path folder;

  @Test
  void everyKeyIsExplained() {
    for (String key : Settings.knownKeys()) {
      KeyExplanation explained = KeyExplanation.of(Settings.of(List.of()), key);
      assertThat(explained.standard()).as(key).isPresent();
      assertThat(explained.lines()).as(key).contains("value    the default");
      boolean needsNoWords = key.startsWith("bench.") || key.endsWith(".seed");
      assertThat(needsNoWords || !explained.meaning().isEmpty()).as(key).isTrue();
    }
  }

  @Test
  void aCommentGoesOnBelowOrIsAbove() {
    assertThat(explained("stop.band").meaning())
        .hasSize(2)
        .first()
        .asString()
        .startsWith("nats per token, on either side of the target; ");
    assertThat(explained("stop.probe-every").meaning()).hasSize(1);
    assertThat(explained("stop.at-target").meaning())
        .hasSizeGreaterThan(2)
        .first()
        .asString()
        .startsWith("true: end when the forget loss has reached its target");
  }

  @Test
  void aKeyOverOneOfTrainSaysWhatThatMeans() {
    assertThat(explained("retrain.max-grad-norm").meaning())
        .containsExactly(
            "wins over train.max-grad-norm unless it is null:",
            "longer gradients are scaled down to this global norm");
  }

  @Test
  void theDefaultOfTheMethodIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("run.conf"), "unlearn.method = npo\n");
    KeyExplanation explained =
        KeyExplanation.of(Settings.load(file, List.of()), "train.learning-rate");
    assertThat(explained.standard().orElseThrow().value()).isEqualTo("1e-5");
    assertThat(explained.standard().orElseThrow().origin()).startsWith("methods.conf, line ");
    assertThat(explained("train.learning-rate").standard().orElseThrow().origin())
        .startsWith("reference.conf, line ");
  }

  @Test
  void aValueSaysWhichFileHasIt() throws IOException {
    Path base = Files.writeString(folder.resolve("base.conf"), "\n\ntrain.seed = 1\n");
    Path file =
        Files.writeString(
            folder.resolve("run.conf"), "include \"base.conf\"\ntrain { batch = 3 }\n");
    Settings settings = Settings.load(file, List.of("train.wire-dtype=bfloat16", "train.epochs=2"));
    assertThat(KeyExplanation.of(settings, "train.seed").value())
        .contains(new Place("1", base + ", line 3"));
    assertThat(KeyExplanation.of(settings, "train.batch").value())
        .contains(new Place("3", file + ", line 2"));
    assertThat(KeyExplanation.of(settings, "train.wire-dtype").value())
        .contains(new Place("\"bfloat16\"", "the command line"));
    assertThat(KeyExplanation.of(settings, "train.epochs").value())
        .contains(new Place("2", "the command line"));
  }

  @Test
  void theBeginningOfSeveralKeysListsThem() {
    KeyExplanation explained =
        explained("corpus.duplicates", "corpus.duplicates.jaccard-threshold=0.8");
    assertThat(explained.meaning().get(0)).startsWith("Documents that repeat others are found");
    assertThat(explained.members().stream().map(KeyExplanation.Member::key))
        .containsExactly(
            "corpus.duplicates.action",
            "corpus.duplicates.containment-threshold",
            "corpus.duplicates.excerpt-threshold",
            "corpus.duplicates.jaccard-threshold");
    assertThat(explained.lines())
        .contains("corpus.duplicates.jaccard-threshold = 0.8  (the command line)");
  }

  @Test
  void namesOfTheUsersOwnAndOfSparkAreExplainedByWhatHoldsThem() {
    KeyExplanation own = explained("corpus.splits.forget.where", "corpus.splits.forget.where=true");
    assertThat(own.meaning().get(0)).startsWith("One object per split: forget");
    assertThat(own.value()).contains(new Place("true", "the command line"));
    KeyExplanation spark = explained("spark.driver.memory");
    assertThat(spark.standard()).isEmpty();
    assertThat(spark.value()).isEmpty();
    assertThat(spark.lines())
        .containsExactly(
            "spark.driver.memory",
            "  a setting of Spark's own, handed to spark-submit as it is",
            "value    not set");
  }

  @Test
  void aFormerSpellingIsExplainedUnderTheNameOfNow() {
    assertThat(explained("stop.every")).isEqualTo(explained("stop.probe-every"));
    assertThat(explained("train.projection").key()).isEqualTo("train.gradient-mode");
  }

  @Test
  void credentialsAreNotShown() {
    String key = "spark.hadoop.fs.s3a.secret.key";
    assertThat(explained(key, key + "=marker").value())
        .isEqualTo(Optional.of(new Place("\"(hidden)\"", "the command line")));
  }

  @Test
  void anUnknownKeyNamesTheNearestOnes() {
    assertThatThrownBy(() -> explained("train.stepz"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Unknown key train.stepz; did you mean train.steps or ");
    assertThatThrownBy(() -> explained("at-target"))
        .hasMessageStartingWith("Unknown key at-target; did you mean stop.at-target or ");
    assertThatThrownBy(() -> explained("a..b")).hasMessageStartingWith("Unknown key a..b; ");
  }

  private static KeyExplanation explained(String key, String... pairs) {
    return KeyExplanation.of(Settings.of(List.of(pairs)), key);
  }
}
