package lethe.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  @TempDir Path folder;

  @Test
  void pairsWinOverTheFileAndTheFileOverTheDefaults() throws IOException {
    Settings settings = load("train.steps = 7\ntrain.seed = 3\n", "train.steps=9");
    assertThat(settings.root().section("train").count("steps", 1)).isEqualTo(9);
    assertThat(settings.root().section("train").whole("seed", 0, 10)).isEqualTo(3);
    settings.check();
  }

  @Test
  void rejectsMisspeltKeyAndNamesTheNearest() throws IOException {
    Settings settings = load("train.learnin-rate = 1e-5\n");
    assertThatThrownBy(settings::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("Unknown key train.learnin-rate; did you mean train.learning-rate?");
  }

  @Test
  void reportsEveryProblemAtOnce() throws IOException {
    Settings settings =
        load("train { steps = 0, batch = many }\n", "nonsense", "stop.at-target=maybe");
    Section train = settings.root().section("train");
    train.count("steps", 1);
    train.count("batch", 1);
    settings.root().section("stop").flag("at-target");
    assertThatThrownBy(settings::check)
        .hasMessageContainingAll(
            "train.steps must be at least 1, was 0",
            "train.batch must be a whole number, was \"many\"",
            "stop.at-target must be true or false, was \"maybe\"",
            "Cannot read \"nonsense\"");
  }

  @Test
  void hidesSecretsButNotTokenCounts() throws IOException {
    Settings settings =
        load("spark.hadoop.fs.s3a.secret.key = hunter2\ncorpus.chunk-tokens = 64\n");
    assertThat(settings.json()).doesNotContain("hunter2").contains("\"chunk-tokens\":64");
    assertThat(settings.spark()).containsEntry("spark.hadoop.fs.s3a.secret.key", "hunter2");
  }

  @Test
  void aWindowsOfWordsIsPlainText() throws IOException {
    assertThat(load("", "run.dir=s3a://bucket/run one").root().section("run").text("dir"))
        .isEqualTo("s3a://bucket/run one");
  }

  @Test
  void namesTheMissingFile() {
    assertThatThrownBy(() -> Settings.load(folder.resolve("none.conf"), List.of()))
        .hasMessageContaining("there is no file")
        .hasMessageContaining("none.conf");
  }

  private Settings load(String text, String... pairs) throws IOException {
    Path file = folder.resolve("run.conf");
    Files.writeString(file, text);
    return Settings.load(file, List.of(pairs));
  }
}
