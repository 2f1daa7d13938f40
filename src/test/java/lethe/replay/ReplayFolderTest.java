package lethe.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayFolderTest {
  @TempDir Path folder;

  private ReplayFolder place(String named) {
    RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
    return ReplayFolder.of(
        run, Optional.ofNullable(named).map(name -> folder.resolve(name).toString()));
  }

  @Test
  void withoutANameItIsBesideTheRunAndGoneWhenTheReplayHolds() throws IOException {
    ReplayFolder place = place(null);
    Path here = folder.resolve("run-replay");
    Files.createDirectories(here.resolve("spark-local/driver"));
    place.begin("c1");
    Files.createDirectories(here.resolve("model"));
    assertThatCode(() -> place.begin("c1")).as("goes on").doesNotThrowAnyException();
    assertThatThrownBy(() -> place.begin("c2"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("it holds a replay of another certificate, of file:" + folder)
        .hasMessageEndingWith("delete the folder, or name another one with --replay-in");
    place.end("the same weights", true);
    assertThat(here)
        .as("what a driver still has open stays")
        .isDirectoryContaining("glob:**spark-local");
    assertThat(here.toFile().list())
        .as("what a driver still has open stays")
        .containsExactly("spark-local");
    Files.delete(here.resolve("spark-local/driver"));
    Files.delete(here.resolve("spark-local"));
    place.begin("c1");
    place.clear();
    assertThat(here).doesNotExist();
  }

  @Test
  void oneThatHasEndedIsNotTakenForAnother() throws IOException {
    ReplayFolder place = place("mine");
    place.begin("c1");
    Files.createDirectories(folder.resolve("mine/model"));
    place.end("the same weights", true);
    assertThat(folder.resolve("mine/model")).as("a user has named it").isDirectory();
    assertThatThrownBy(() -> place.begin("c1"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(
            "it holds a replay that has ended (the same weights), and nothing would be trained again");
  }

  @Test
  void aFolderWithSomethingElseIsLeftAlone() throws IOException {
    Files.createDirectories(folder.resolve("other"));
    Files.writeString(folder.resolve("other/letter.txt"), "x");
    assertThatThrownBy(() -> place("other").begin("c1"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("it holds something else, such as letter.txt");
    assertThat(folder.resolve("other").toFile().list()).containsExactly("letter.txt");
    assertThatThrownBy(() -> place("run").begin("c1"))
        .hasMessageContaining("it is the folder of the certified run");
    Files.createDirectories(folder.resolve("broken"));
    Files.writeString(folder.resolve("broken/replay.json"), "{");
    assertThatThrownBy(() -> place("broken").begin("c1"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("replay.json");
  }
}
