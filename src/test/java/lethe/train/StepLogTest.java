package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lethe.folder.Faults;
import lethe.folder.FaultyFileSystem;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import lethe.train.gradient.GradientConflict;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepLogTest {
  @TempDir Path directory;

  private final List<String> told = new ArrayList<>();

  @AfterEach
  void noFault() {
    Faults.none();
  }

  @Test
  void aLogThatIsTakenUpAgainHasEachStepOnce() throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    StepLog first = StepLog.open(folder, "unlearn", 5, 0, told::add);
    add(first, 1, 7);
    first.flush(); // stopped after step 7
    StepLog second = StepLog.open(folder, "unlearn", 5, 7, told::add);
    add(second, 8, 12); // killed here; the newest checkpoint is that of step 10
    StepLog third = StepLog.open(folder, "unlearn", 5, 10, told::add);
    add(third, 11, 13);
    third.close();
    assertThat(Files.readAllLines(directory.resolve("steps.jsonl")))
        .extracting(line -> line.replaceAll(".*\"step\":(\\d+).*", "$1"))
        .containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13");
    assertThat(directory.resolve("steps")).isEmptyDirectory();
  }

  @Test
  void sidesThatWereToldApartStandBesideTheWhole() throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    StepLog log = StepLog.open(folder, "unlearn", 5, 0, told::add);
    log.add(record(1, null));
    log.add(record(2, new GradientConflict(3, 2, -0.5, true)));
    log.add(record(3, new GradientConflict(0, 2, null, false)));
    log.close();
    List<String> lines = Files.readAllLines(directory.resolve("steps.jsonl"));
    assertThat(lines.get(0)).contains("\"grad_norm\":1.0").doesNotContain("forget", "cosine");
    assertThat(lines.get(1))
        .contains(
            "\"forget_grad_norm\":3.0,\"retain_grad_norm\":2.0,\"grad_cosine\":-0.5,\"grad_projected\":true,");
    assertThat(lines.get(2)).contains("\"forget_grad_norm\":0.0", "\"grad_cosine\":null");
  }

  @Test
  void partsThatTellAStepTwiceAreJoinedOnce() throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    StepLog first = StepLog.open(folder, "unlearn", 5, 0, told::add);
    add(first, 1, 10);
    // As when a driver is killed after it has joined the parts, before it removes them.
    Path parts = directory.resolve("steps");
    String early = Files.readString(parts.resolve("unlearn-00000005.jsonl"));
    String late = Files.readString(parts.resolve("unlearn-00000010.jsonl"));
    Files.writeString(parts.resolve("unlearn-00000010.jsonl"), early + late);
    StepLog.open(folder, "unlearn", 5, 10, told::add).close();
    assertThat(Files.readString(directory.resolve("steps.jsonl"))).isEqualTo(early + late);
  }

  @Test
  void recordsThatWereJoinedBeforeTheModelWasWrittenAreTakenUpAgain() throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    StepLog whole = StepLog.open(folder, "unlearn", 5, 0, told::add);
    add(whole, 1, 12);
    whole.close();
    StepLog again = StepLog.open(folder, "unlearn", 5, 10, told::add); // from a checkpoint
    assertThat(again.isWhole()).isTrue();
    add(again, 11, 12);
    again.close();
    assertThat(Files.readAllLines(directory.resolve("steps.jsonl")))
        .extracting(line -> new ObjectMapper().readTree(line).get("step").asInt())
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gone", "empty", "cut", "flipped", "a line of text", "another step's"})
  void damagedRecordsAreSaidAndTrainingGoesOn(String damage) throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    add(StepLog.open(folder, "unlearn", 5, 0, told::add), 1, 10);
    Path part = directory.resolve("steps/unlearn-00000005.jsonl");
    String whole = Files.readString(part);
    switch (damage) {
      case "gone" -> Files.delete(part);
      case "empty" -> Files.writeString(part, "");
      case "cut" -> Files.writeString(part, whole.substring(0, whole.length() / 2));
      case "flipped" -> Files.writeString(part, whole.replaceAll("\"losses\"", "\"mosses\""));
      case "a line of text" -> Files.writeString(part, "no record\n" + whole.substring(20));
      default -> Files.writeString(part, whole.replaceAll("\"step\":[1-5]", "\"step\":-7"));
    }
    StepLog log = StepLog.open(folder, "unlearn", 5, 10, told::add);
    assertThat(told)
        .singleElement()
        .asString()
        .containsPattern("the records of [1-5] of 10 steps of unlearn are missing or damaged")
        .contains("the first is step ", "Training goes on from its checkpoint");
    assertThat(log.isWhole()).isTrue();
    add(log, 11, 12);
    log.close();
    List<Integer> steps = steps();
    assertThat(steps).contains(6, 7, 8, 9, 10, 11, 12).isSorted().doesNotHaveDuplicates();
    assertThat(steps.size()).isLessThan(12);
    assertThat(directory.resolve("steps")).isEmptyDirectory();
  }

  @Test
  void aRecordWithoutAnyPartIsGoneOnWith() throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    StepLog log = StepLog.open(folder, "unlearn", 5, 10, told::add);
    assertThat(told).singleElement().asString().contains("the records of 10 of 10 steps");
    add(log, 11, 15);
    StepLog again = StepLog.open(folder, "unlearn", 5, 15, told::add);
    again.close();
    assertThat(steps()).containsExactly(11, 12, 13, 14, 15);
  }

  @Test
  void aFolderWhereTheRecordBelongsIsNamedBeforeTraining() throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    Files.createDirectories(directory.resolve("steps.jsonl"));
    assertThatThrownBy(() -> StepLog.open(folder, "unlearn", 5, 0, told::add))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot write %s: it is a folder; delete it or move it away"
                .formatted(folder.steps("unlearn")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash-disk", "crash", "crash-store"})
  void aCrashAtAnyCallLosesNoStepThatIsInAPart(String scheme) throws IOException {
    boolean ends = false;
    for (int n = 1; !ends; n++) {
      Path run = directory.resolve(scheme + n);
      RunFolder folder = RunFolder.of(scheme + ":" + run, FaultyFileSystem.configuration());
      Faults.plan(n, Faults.How.STOPPED);
      try {
        life(folder, 0);
      } catch (UncheckedIOException e) {
        assertThat(e).hasMessageContaining("Planned fault");
      }
      ends = !Faults.reached();
      String crash = scheme + ", call " + n + ", " + Faults.first();
      Faults.none();
      life(folder, saved);
      told.removeIf(sentence -> sentence.contains("Planned fault"));
      assertThat(told).as(crash).isEmpty();
      assertThat(Files.readAllLines(run.resolve("steps.jsonl")))
          .as(crash)
          .extracting(line -> new ObjectMapper().readTree(line).get("step").asInt())
          .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
      assertThat(run.resolve("steps")).as(crash).isEmptyDirectory();
    }
  }

  /** The step of the newest checkpoint of {@link #life}. */
  private int saved;

  /** A driver that goes on after a checkpoint, writes others at 3, 6 and 9, and ends with 12. */
  private void life(RunFolder folder, int checkpoint) {
    saved = checkpoint;
    StepLog log = StepLog.open(folder, "unlearn", 3, checkpoint, told::add);
    for (int step = checkpoint + 1; step <= 12; step++) {
      add(log, step, step);
      if (step % 3 == 0 && log.isWhole()) {
        saved = step;
      }
    }
    log.close();
  }

  private List<Integer> steps() throws IOException {
    List<Integer> steps = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("steps.jsonl"))) {
      steps.add(new ObjectMapper().readTree(line).get("step").asInt());
    }
    return steps;
  }

  @Test
  void aPartThatCannotBeWrittenIsTriedAgain() throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    Path inTheWay =
        Files.writeString(directory.resolve("steps"), "a file where the folder should be");
    StepLog log = StepLog.open(folder, "unlearn", 5, 0, told::add);
    add(log, 1, 5);
    assertThat(told)
        .singleElement()
        .asString()
        .contains("the records up to step 5 could not be written (Cannot write file:")
        .containsPattern("; file:\\S+ has \\d+\\.\\d\\d MB left\\. Training goes on");
    assertThat(log.isWhole()).isFalse();
    Files.delete(inTheWay);
    add(log, 6, 10);
    assertThat(log.isWhole()).isTrue();
    log.close();
    assertThat(Files.readAllLines(directory.resolve("steps.jsonl"))).hasSize(10);
  }

  private static void add(StepLog log, int from, int to) {
    for (int step = from; step <= to; step++) {
      log.add(record(step, null));
    }
  }

  private static StepRecord record(int step, GradientConflict conflict) {
    return new StepRecord(
        step, Map.of(), Map.of(), 1, conflict, null, 1, 1, 1, 1, 0, 0, 1, 0, 0, "");
  }
}
