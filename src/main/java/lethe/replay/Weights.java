package lethe.replay;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import org.apache.hadoop.fs.Path;

/**
 * The files of weights of a model.
 *
 * @param sha256 of each, by its name below the run's folder
 */
record Weights(SortedMap<String, String> sha256) {
  private static final String SUFFIX = ".safetensors";

  /**
   * A file that differs.
   *
   * @param certified its SHA-256; empty where it was not certified
   * @param replayed the same of the replay; empty where it is not there
   */
  record Difference(String name, Optional<String> certified, Optional<String> replayed) {
    String sentence() {
      return "%s: certified with the SHA-256 %s, replayed with %s"
          .formatted(name, certified.orElse("of no file"), replayed.orElse("that of no file"));
    }
  }

  /** Those among the files of a model that a certificate names. */
  static Weights of(Map<String, String> model) {
    SortedMap<String, String> weights = new TreeMap<>(model);
    weights.keySet().removeIf(name -> !name.endsWith(SUFFIX));
    return new Weights(weights);
  }

  /** Those that a run has written, its adapter's included. */
  static Weights of(RunFolder run) {
    SortedMap<String, String> weights = new TreeMap<>();
    add(run, run.model(), weights);
    return of(weights);
  }

  private static void add(RunFolder run, Path folder, SortedMap<String, String> to) {
    Files files = run.files();
    files.list(folder).stream()
        .filter(file -> file.getName().endsWith(SUFFIX))
        .forEach(
            file ->
                to.put(run.root().toUri().relativize(file.toUri()).getPath(), files.sha256(file)));
    files.folders(folder).forEach(inner -> add(run, inner, to));
  }

  /** The first file, by name, that is not the same in a replay. */
  Optional<Difference> firstDifference(Weights replayed) {
    TreeSet<String> names = new TreeSet<>(sha256.keySet());
    names.addAll(replayed.sha256.keySet());
    return names.stream()
        .map(
            name ->
                new Difference(
                    name,
                    Optional.ofNullable(sha256.get(name)),
                    Optional.ofNullable(replayed.sha256.get(name))))
        .filter(one -> !one.certified().equals(one.replayed()))
        .findFirst();
  }
}
