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
 * states and scores. With {@code run.keep = minimal} they are deleted then, and listed in {@code
 * deleted.json}.
 */
record IntermediateFiles(RunFolder folder) {
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
   * @return what was deleted, in a few words with its size; empty if there was nothing to delete
   */
  String delete(Clock clock) {
    List<Deleted> deleted = new ArrayList<>();
    roots().forEach(root -> collect(root, deleted));
    if (deleted.isEmpty()) {
      return "";
    }
    long bytes = deleted.stream().mapToLong(Deleted::bytes).sum();
    Map<String, Object> list = new LinkedHashMap<>();
    list.put("version", 1);
    list.put("deleted", clock.instant().toString());
    list.put("bytes", bytes);
    list.put("files", Stream.concat(before().stream(), deleted.stream()).toList());
    folder.files().writeJson(folder.deleted(), list);
    roots().forEach(folder.files()::delete);
    return "%d files, %.1f MB".formatted(deleted.size(), bytes / 1e6);
  }

  /** The files that a driver listed which was killed while it deleted them. */
  private List<Object> before() {
    List<Object> before = new ArrayList<>();
    folder
        .files()
        .readObjectIfThere(folder.deleted(), "restore it, or delete it and run report again")
        .ifPresent(list -> list.path("files").forEach(before::add));
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
