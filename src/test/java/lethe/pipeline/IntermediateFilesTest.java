package lethe.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IntermediateFilesTest {
  private static final Clock CLOCK = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
  private static final List<String> KEPT =
      List.of(
          "run.json",
          "corpus/manifest.json",
          "scores/evaluation.json",
          "steps.jsonl",
          "model/config.json",
          "report/report.json");
  private static final List<String> INTERMEDIATE =
      List.of(
          "corpus/chunks/split=forget/domain=a/part.parquet",
          "corpus-rejects/part.parquet",
          "corpus-documents/part.parquet",
          "checkpoints/unlearn/step-1/weights.bin",
          "labels/target/_manifest.json",
          "scores/original/part.parquet");

  @TempDir Path run;

  @BeforeEach
  void aFinishedRun() throws IOException {
    for (String file : Stream.concat(KEPT.stream(), INTERMEDIATE.stream()).toList()) {
      Files.createDirectories(run.resolve(file).getParent());
      Files.writeString(run.resolve(file), file);
    }
  }

  @Test
  void whatTheReportNoLongerNeedsIsDeletedAndListed() throws IOException {
    assertThat(files().delete(CLOCK)).isEqualTo("6 files, 0.0 MB");
    try (Stream<Path> left = Files.walk(run)) {
      assertThat(left.filter(Files::isRegularFile).map(file -> run.relativize(file).toString()))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(KEPT.stream(), Stream.of("deleted.json")).toList());
    }
    JsonNode list = folder().files().readJson(folder().deleted());
    assertThat(list.path("files").findValuesAsText("path"))
        .containsExactlyInAnyOrderElementsOf(INTERMEDIATE);
    JsonNode first = list.at("/files/0");
    assertThat(first.path("bytes").asInt()).isEqualTo(first.path("path").asText().length());
    assertThat(first.path("sha256").asText())
        .isEqualTo(DigestUtils.sha256Hex(first.path("path").asText()));
    assertThat(files().delete(CLOCK)).as("nothing more").isEqualTo("6 files, 0.0 MB");
  }

  @Test
  void whatADriverListedAndDidNotDeleteIsDeletedByTheNext() throws IOException {
    files().delete(CLOCK);
    Files.createDirectories(run.resolve("labels/target"));
    Files.writeString(run.resolve("labels/rest"), "rest");
    Files.writeString(run.resolve("labels/target/_manifest.json"), "labels/target/_manifest.json");
    assertThat(files().delete(CLOCK)).isEqualTo("7 files, 0.0 MB");
    assertThat(run.resolve("labels")).doesNotExist();
    JsonNode list = folder().files().readJson(folder().deleted());
    assertThat(list.path("files").findValuesAsText("path"))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(INTERMEDIATE.stream(), Stream.of("labels/rest")).toList());
    assertThat(list.path("bytes").asInt())
        .isEqualTo(INTERMEDIATE.stream().mapToInt(String::length).sum() + "rest".length());
  }

  @Test
  void aStageThatNeedsThemSaysSo() {
    assertThatCode(() -> files().require("evaluate")).doesNotThrowAnyException();
    files().delete(CLOCK);
    assertThatThrownBy(() -> files().require("evaluate"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot evaluate: run.keep=minimal deleted the chunks of file:%s (deleted.json lists what was deleted); run everything again with overwrite=true, or name another run.dir"
                .formatted(run));
  }

  private IntermediateFiles files() {
    return new IntermediateFiles(folder());
  }

  private RunFolder folder() {
    return RunFolder.of(run.toString(), new Configuration());
  }
}
