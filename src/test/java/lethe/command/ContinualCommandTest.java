package lethe.command;

import static lethe.command.InProcess.said;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lethe.SmallRun;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verb continual as submit.sh calls it before Spark is started, and validate of its file. */
class ContinualCommandTest {
  private static final String TASKS =
      "continual.tasks=[{ name = one, where = \"id = 'a'\" }, { name = two, where = \"id = 'b'\" }]";

  @TempDir Path folder;
  private String conf;

  /** Without documents to forget of its own: each task says which. */
  @BeforeEach
  void aRunFileForTasks() throws IOException {
    Path small = SmallRun.in(folder);
    String text = Files.readString(small).replaceAll("forget.where = .*", "");
    conf = Files.writeString(folder.resolve("tasks.conf"), text).toString();
  }

  @Test
  void sparkIsStartedWithTheFirstTasksSettings() {
    String[] answer = said("continual", "--print-submit", conf, TASKS).split("\0");
    assertThat(answer[0]).isEqualTo("0 spark-submit");
    assertThat(answer[1]).as("temporary files").startsWith(folder + "/run/one/spark-local/");
    assertThat(answer).contains("spark.master=local[1]");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void validateChecksTheTasks() {
    assertThat(said("validate", conf, TASKS))
        .startsWith("0 ")
        .contains("validate: continual has the tasks one, two; what they select is seen when");
    assertThat(said("validate", conf)).startsWith("2 corpus.splits.forget must say which");
    String wrong = TASKS.replace("name = two", "name = one");
    for (String verb : new String[] {"validate", "continual"}) {
      assertThat(said(verb, conf, wrong, "unlearn.reference=start"))
          .isEqualTo(
              """
              2 continual.tasks[1].name must not be that of an earlier task, was one
              unlearn.reference must not be set for continual: continual.reference says it
              """);
    }
    assertThat(said("continual", conf)).startsWith("2 continual.tasks must name what to forget");
    assertThat(said("continual", conf, TASKS, "train.steps=-1", "model.path=none"))
        .startsWith("2 train.steps must be ");
  }
}
