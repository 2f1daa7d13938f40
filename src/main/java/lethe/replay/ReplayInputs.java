package lethe.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lethe.corpus.Manifest;
import lethe.corpus.SourceTables;
import lethe.folder.RunFolder;
import lethe.pipeline.GivenModels;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.SparkSession;

/**
 * What a run began with: models by their fingerprints, the corpus by its chunks. Others are refused
 * before anything is trained.
 *
 * @param run that is certified
 * @param place of the replay
 */
record ReplayInputs(RunFolder run, ReplayFolder place, ReplayStages stages) {
  /**
   * Compares the models that the run was given.
   *
   * @throws InvalidSettings when one is gone, or another one
   */
  void checkModels() {
    Map<String, String> certified = Recorded.origin(run).made().models();
    List<String> problems = new ArrayList<>();
    new GivenModels(stages.settings().config(Verb.UNLEARN))
        .fingerprints()
        .forEach(
            (use, now) -> {
              String was = certified.get(use);
              if (!now.equals(was)) {
                problems.add(
                    "the %s model had the fingerprint %s, has %s".formatted(use, was, now));
              }
            });
    refuse(problems, "name the model that the run began with, as in model.path=FOLDER");
  }

  /**
   * Prepares the corpus again, and compares it.
   *
   * @throws InvalidSettings naming what differs
   */
  void prepare() {
    RunFolder folder = stages.folder();
    Manifest certified = Manifest.read(run);
    boolean prepared = folder.files().exists(folder.corpusManifest());
    if (certified.tables() != null && !prepared) { // the versions of tables that the run read
      folder.files().writeJson(folder.sourceTables(), new SourceTables(certified.tables()));
    }
    stages.run(Verb.PREPARE);
    String was = certified.chunksSha256();
    String is = Manifest.read(folder).chunksSha256();
    if (!was.equals(is)) {
      List<String> problems = new ArrayList<>();
      problems.add("chunks_sha256 of the corpus was %s, is %s".formatted(was, is));
      SparkSession spark = SparkSession.builder().appName("lethe verify").getOrCreate();
      problems.addAll(new ChangedCorpus(run, folder).sentences(spark));
      place.clear(); // or the next replay would take this corpus for finished
      refuse(problems, "name the sources that the run read, as corpus.sources=[...]");
    }
    stages.say("the corpus is the one that was certified: chunks_sha256 " + is);
  }

  private void refuse(List<String> problems, String remedy) {
    if (!problems.isEmpty()) {
      List<String> lines = new ArrayList<>();
      lines.add(
          "Cannot replay %s: its inputs are not those that were certified, so nothing was trained; restore them, or %s"
              .formatted(run.root(), remedy));
      problems.forEach(problem -> lines.add("  " + problem));
      throw new InvalidSettings(lines);
    }
  }
}
