package lethe.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
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

  /** By step, as they are written; a step whose record was lost has none. */
  private final SortedMap<Integer, String> records = new TreeMap<>();

  private int newest;
  private int written;

  private StepLog(RunFolder folder, String stage, int partSteps, Consumer<String> tell) {
    this.folder = folder;
    this.stage = stage;
    this.partSteps = partSteps;
    this.tell = tell;
  }

  /**
   * Opens the record of a stage. Nothing depends on the records, so training goes on without those
   * that are lost or damaged; the user is told which these are, and the report counts them.
   *
   * @param stage for example {@code unlearn}
   * @param partSteps steps per part
   * @param from steps already applied: their records in closed parts are kept, those of later steps
   *     are dropped
   * @param tell takes a sentence for the user
   * @throws InvalidSettings when there is a folder where the record belongs
   */
  static StepLog open(
      RunFolder folder, String stage, int partSteps, int from, Consumer<String> tell) {
    Path joined = folder.steps(stage);
    boolean before = folder.files().exists(joined);
    if (before && !folder.files().isFile(joined)) {
      throw new InvalidSettings(
          "Cannot write %s: it is a folder; delete it or move it away".formatted(joined));
    }
    StepLog log = new StepLog(folder, stage, partSteps, tell);
    List<Path> parts = log.parts();
    parts.forEach(part -> log.read(part, from));
    if (log.records.size() < from && before) {
      log.read(joined, from); // joined, but then the model was not written
    }
    log.tellOfGaps(from);
    log.newest = from;
    // One part replaces all others: none may remain with records of steps that will be recorded
    // again.
    log.flush();
    parts.stream()
        .filter(part -> log.records.isEmpty() || !part.getName().equals(log.name()))
        .forEach(folder.files()::delete);
    return log;
  }

  /** Removes all records of a stage that starts from the beginning. */
  static void discard(RunFolder folder, String stage) {
    StepLog log = new StepLog(folder, stage, 1, sentence -> {});
    log.parts().forEach(folder.files()::delete);
    folder.files().delete(folder.steps(stage));
  }

  /** Reads the records up to step {@code most} that are not known yet; damaged ones are none. */
  private void read(Path file, int most) {
    for (String line : new String(folder.files().read(file), StandardCharsets.UTF_8).split("\n")) {
      int step = step(line);
      // A driver killed between joining parts and removing them leaves some steps recorded twice.
      if (step >= 1 && step <= most) {
        records.putIfAbsent(step, line);
      }
    }
  }

  /** The step that a line records; 0 if it is no whole record. */
  private static int step(String line) {
    try {
      JsonNode record = Json.MAPPER.readTree(line);
      boolean whole =
          record.path("step").isInt()
              && record.path("losses").isObject()
              && record.path("counts").isObject();
      return whole ? record.path("step").asInt() : 0;
    } catch (JsonProcessingException e) {
      return 0;
    }
  }

  private void tellOfGaps(int from) {
    int missing = from - records.size();
    if (missing > 0) {
      int first = 1;
      while (records.containsKey(first)) {
        first++;
      }
      tell.accept(
          "Warning: the records of %d of %d steps of %s are missing or damaged in %s, the first is step %d. Training goes on from its checkpoint, which is whole; the report counts them as missing"
              .formatted(missing, from, stage, folder.stepParts(), first));
    }
  }

  void add(StepRecord step) {
    try {
      records.put(step.step(), Json.MAPPER.writeValueAsString(step));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write step " + step.step() + " as JSON", e);
    }
    newest = step.step();
    if (newest % partSteps == 0) {
      try {
        flush();
      } catch (LeaseLostException e) {
        throw e;
      } catch (RuntimeException e) {
        tell.accept(
            "Warning: the records up to step %d could not be written (%s)%s. Training goes on and tries again, without a checkpoint until it succeeds"
                .formatted(newest, e.getMessage(), left()));
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

  /** Whether every step is in a closed part, so that the next checkpoint has its records. */
  boolean isWhole() {
    return written == newest;
  }

  /** Closes a part with all steps that are in none yet. */
  void flush() {
    SortedMap<Integer, String> open = records.tailMap(written + 1);
    if (!open.isEmpty()) {
      folder.files().writeText(new Path(folder.stepParts(), name()), text(open));
    }
    written = newest;
  }

  /** The name of a part that ends with the newest step. */
  private String name() {
    return "%s-%08d.jsonl".formatted(stage, newest);
  }

  /** Joins all steps into one file and removes the parts. */
  void close() {
    folder.files().writeText(folder.steps(stage), text(records));
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

  private static String text(SortedMap<Integer, String> records) {
    return String.join("\n", records.values()) + "\n";
  }
}
