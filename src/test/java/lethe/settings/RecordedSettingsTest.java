package lethe.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedSettingsTest {
  @TempDir Path folder;

  @Test
  void everyRunFileOfOursIsReadFromItsRecordAsItWas() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("conf"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".conf")).toList()) {
        Settings settings = Settings.load(file, List.of());
        Settings again =
            recorded(settings)
                .without("define")
                .without("evaluate.answers") // which no training needs
                .with(List.of("spark.driver.x=1", "define.a=b"));
        assertThat(again.problems()).isEmpty();
        assertThat(
                again
                    .config()
                    .withoutPath("define")
                    .withoutPath("spark")
                    .withoutPath("evaluate.answers"))
            .as(file.toString())
            .isEqualTo(
                settings
                    .config()
                    .withoutPath("define")
                    .withoutPath("spark")
                    .withoutPath("evaluate.answers"));
        assertThat(again.withoutMethodJson()).isEqualTo(settings.withoutMethodJson());
        assertThat(again.withoutMethod().section("train").string("lr-schedule"))
            .isEqualTo(settings.withoutMethod().section("train").string("lr-schedule"));
      }
    }
  }

  /** What the method brings is for unlearning alone, and a record has it among the rest. */
  @Test
  void whatTheMethodBringsStaysAwayFromOtherTrainings() throws IOException {
    Settings settings = load("unlearn.method = npo", "train.learning-rate = 3e-3");
    Settings again = recorded(settings).with(List.of());
    assertThat(again.root().section("train").count("batch", 1)).isEqualTo(32);
    assertThat(again.withoutMethod().section("train").count("batch", 1))
        .isEqualTo(settings.withoutMethod().section("train").count("batch", 1))
        .isNotEqualTo(32);
    assertThat(again.withoutMethod().section("train").doubleInRange("learning-rate", 0, 1))
        .isEqualTo(3e-3);
    Settings older =
        RecordedSettings.of(settings.json(), Optional.empty()).with(List.of("train.batch=7"));
    assertThat(older.withoutMethod().section("train").count("batch", 1)).isEqualTo(7);
    assertThat(older.withoutMethod().section("train").doubleInRange("epochs", 0, 9)).isEqualTo(1);
    assertThat(older.root().section("train").doubleInRange("epochs", 0, 9)).isEqualTo(5);
  }

  @Test
  void whatIsWithheldMustBeGivenAgainByItsName() throws IOException {
    String source =
        "{ path = a.csv, domain = a, format = csv, options { query = %s, header = true } }";
    Settings settings =
        load(
            "corpus.sources = [{ path = x, domain = x }, %s]"
                .formatted(source.formatted("secret1")),
            "spark.hadoop.fs.s3a.secret.key = secret2",
            "model.path = \"s3a://user:secret3@bucket/model\"");
    RecordedSettings recorded = recorded(settings);
    assertThat(recorded.withheld())
        .containsExactlyInAnyOrder(
            "corpus.sources.1.options.query", "spark.hadoop.fs.s3a.secret.key", "model.path");
    assertThatThrownBy(() -> recorded.with(List.of("corpus.sources.1.options.query=secret1")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("run.json withholds values of settings that may be secret")
        .hasMessageContaining("  spark.hadoop.fs.s3a.secret.key")
        .hasMessageContaining("  model.path")
        .hasMessageNotContaining("  corpus.sources")
        .hasMessageNotContaining("secret1");
    Settings again =
        recorded.with(
            List.of(
                "corpus.sources.1.options.query=secret1",
                "spark.hadoop.fs.s3a.secret.key=null",
                "model.path=s3a://user:secret3@bucket/model"));
    assertThat(again.json())
        .as("and 16 bits of its hash say that it is the same")
        .isEqualTo(settings.with(List.of("spark.hadoop.fs.s3a.secret.key=null")).json());
    assertThat(again.spark()).doesNotContainKey("spark.hadoop.fs.s3a.secret.key");
    assertThat(again.config().getString("model.path")).isEqualTo("s3a://user:secret3@bucket/model");
    Settings other =
        recorded.with(
            List.of(
                "corpus.sources.1.options.query='${PATH}'".replace("'", ""),
                "spark.hadoop.fs.s3a.secret.key=x",
                "model.path=m"));
    assertThat(other.config().getConfigList("corpus.sources").get(1).getString("options.query"))
        .isEqualTo(System.getenv("PATH"));
  }

  @Test
  void mistakesInPairsAndRecordsAreNamed() throws IOException {
    Settings settings = load("train.steps = 3");
    assertThat(recorded(settings).with(List.of("train.stepz=4")).problems())
        .containsExactly("Unknown key train.stepz; did you mean train.steps?");
    String newer = settings.json().replaceFirst("\\{", "{\"future\": 1, ");
    assertThat(RecordedSettings.of(newer, Optional.of("{}")).with(List.of()).problems())
        .singleElement()
        .asString()
        .startsWith("Unknown key future");
    assertThatThrownBy(() -> RecordedSettings.of("{", Optional.empty()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("These are no settings: ");
  }

  @Test
  void textsCanBeMoved() throws IOException {
    Settings settings = load("corpus.sources = [{ path = zig/x, domain = x }]", "run.dir = zig");
    Settings moved = recorded(settings).mapped(text -> text.replace("zig", "zag")).with(List.of());
    assertThat(moved.config().getString("run.dir")).isEqualTo("zag");
    assertThat(moved.config().getConfigList("corpus.sources").get(0).getString("path"))
        .isEqualTo("zag/x");
    assertThat(moved.json()).isEqualTo(settings.json().replace("zig", "zag"));
  }

  private static RecordedSettings recorded(Settings settings) {
    return RecordedSettings.of(settings.json(), Optional.of(settings.withoutMethodJson()));
  }

  private Settings load(String... lines) throws IOException {
    return Settings.load(
        Files.writeString(folder.resolve("run.conf"), String.join("\n", lines)), List.of());
  }
}
