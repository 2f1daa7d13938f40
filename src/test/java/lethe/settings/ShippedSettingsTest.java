package lethe.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShippedSettingsTest {
  @TempDir Path folder;

  @Test
  void everyRunFileOfOursArrivesAsItIs() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("conf"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".conf")).toList()) {
        assertArrives(Settings.load(file, List.of()));
      }
    }
  }

  @Test
  void nothingIsLookedUpWhereItArrives() throws IOException {
    Files.writeString(folder.resolve("more.conf"), "x = 1\n");
    Path deeper = Files.createDirectories(folder.resolve("deeper"));
    Files.writeString(deeper.resolve("deep.conf"), "include \"../more.conf\"\ny = ${PATH}\n");
    Settings settings =
        load("define { include \"deeper/deep.conf\" }", "spark.app.name=${define.y}");
    assertArrives(settings);
    assertThat(settings.shipped()).doesNotContain("include", "${");
    assertThat(arrived(settings).spark().get("spark.app.name")).isEqualTo(System.getenv("PATH"));
  }

  @Test
  void textsNumbersNullsAndOddKeysArriveAsTheyWereWritten() throws IOException {
    Settings settings =
        load(
            """
            define { a = "${not.a.key} \\"quoted\\" \\n \\u00e9 # no comment", "a.b c" = [1, [], {}, null], empty {} }
            spark.x { large = 1.0E11, small = 1e-05, padded = 007, list = [1.50, true], "y.z" = null }
            train.learning-rate = 1e-4
            """);
    assertArrives(settings);
    assertThat(arrived(settings).spark())
        .containsEntry("spark.x.large", "1.0E11")
        .containsEntry("spark.x.small", "1e-05")
        .containsEntry("spark.x.padded", "007");
  }

  @Test
  void membersKeepTheirOrder() throws IOException {
    Settings settings =
        load("evaluate.models {\n zebra = z\n ape = a\n\n lion = l }\nevaluate.models.bee = b\n");
    List<String> names = Section.inOrder(settings.config().getObject("evaluate.models"));
    assertThat(names).containsExactly("zebra", "ape", "lion", "bee");
    assertThat(Section.inOrder(arrived(settings).config().getObject("evaluate.models")))
        .isEqualTo(names);
  }

  @Test
  void whatTheMethodSetsStaysApart() throws IOException {
    Settings settings =
        load("unlearn.method = simnpo\nretrain.learning-rate = ${train.learning-rate}\n");
    double unlearning = rate(settings.root());
    double training = rate(settings.withoutMethod());
    assertThat(unlearning).isNotEqualTo(training);
    assertArrives(settings);
    assertThat(rate(arrived(settings).root())).isEqualTo(unlearning);
    assertThat(rate(arrived(settings).withoutMethod())).isEqualTo(training);
    assertThat(arrived(settings).isDefault("unlearn.method")).isFalse();
    assertThat(arrived(settings).isDefault("train.steps")).isTrue();
  }

  private static double rate(Section root) {
    return root.section("retrain").doubleInRange("learning-rate", 0, 1);
  }

  @Test
  void noticesAndSecretsArrive() throws IOException {
    Settings settings = load("train.wire = float32\n", "spark.authenticate.secret=hunter2");
    assertThat(settings.notices()).hasSize(2);
    assertArrives(settings);
    assertThat(arrived(settings).secrets().masked("it is hunter2")).isEqualTo("it is (hidden)");
  }

  @Test
  void aFileThatDidNotComeIsNamed() {
    assertThatThrownBy(() -> Settings.ofShipped(Path.of("none")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot read the settings that submit.sh ships with --files: there is no file "
                + Path.of("none").toAbsolutePath());
  }

  private void assertArrives(Settings settings) throws IOException {
    Settings arrived = arrived(settings);
    assertThat(arrived.config()).isEqualTo(settings.config());
    assertThat(arrived.withoutMethod().keys()).isEqualTo(settings.withoutMethod().keys());
    assertThat(arrived.spark()).isEqualTo(settings.spark());
    assertThat(arrived.json()).isEqualTo(settings.json());
    assertThat(arrived.defaultsJson()).isEqualTo(settings.defaultsJson());
    assertThat(arrived.notices()).isEqualTo(settings.notices());
    assertThat(arrived.problems()).isEmpty();
    assertThat(arrived.shipped()).isEqualTo(settings.shipped());
  }

  private Settings arrived(Settings settings) throws IOException {
    return Settings.ofShipped(Files.writeString(folder.resolve("shipped"), settings.shipped()));
  }

  private Settings load(String content, String... pairs) throws IOException {
    Path file = Files.writeString(folder.resolve("run.conf"), content);
    return Settings.load(file, List.of(pairs));
  }
}
