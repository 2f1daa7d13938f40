package lethe.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import lethe.folder.RunFolder;
import lethe.json.Json;
import org.apache.hadoop.fs.Path;

/**
 * The record of a training run: closed parts while it goes on, since object stores cannot append,
 * and one {@code steps.jsonl} at the end. The thread of {@link StepLoop} alone uses it.
 */
final class StepLog {
  private final RunFolder folder;
  private final String stage;
  private final int partSteps;
  private final Consumer<String> tell;
  private final List<String> lines = new ArrayList<>();
  private int written;

  private StepLog(RunFolder folder, String stage, int partSteps, Consumer<String> tell) {
    this.folder = folder;
    this.stage = stage;
    this.partSteps = partSteps;
    this.tell = tell;
  }

  /**
   * Opens the record of a stage.
   *
   * @param stage for example {@code unlearn}
   * @param partSteps steps per part
   * @param from steps already applied: their records in closed parts are kept, those of later steps
   *     are dropped
   * @param tell takes a sentence for the user
   */
  static StepLog open(
      RunFolder folder, String stage, int partSteps, int from, Consumer<String> tell) {
    StepLog log = new StepLog(folder, stage, partSteps, tell);
    log.parts().forEach(part -> log.read(part, from));
    if (log.lines.size() < from && folder.files().exists(folder.steps(stage))) {
      log.read(folder.steps(stage), from); // joined, but then the model was not written
    }
    if (log.lines.size() < from) {
      throw new IllegalStateException(
          "Cannot continue after step %d: the records in %s end with step %d; set overwrite=true to train from the start"
              .formatted(from, folder.stepParts(), log.lines.size()));
    }
    // One part replaces all others: none may remain with records of steps that will be recorded
    // again.
    List<Path> before = log.parts();
    log.flush();
    before.stream()
        .filter(part -> !part.getName().equals(log.name()))
        .forEach(folder.files()::delete);
    return log;
  }

  /** Removes all records of a stage that starts from the beginning. */
  static void discard(RunFolder folder, String stage) {
    StepLog log = new StepLog(folder, stage, 1, sentence -> {});
    log.parts().forEach(folder.files()::delete);
    folder.files().delete(folder.steps(stage));
  }

  /** Reads the next steps, up to step {@code most}. */
  private void read(Path file, int most) {
    for (String line : new String(folder.files().read(file), StandardCharsets.UTF_8).split("\n")) {
      // A driver killed between joining parts and removing them leaves some steps recorded twice.
      if (lines.size() < most && step(line) == lines.size() + 1) {
        lines.add(line);
      }
    }
  }

  void add(StepRecord step) {
    try {
      lines.add(Json.MAPPER.writeValueAsString(step));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write step " + step.step() + " as JSON", e);
    }
    if (lines.size() % partSteps == 0) {
      try {
        flush();
      } catch (RuntimeException e) {
        tell.accept(
            "Warning: the records up to step %d could not be written (%s)%s. Training goes on and tries again, without a checkpoint until it succeeds"
                .formatted(step.step(), e.getMessage(), left()));
      }
    }
  }

  private String left() {
    try {
      return String.format(
          Locale.ROOT,
          "; %s has %.2f MB left",
          folder.root(),
          folder.files().left(folder.root()) / 1e6);
    } catch (RuntimeException e) {
      return "";
    }
  }

  /** Whether every step is in a closed part: what a checkpoint may rely on. */
  boolean isWhole() {
    return written == lines.size();
  }

  private static int step(String line) {
    try {
      return line.isBlank() ? 0 : Json.MAPPER.readTree(line).path("step").asInt();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read the step record " + line, e);
    }
  }

  /** Closes a part with all steps that are in none yet. */
  void flush() {
    if (lines.size() > written) {
      folder
          .files()
          .writeText(
              new Path(folder.stepParts(), name()), text(lines.subList(written, lines.size())));
      written = lines.size();
    }
  }

  /** The name of a part that ends with the newest step. */
  private String name() {
    return "%s-%08d.jsonl".formatted(stage, lines.size());
  }

  /** Joins all steps into one file and removes the parts. */
  void close() {
    folder.files().writeText(folder.steps(stage), text(lines));
    parts().forEach(folder.files()::delete);
  }

  private List<Path> parts() {
    if (!folder.files().exists(folder.stepParts())) {
      return List.of();
    }
    return folder.files().list(folder.stepParts()).stream()
        .filter(part -> part.getName().startsWith(stage + "-"))
        .toList();
  }

  private static String text(List<String> lines) {
    return String.join("\n", lines) + "\n";
  }
}
