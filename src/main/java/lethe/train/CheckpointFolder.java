package lethe.train;

import java.util.Comparator;
import java.util.List;
import lethe.folder.Files;
import org.apache.hadoop.fs.Path;

/**
 * The checkpoints of a stage, each a folder named after its step. One is finished when its manifest
 * is there.
 *
 * @param path of all of them
 */
record CheckpointFolder(Path path, Files files) {

  /** Steps that have a checkpoint, finished or not, newest first. */
  List<Integer> steps() {
    if (!files.exists(path)) {
      return List.of();
    }
    return files.folders(path).stream()
        .map(Path::getName)
        .filter(name -> name.matches("step-\\d{8}"))
        .map(name -> Integer.parseInt(name.substring(5)))
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  /** The checkpoint of a step. */
  Path of(int step) {
    return new Path(path, "step-%08d".formatted(step));
  }

  Path manifest(int step) {
    return new Path(of(step), "manifest.json");
  }

  boolean finished(int step) {
    return files.exists(manifest(step));
  }

  /**
   * Removes a checkpoint, its manifest first: one whose removal was interrupted is then unfinished
   * and not damaged.
   */
  void discard(int step) {
    files.delete(manifest(step));
    files.delete(of(step));
  }

  /** Removes all. */
  void discard() {
    steps().forEach(this::discard);
    files.delete(path);
  }
}
