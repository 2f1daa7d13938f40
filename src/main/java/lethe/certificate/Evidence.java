package lethe.certificate;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The files of a run that a certificate is about, with their SHA-256: those of the model, and those
 * that say how it was made and what was found.
 *
 * @param run the folder
 */
record Evidence(RunFolder run) {
  /** The SHA-256 of each file of the model, by its name below the run's folder. */
  SortedMap<String, String> model() {
    if (!files().exists(run.model())) {
      throw new InvalidSettings(
          "Cannot certify %s: it has no model; run unlearn, evaluate and report first"
              .formatted(run.root()));
    }
    return digests(List.of(run.model()));
  }

  /** The same of corpus, steps, scores and report. */
  SortedMap<String, String> others() {
    for (Path needed :
        List.of(
            run.provenance(),
            run.corpusManifest(),
            run.evaluation(),
            new Path(run.report(), "report.json"))) {
      if (!files().exists(needed)) {
        throw new InvalidSettings(
            "Cannot certify %s: there is no %s; let the run end first"
                .formatted(run.root(), needed));
      }
    }
    return digests(
        List.of(
            run.provenance(),
            run.corpus(),
            run.documents(),
            run.requests(),
            run.duplicates(),
            run.rejects(),
            run.steps(RunFolder.UNLEARN),
            run.steps("pretrain"),
            run.steps("retrain"),
            new Path(run.retrained(), "lethe.json"), // with the digests of its weights
            run.rangeTest(),
            run.taskVectorScale(),
            run.steps(RunFolder.RANGE_TEST),
            run.stop(),
            run.coverage(),
            run.evaluation().getParent(), // scores of every model, and what was made of them
            run.deleted(),
            new Path(run.report(), "report.json")));
  }

  private Files files() {
    return run.files();
  }

  private SortedMap<String, String> digests(List<Path> places) {
    SortedMap<String, String> digests = new TreeMap<>();
    for (Path place : places) {
      if (files().exists(place)) {
        add(place, digests);
      }
    }
    return digests;
  }

  private void add(Path place, SortedMap<String, String> digests) {
    if (files().isFile(place)) {
      digests.put(name(place), files().sha256(place));
      return;
    }
    files().list(place).forEach(file -> digests.put(name(file), files().sha256(file)));
    files().folders(place).forEach(folder -> add(folder, digests));
  }

  /** The name below the run's folder. */
  private String name(Path file) {
    return run.root().toUri().relativize(file.toUri()).getPath();
  }
}
