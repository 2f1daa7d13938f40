package lethe.pipeline;

import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.run.Keep;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import org.apache.hadoop.fs.Path;

/**
 * What a run needs only until its report is made: chunks, tables about the corpus, labels, resume
 * states, the models that were kept on the way, and scores. With {@code run.keep = minimal} they
 * are deleted then, and listed in {@code deleted.json}.
 */
record IntermediateFiles(RunFolder folder) {
  private static final int VERSION = 1;

  /**
   * {@code deleted.json}.
   *
   * @param deleted when, in ISO 8601
   * @param bytes of all files
   */
  record DeletedFiles(int version, String deleted, long bytes, List<Deleted> files) {}

  /**
   * A file that was deleted.
   *
   * @param path below the run folder
   * @param sha256 of its bytes
   */
  record Deleted(String path, long bytes, String sha256) {}

  private List<Path> roots() {
    Files files = folder.files();
    Path scores = folder.evaluation().getParent();
    return Stream.concat(
            Stream.of(
                folder.chunks(),
                folder.documents(),
                folder.rejects(),
                folder.requests(),
                folder.duplicates(),
                folder.labels(),
                folder.divergences(),
                folder.verbatim(),
                folder.robustnessTables(),
                folder.answers(),
                folder.modelsAtSteps(),
                folder.checkpoints(RunFolder.UNLEARN).getParent(),
                folder.stepParts()),
            files.exists(scores) ? files.folders(scores).stream() : Stream.of())
        .filter(files::exists)
        .toList();
  }

  /**
   * Deletes them. The list is written first, so that what a killed driver has deleted is known, and
   * the next one deletes the rest.
   *
   * @return what the list has, in a few words with its size; empty if nothing was ever deleted
   * @throws InvalidSettings when an earlier list is damaged
   */
  String delete(Clock clock) {
    Map<String, Deleted> all = before();
    List<Deleted> found = new ArrayList<>();
    roots().forEach(root -> collect(root, found));
    found.forEach(file -> all.put(file.path(), file));
    long bytes = all.values().stream().mapToLong(Deleted::bytes).sum();
    if (!found.isEmpty()) {
      folder
          .files()
          .writeJson(
              folder.deleted(),
              new DeletedFiles(
                  VERSION, clock.instant().toString(), bytes, List.copyOf(all.values())));
      roots().forEach(folder.files()::delete);
    }
    return all.isEmpty() ? "" : "%d files, %.1f MB".formatted(all.size(), bytes / 1e6);
  }

  /** The files that an earlier driver listed, which may have been killed while it deleted them. */
  private Map<String, Deleted> before() {
    String remedy = "restore it, or delete it and run report again";
    Map<String, Deleted> before = new LinkedHashMap<>();
    folder
        .files()
        .readObjectIfThere(folder.deleted(), remedy)
        .map(list -> Files.record(folder.deleted(), list, DeletedFiles.class, remedy))
        .ifPresent(list -> list.files().forEach(file -> before.put(file.path(), file)));
    return before;
  }

  private void collect(Path at, List<Deleted> found) {
    Files files = folder.files();
    if (files.isFile(at)) {
      String path = folder.root().toUri().relativize(at.toUri()).getPath();
      found.add(new Deleted(path, files.length(at), files.sha256(at)));
    } else {
      files.list(at).forEach(file -> collect(file, found));
      files.folders(at).forEach(inner -> collect(inner, found));
    }
  }

  /**
   * Refuses to run a stage without what was deleted.
   *
   * @param stage which is not finished, and does not make the corpus again
   * @throws InvalidSettings when it was deleted
   */
  void require(String stage) {
    if (folder.files().exists(folder.deleted())) {
      throw new InvalidSettings(
          "Cannot %s: run.keep=%s deleted the chunks of %s (%s lists what was deleted); run everything again with overwrite=true, or name another run.dir"
              .formatted(
                  stage,
                  Section.spelling(Keep.MINIMAL),
                  folder.root(),
                  folder.deleted().getName()));
    }
  }
}
