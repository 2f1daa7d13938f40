package lethe.check;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;
import lethe.corpus.InputCheck;
import lethe.corpus.Manifest;
import lethe.corpus.token.HubTokenizer;
import lethe.evaluate.MultipleChoiceTask;
import lethe.evaluate.Paraphrases;
import lethe.evaluate.QuestionFile;
import lethe.evaluate.QuestionSet;
import lethe.evaluate.TaskFile;
import lethe.examples.RejectionSentences;
import lethe.examples.Replacements;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.report.KeyedIds;
import lethe.run.RunConfig;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The files that settings name besides models: whether they are there, and whether their layout is
 * right as far as this can be checked without Spark.
 */
final class InputFiles {
  private final RunConfig config;
  private final Files files;
  private final ReachablePaths reach;
  private final Findings findings;

  InputFiles(RunConfig config, Files files, ReachablePaths reach, Findings findings) {
    this.config = config;
    this.files = files;
    this.reach = reach;
    this.findings = findings;
  }

  /**
   * What prepare reads.
   *
   * @param context tokens that the model can read at once
   */
  void corpus(int context) {
    if (config.corpus().hub().isPresent()) {
      findings.look(HubTokenizer::find);
    }
    config.corpus().reuse().filter(reach::sees).ifPresent(this::reused);
    String model = config.pretrain().map(RunConfig.PretrainSettings::model).orElse(config.model());
    Path tokenizer = new Path(reach.sees(model) ? model : ".", "tokenizer.json");
    Predicate<String> known =
        path -> path.equals(tokenizer.toString()) || !reach.sees(path) || sampled(path);
    findings
        .look(() -> new InputCheck(config.corpus(), files).problems(tokenizer, context, known))
        .ifPresent(
            problems -> {
              findings.problems(problems);
              findings.right(
                  "%d sources and the files of %d splits are there"
                      .formatted(
                          config.corpus().sources().size(), config.corpus().askedSplits().size()));
            });
  }

  /**
   * How much the sources hold, as far as this process sees them: bytes, those of packed files taken
   * for tenfold; empty if unknown.
   */
  OptionalLong sourceBytes() {
    return new InputCheck(config.corpus(), files)
        .bytes(
            reach::sees,
            this::sampled,
            config.sample().map(sample -> sample.corpus().mostBytes()).orElse(0L));
  }

  /** Whether a path is in the sample's folder, which may not be written yet. */
  private boolean sampled(String path) {
    return config.sample().isPresent()
        && reach.sees(path)
        && below(path, config.sample().get().directory());
  }

  private boolean below(String path, String directory) {
    return reach.sees(directory)
        && reach.path(path).toString().startsWith(reach.path(directory) + "/");
  }

  private void reused(String run) {
    RunFolder earlier = new RunFolder(reach.path(run), files);
    if (!files.exists(earlier.corpusManifest())) {
      findings.problem(
          "corpus.reuse must be a run folder with a corpus, there is no "
              + earlier.corpusManifest());
    } else if (files.exists(earlier.deleted())) {
      findings.problem(
          "corpus.reuse must be a run folder with chunks, those of %s were deleted with run.keep=minimal; set corpus.reuse=null"
              .formatted(earlier.root()));
    } else {
      findings.look(() -> Manifest.read(earlier));
    }
  }

  void rejections() {
    config
        .unlearn()
        .rejections()
        .filter(reach::sees)
        .ifPresent(
            file ->
                findings.look(
                    () -> {
                      List<String> sentences = sentences(file);
                      findings.right("%d rejections in %s".formatted(sentences.size(), file));
                    }));
  }

  private List<String> sentences(String file) {
    try {
      return RejectionSentences.sentences(files.read(new Path(file)));
    } catch (InvalidSettings e) {
      throw new InvalidSettings("unlearn.rejections " + file + ": " + e.getMessage(), e);
    }
  }

  void replacements() {
    config
        .unlearn()
        .replacements()
        .filter(reach::sees)
        .ifPresent(
            file ->
                findings.look(
                    () -> {
                      int terms = replacements(file).size();
                      findings.right("%d terms with replacements in %s".formatted(terms, file));
                    }));
  }

  private Map<String, String> replacements(String file) {
    try {
      return Replacements.read(files.read(new Path(file)));
    } catch (InvalidSettings e) {
      throw new InvalidSettings("unlearn.replacements %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  void tasks() {
    for (MultipleChoiceTask task : config.evaluate().tasks()) {
      if (!task.path().isEmpty()
          && reach.sees(task.path())
          && findings.look(() -> new TaskFile(task, files).check())) {
        findings.right("task %s asks the questions of %s".formatted(task.name(), task.path()));
      }
    }
  }

  /** The key of the names that documents have in the report. */
  void idsKey() {
    config
        .report()
        .idsKeyFile()
        .filter(reach::sees)
        .flatMap(file -> findings.look(() -> KeyedIds.read(file, files)))
        .ifPresent(key -> findings.right("report.ids-key-file has a key"));
  }

  void paraphrases() {
    String path = config.evaluate().robustness().paraphrases();
    if (path != null
        && reach.sees(path)
        && findings.look(() -> new Paraphrases(path, files).check())) {
      findings.right("%s has documents in other words".formatted(path));
    }
  }

  void questions() {
    for (QuestionSet set : config.evaluate().answers().questions()) {
      if (!set.path().isEmpty()
          && reach.sees(set.path())
          && findings.look(() -> new QuestionFile(set, files).check())) {
        findings.right("the questions of %s are those of %s".formatted(set.name(), set.path()));
      }
    }
  }

  void compared() {
    for (String run : config.report().compare()) {
      if (reach.sees(run)) {
        Path report = new Path(new RunFolder(reach.path(run), files).report(), "report.json");
        if (!files.exists(report)) {
          findings.problem(
              "report.compare names %s, which has no report: there is no %s; run report on it first"
                  .formatted(run, report));
        }
      }
    }
  }
}
