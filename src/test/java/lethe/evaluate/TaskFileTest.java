package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskFileTest {
  private static final String RIGHT =
      "{\"query\": \"2 + 2\", \"choices\": [\"3\", 4], \"gold\": 1, \"more\": null}\n\n";

  @TempDir Path folder;

  @Test
  void questionsMayBePlainCompressedOrInAFolder() throws IOException {
    assertThatCode(() -> task(Files.writeString(folder.resolve("t.jsonl"), RIGHT)).check())
        .doesNotThrowAnyException();
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("t.jsonl.gz")))) {
      out.write(RIGHT.getBytes(StandardCharsets.UTF_8));
    }
    assertThatCode(() -> task(folder.resolve("t.jsonl.gz")).check()).doesNotThrowAnyException();
    assertThatCode(() -> task(folder).check()).doesNotThrowAnyException();
    assertThatCode(() -> task(folder.resolve("*.jsonl")).check()).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"question": "q", "choices": ["a", "b"], "answer": 0} | has no query
          {"query": " ", "choices": ["a", "b"], "gold": 0} | has no query
          {"query": "q", "choices": ["a"], "gold": 0} | lacks choices
          {"query": "q", "choices": ["a", ""], "gold": 0} | lacks choices
          {"query": "q", "choices": "ab", "gold": 0} | lacks choices
          {"query": "q", "choices": ["a", "b"], "gold": 2} | has no gold among its 2 choices
          {"query": "q", "choices": ["a", "b"], "gold": "0"} | has no gold among its 2 choices
          [1] | is not an object
          PAR1 | is not JSON
          """)
  void theFirstLineThatIsNoQuestionIsNamedWithWhatItLacks(String line, String why)
      throws IOException {
    Path file = Files.writeString(folder.resolve("t.jsonl"), RIGHT + line);
    assertThatThrownBy(() -> task(file).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "Cannot ask task arithmetic (" + file + "): line 3 of t.jsonl " + why)
        .hasMessageContaining("query (a text), choices (a list of two texts or more) and gold");
  }

  @Test
  void aTaskWithoutAQuestionOrAFileIsRefused() throws IOException {
    Path empty = Files.writeString(folder.resolve("empty.jsonl"), "\n");
    assertThatThrownBy(() -> task(empty).check()).hasMessageContaining("it has no question");
    assertThatThrownBy(() -> task(folder.resolve("none")).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageEndingWith("there is no such file");
  }

  @Test
  void aLineWithoutAnEndIsNotReadIntoTheMemory() throws IOException {
    Path zeros = folder.resolve("zeros.jsonl");
    try (var file = new RandomAccessFile(zeros.toFile(), "rw")) {
      file.setLength(1L << 33); // takes no space
    }
    assertThatThrownBy(() -> task(zeros).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageEndingWith("cannot be read: it has a line of more than 1048576 characters");
  }

  @Test
  void otherContentIsAnotherHash() throws IOException {
    Path file = Files.writeString(folder.resolve("t.jsonl"), RIGHT);
    String before = task(file).sha256();
    assertThat(task(file).sha256()).isEqualTo(before);
    Files.writeString(file, RIGHT + RIGHT);
    assertThat(task(file).sha256()).isNotEqualTo(before);
  }

  /** As lm-evaluation-harness joins a description and examples. */
  @Test
  void theFirstExamplesAreShownWithTheirAnswers() throws IOException {
    Path file = Files.writeString(folder.resolve("t.jsonl"), RIGHT);
    Path examples =
        Files.writeString(
            folder.resolve("shown.jsonl"),
            RIGHT + "{\"query\": \"1 + 1\", \"choices\": [\"2\", \"1\"], \"gold\": 0}\n" + RIGHT);
    assertThat(shown(file, examples, 2).preface()).isEqualTo("Sums.\n2 + 2 4\n\n1 + 1 2\n\n");
    assertThat(shown(file, examples, 1).preface()).isEqualTo("Sums.\n2 + 2 4\n\n");
    assertThat(task(file).preface()).isEmpty();
    assertThatThrownBy(() -> shown(file, examples, 4).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot ask task arithmetic ("
                + examples
                + "): 4 of its lines are to be shown, and it has 3");
  }

  private static TaskFile shown(Path path, Path examples, int shots) {
    return new TaskFile(
        new MultipleChoiceTask(
            "arithmetic", path.toString(), "Sums.\n", examples.toString(), shots),
        new lethe.folder.Files(new Configuration()));
  }

  private static TaskFile task(Path path) {
    return new TaskFile(
        new MultipleChoiceTask("arithmetic", path.toString()),
        new lethe.folder.Files(new Configuration()));
  }
}
