package lethe.check;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import lethe.corpus.Manifest;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.model.adapter.PeftFolder;
import lethe.model.checkpoint.HfFolder;
import lethe.run.Provenance;
import lethe.run.RunConfig;
import lethe.run.Verb;
import org.apache.hadoop.fs.Path;

/**
 * The state of the run folder: whether the verb can start from it, and whether it would overwrite
 * what it reads.
 */
final class RunState {
  private final RunConfig config;
  private final RunFolder folder;
  private final ReachablePaths reach;
  private final Findings findings;

  RunState(RunConfig config, RunFolder folder, ReachablePaths reach, Findings findings) {
    this.config = config;
    this.folder = folder;
    this.reach = reach;
    this.findings = findings;
  }

  void look() {
    Files files = folder.files();
    if (files.exists(folder.root()) && files.isFile(folder.root())) {
      findings.problem("run.dir must be a folder, was the file " + folder.root());
      return;
    }
    findings.look(() -> new Provenance(config, folder).check());
    if (!files.exists(folder.provenance()) && files.exists(folder.corpusManifest())) {
      findings.warning(
          "there is no %s: whether the stages in that folder were made with these settings cannot be checked"
              .formatted(folder.provenance()));
    }
    if (config.verb() == Verb.REPORT) {
      if (config.report().compare().isEmpty() && !files.exists(folder.evaluation())) {
        missing("report", folder.evaluation(), "evaluate");
      }
      return;
    }
    if (!config.checks(Verb.PREPARE)) {
      findings.look(() -> Manifest.read(folder));
    }
    String verb = config.verb().spelling();
    boolean original =
        config.verb() == Verb.UNLEARN
            || config.verb() == Verb.EVALUATE
            || (config.verb() == Verb.FINETUNE && config.finetune().initialWeights().isEmpty());
    if (original && config.pretrain().isPresent()) {
      needs(verb, folder.original(), "pretrain");
    }
    if (config.verb() == Verb.EVALUATE) {
      needs(verb, folder.model(), "unlearn");
      if (config.evaluate().retrain()) {
        needs(verb, folder.retrained(), "retrain");
      }
    }
    targets();
  }

  private void needs(String verb, Path model, String stage) {
    Path commit = new Path(model, HfFolder.CONFIG);
    if (!folder.files().exists(commit) && !PeftFolder.is(model, folder.files())) {
      missing(verb, commit, stage);
    }
  }

  private void missing(String verb, Path file, String stage) {
    findings.problem("Cannot %s: there is no %s; run %s first".formatted(verb, file, stage));
  }

  /** Refuses to write a model over one that is read: that one would be lost. */
  private void targets() {
    Map<String, String> read = new LinkedHashMap<>();
    if (config.pretrain().isPresent()) {
      read.put("pretrain.model", config.pretrain().get().model());
    } else {
      read.put("model.path", config.model());
    }
    if (config.checks(Verb.PRETRAIN) && config.pretrain().isPresent()) {
      refuse(read, folder.original(), "pretrain");
    }
    if (config.checks(Verb.FINETUNE)) {
      refuse(
          with(read, "finetune.initial-weights", config.finetune().initialWeights()),
          folder.finetuned(),
          "finetune");
    }
    if (config.checks(Verb.RETRAIN)) {
      refuse(
          with(read, "retrain.initial-weights", config.retrain().initialWeights()),
          folder.retrained(),
          "retrain");
    }
    if (config.checks(Verb.UNLEARN)) {
      Map<String, String> all =
          with(read, "unlearn.initial-weights", config.unlearn().initialWeights());
      refuse(
          with(
              with(all, "unlearn.reinforced-model", config.unlearn().reinforcedModel()),
              "unlearn.teacher",
              config.unlearn().stored().teacher()),
          folder.model(),
          "unlearn");
    }
  }

  private static Map<String, String> with(
      Map<String, String> some, String setting, Optional<String> path) {
    Map<String, String> all = new LinkedHashMap<>(some);
    path.ifPresent(p -> all.put(setting, p));
    return all;
  }

  private void refuse(Map<String, String> read, Path target, String stage) {
    read.forEach(
        (setting, path) -> {
          if (reach.sees(path) && reach.path(path).equals(target)) {
            findings.problem(
                "%s must be another folder than %s, where %s writes its model"
                    .formatted(setting, target, stage));
          }
        });
  }
}
