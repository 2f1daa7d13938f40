package lethe.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.json.OrNull;
import org.apache.hadoop.fs.Path;

/**
 * {@code continual.json}: the tasks that are forgotten and scored. What is listed here need not be
 * done again, even where its model was deleted since.
 *
 * @param tasks in order
 */
record ForgottenTasks(int version, List<Forgotten> tasks) {
  private static final int VERSION = 1;
  private static final String FILE = "continual.json";
  private static final String REMEDY =
      "restore it, or delete it, and the tasks whose models are there are taken over";

  /**
   * A task that is done.
   *
   * @param start fingerprint of the model that it began with; null where it is not recorded
   * @param model fingerprint of the model that has forgotten it
   */
  record Forgotten(String name, @OrNull String start, String model) {}

  /** Reads the file; without it, no task is done. */
  static ForgottenTasks read(RunFolder all) {
    return all.files()
        .readObjectIfThere(file(all), REMEDY)
        .map(json -> Files.record(file(all), json, ForgottenTasks.class, REMEDY))
        .orElse(new ForgottenTasks(VERSION, List.of()));
  }

  /** Begins anew. */
  static void delete(RunFolder all) {
    all.files().delete(file(all));
  }

  private static Path file(RunFolder all) {
    return new Path(all.root(), FILE);
  }

  /** The entry of a task, if it is done. */
  Optional<Forgotten> of(String name) {
    return tasks.stream().filter(task -> task.name().equals(name)).findFirst();
  }

  /** The same with another task, which takes the place of its earlier entry, written down. */
  ForgottenTasks with(Forgotten task, RunFolder all) {
    if (tasks.contains(task)) {
      return this;
    }
    List<Forgotten> more = new ArrayList<>(tasks);
    more.removeIf(other -> other.name().equals(task.name()));
    more.add(task);
    ForgottenTasks result = new ForgottenTasks(VERSION, List.copyOf(more));
    all.files().writeJson(file(all), result);
    return result;
  }
}
