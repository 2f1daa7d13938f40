package lethe.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import lethe.spark.SparkInUse;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvenanceTest {
  @TempDir Path scratch;
  private RunFolder folder;

  @BeforeEach
  void aRunThatWasBegun() throws IOException {
    folder = RunFolder.of(scratch.resolve("run").toString(), new Configuration());
    provenance().write(new SparkInUse("3.5.9", "none", "ordinary"), Clock.systemUTC());
  }

  @Test
  void theSameSettingsMayGoOn() {
    assertThatCode(() -> provenance().check()).doesNotThrowAnyException();
    assertThatCode(() -> provenance("train.workers=3").check()).doesNotThrowAnyException();
  }

  @Test
  void anotherSettingIsNamed() {
    assertThatThrownBy(() -> provenance("train.steps=9").check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("holds a run with other settings")
        .hasMessageContaining("train.steps was 5, is 9");
  }

  @Test
  void overwriteFreesTheSettingsOfTheStagesThatAreRunAgainAlone() {
    String[] other = {"overwrite=true", "train.steps=9"};
    assertThatCode(() -> provenance(Verb.UNLEARN, other).check()).doesNotThrowAnyException();
    assertThatCode(() -> provenance(Verb.PREPARE, other).check()).doesNotThrowAnyException();
    assertThatThrownBy(() -> provenance(Verb.EVALUATE, other).check())
        .hasMessageContaining("train.steps was 5, is 9");
    assertThatThrownBy(
            () -> provenance(Verb.UNLEARN, "overwrite=true", "corpus.chunk-tokens=64").check())
        .hasMessageContaining("corpus.chunk-tokens was");
  }

  @Test
  void aDamagedRunJsonIsNamedWithWhatToDo() {
    for (String content : List.of("", "{\"settings\": {\"tr", "[]", "null", "{}", "17")) {
      folder.files().writeText(folder.provenance(), content);
      assertThatThrownBy(() -> provenance().check())
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("run.json is damaged; restore it, or delete it if they were");
      assertThatThrownBy(() -> provenance().note(Map.of("key", 1)))
          .isInstanceOf(InvalidSettings.class);
    }
    folder.files().writeText(folder.provenance(), "{\"settings\": {\"a\": 9223372036854775808}}");
    assertThatThrownBy(() -> provenance().check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("run.json is damaged; restore it, or delete it if they were");
  }

  @Test
  void aKeyThatIsNewerThanTheRunHadItsDefault() {
    ObjectNode record = (ObjectNode) folder.files().readJson(folder.provenance());
    ((ObjectNode) record.at("/settings/train")).remove("gradient-mode");
    ((ObjectNode) record.at("/settings/unlearn")).remove("beta");
    folder.files().writeJson(folder.provenance(), record);
    assertThatCode(() -> provenance().check()).doesNotThrowAnyException();
    assertThatThrownBy(() -> provenance("unlearn.beta=0.5").check())
        .hasMessageContaining("unlearn.beta was not there, is 0.5");
  }

  @Test
  void aRunThatWasWrittenWithFormerSpellingsIsTheSameRun() {
    ObjectNode record = (ObjectNode) folder.files().readJson(folder.provenance());
    ObjectNode train = (ObjectNode) record.at("/settings/train");
    train.set("warm-up", train.remove("warmup-ratio"));
    train.remove("gradient-mode");
    train.put("separate-terms", true).put("projection", "none").put("step-timeout", 3600);
    folder.files().writeJson(folder.provenance(), record);
    assertThatCode(() -> provenance("train.gradient-mode=separate").check())
        .doesNotThrowAnyException();
    assertThatCode(() -> provenance("train.separate-terms=true", "train.warm-up=0.2").check())
        .as("and so is one that is asked for with them")
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> provenance("train.warmup-ratio=0.5").check())
        .hasMessageContaining("train.warmup-ratio was 0.2, is 0.5")
        .hasMessageContaining("train.gradient-mode was \"separate\", is \"summed\"");
  }

  @Test
  void anotherHiddenOptionOfASourceIsNamedWithoutItsValue() {
    String secret =
        "corpus.sources=[{ path = a.csv, domain = a, format = csv, options { query = %s, url = \"jdbc:x://u:%s@h\" } }]";
    String[] before = {"overwrite=true", secret.formatted("marker1", "marker3")};
    provenance(before).write(new SparkInUse("3.5.9", "none", "ordinary"), Clock.systemUTC());
    JsonNode record = folder.files().readJson(folder.provenance());
    assertThat(record.at("/settings/corpus/sources/0/options/query").asText())
        .matches("\\(hidden, [0-9a-f]{4}\\)");
    assertThatCode(() -> provenance(secret.formatted("marker1", "marker4")).check())
        .as("another password reads the same")
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> provenance(secret.formatted("marker2", "marker3")).check())
        .isInstanceOf(InvalidSettings.class)
        .message()
        .contains("corpus.sources was [{")
        .doesNotContain("marker");
  }

  @Test
  void theEnvironmentOfEachStageIsKept() {
    provenance().noteEnvironment("pretrain", "a processor, 1 threads");
    provenance().noteEnvironment("unlearn", "a processor, 2 threads");
    provenance().noteEnvironment("unlearn", "another, 2 threads");
    provenance().write(new SparkInUse("3.5.9", "none", "ordinary"), Clock.systemUTC());
    JsonNode record = folder.files().readJson(folder.provenance());
    assertThat(record.path("environments").toString())
        .isEqualTo("{\"pretrain\":\"a processor, 1 threads\",\"unlearn\":\"another, 2 threads\"}");
    assertThat(record.at("/settings_without_method/train/epochs").asInt())
        .as("npo brings five epochs for unlearning alone")
        .isEqualTo(1);
    assertThat(record.at("/settings/train/epochs").asInt()).isEqualTo(5);
  }

  @Test
  void aFreeSettingsNameIsFreeInItsSectionAlone() {
    ObjectNode record = (ObjectNode) folder.files().readJson(folder.provenance());
    ((ObjectNode) record.at("/settings/corpus/splits/forget"))
        .putObject("documents")
        .put("threads", 3);
    folder.files().writeJson(folder.provenance(), record);
    assertThatThrownBy(() -> provenance().check())
        .hasMessageContaining("corpus.splits.forget.documents was {\"threads\":3}");
  }

  private Provenance provenance(String... pairs) {
    return provenance(Verb.RUN, pairs);
  }

  private Provenance provenance(Verb verb, String... pairs) {
    try {
      Path file =
          Files.writeString(
              scratch.resolve("run.conf"),
              """
              run.dir = "%s"
              model.path = "%s"
              corpus { sources = [ { path = a.jsonl, domain = a } ], splits { forget.where = "true", retain { where = "true", except = forget } } }
              unlearn.method = "npo+descent"
              train.steps = 5
              """
                  .formatted(scratch.resolve("run"), scratch));
      return new Provenance(RunConfig.read(verb, file, List.of(pairs)), folder);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
