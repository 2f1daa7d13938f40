package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lethe.folder.RunFolder;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepLogTest {
  @TempDir Path directory;

  @Test
  void aLogThatIsTakenUpAgainHasEachStepOnce() throws IOException {
    RunFolder folder = RunFolder.of(directory.toString(), new Configuration());
    StepLog first = StepLog.open(folder, "unlearn", 5, 0);
    add(first, 1, 7);
    first.flush(); // stopped after step 7
    StepLog second = StepLog.open(folder, "unlearn", 5, 7);
    add(second, 8, 12); // killed here; the newest checkpoint is that of step 10
    StepLog third = StepLog.open(folder, "unlearn", 5, 10);
    add(third, 11, 13);
    third.close();
    assertThat(Files.readAllLines(directory.resolve("steps.jsonl")))
        .extracting(line -> line.replaceAll(".*\"step\":(\\d+).*", "$1"))
        .containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13");
    assertThat(directory.resolve("steps")).isEmptyDirectory();
  }

  private static void add(StepLog log, int from, int to) {
    for (int step = from; step <= to; step++) {
      log.add(new StepRecord(step, Map.of(), Map.of(), 1, 1, 1, 1, 1, 0, 0, 0));
    }
  }
}
