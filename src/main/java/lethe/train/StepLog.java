package lethe.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import lethe.folder.RunFolder;
import org.apache.hadoop.fs.Path;

/**
 * The record of a training run: closed parts while it goes on, since object stores cannot append,
 * and one {@code steps.jsonl} at the end.
 */
public final class StepLog {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunFolder folder;
  private final String stage;
  private final int partSteps;
  private final List<String> lines = new ArrayList<>();

  /**
   * @param stage for example {@code unlearn}
   * @param partSteps steps a part
   */
  public StepLog(RunFolder folder, String stage, int partSteps) {
    this.folder = folder;
    this.stage = stage;
    this.partSteps = partSteps;
  }

  public synchronized void add(StepRecord step) {
    try {
      lines.add(JSON.writeValueAsString(step));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write step " + step.step() + " as JSON", e);
    }
    if (lines.size() % partSteps == 0) {
      String name = "%s-%08d.jsonl".formatted(stage, step.step());
      folder
          .files()
          .writeText(
              new Path(folder.stepParts(), name),
              text(lines.subList(lines.size() - partSteps, lines.size())));
    }
  }

  /** Joins all steps into one file and removes the parts. */
  public synchronized void close() {
    folder.files().writeText(folder.steps(stage), text(lines));
    if (folder.files().exists(folder.stepParts())) {
      folder.files().list(folder.stepParts()).stream()
          .filter(part -> part.getName().startsWith(stage + "-"))
          .forEach(folder.files()::delete);
    }
  }

  private static String text(List<String> lines) {
    return String.join("\n", lines) + "\n";
  }
}
