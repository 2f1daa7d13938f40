package lethe.folder;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The paths of everything in one run. Stages exchange data only here.
 *
 * @param root {@code run.dir}, on any Hadoop path
 * @param files access to it
 */
public record RunFolder(Path root, Files files) {
  /** The stage whose records have names of their own. */
  public static final String UNLEARN = "unlearn";

  /** The search for the learning rate before it. */
  public static final String RANGE_TEST = "range-test";

  /** Name of {@link #chunks()} in {@link #corpus()}. */
  public static final String CHUNKS = "chunks";

  public static RunFolder of(String directory, Configuration hadoop) {
    Files files = new Files(hadoop);
    return new RunFolder(files.qualified(Files.path(directory)), files);
  }

  /** Provenance: resolved settings, versions, seed, hashes of inputs. */
  public Path provenance() {
    return new Path(root, "run.json");
  }

  /** Chunks and their manifest. */
  public Path corpus() {
    return new Path(root, "corpus");
  }

  /** Chunks as Parquet, and nothing else, so that other programs can read the folder. */
  public Path chunks() {
    return new Path(corpus(), CHUNKS);
  }

  /** Written last by prepare: it is the commit of {@link #corpus()}. */
  public Path corpusManifest() {
    return new Path(corpus(), "manifest.json");
  }

  /** Which versions of tables a prepare reads that is not finished; then the manifest has them. */
  public Path sourceTables() {
    return new Path(root, "corpus-sources.json");
  }

  /** Rows that could not be used, each with its reason. */
  public Path rejects() {
    return new Path(root, "corpus-rejects");
  }

  /** Tables made from the chunks and frozen models before training: substitute labels, scores. */
  public Path labels() {
    return new Path(root, "labels");
  }

  /**
   * The documents of each split, with the SHA-256 of their texts, and where each was read: number
   * of its source, file, and a number that grows along the file.
   */
  public Path documents() {
    return new Path(root, "corpus-documents");
  }

  /** Requests to forget, and the documents taken for each. */
  public Path requests() {
    return new Path(root, "corpus-requests");
  }

  /** Documents that repeat others, and what was done about it. */
  public Path duplicates() {
    return new Path(root, "corpus-duplicates");
  }

  /** One JSON line per optimizer step, for a stage by its name. */
  public Path steps(String stage) {
    return new Path(root, stage.equals(UNLEARN) ? "steps.jsonl" : stage + "-steps.jsonl");
  }

  /** How a training that stops at its target ended. */
  public Path stop() {
    return new Path(root, "stop.json");
  }

  /** The learning rate that a range test has found, and what it was found from. */
  public Path rangeTest() {
    return new Path(root, "range-test.json");
  }

  /** How labels were made before training, and what cutting them loses. */
  public Path storedLabels() {
    return new Path(root, "stored-labels.json");
  }

  /** How many times a task vector is taken off, and what else was tried. */
  public Path taskVectorScale() {
    return new Path(root, "task-vector-scale.json");
  }

  /** The model of a scale that is being tried. */
  public Path trial() {
    return new Path(root, "task-vector-trial");
  }

  /** How much of the forget split the unlearned weights have been trained on. */
  public Path coverage() {
    return new Path(root, "coverage.json");
  }

  /** Closed parts of step records, while training goes on. */
  public Path stepParts() {
    return new Path(root, "steps");
  }

  /** Exact resume states of a training stage. */
  public Path checkpoints(String stage) {
    return new Path(new Path(root, "checkpoints"), stage);
  }

  /** The unlearned model, a Hugging Face folder. */
  public Path model() {
    return new Path(root, "model");
  }

  /** The models that unlearning kept on its way, each in a folder named by its steps. */
  public Path modelsAtSteps() {
    return new Path(root, "model-at-steps");
  }

  /** The model that {@code pretrain} made, a Hugging Face folder. */
  public Path original() {
    return new Path(root, "original");
  }

  /** The model that {@code finetune} made, a Hugging Face folder. */
  public Path finetuned() {
    return new Path(root, "finetuned");
  }

  /** The model that {@code retrain} made, a Hugging Face folder. */
  public Path retrained() {
    return new Path(root, "retrained");
  }

  /** One folder of Parquet per evaluated model. */
  public Path scores(String model) {
    return new Path(new Path(root, "scores"), model);
  }

  /** One folder of Parquet per model that is compared with the retrained one, chunk by chunk. */
  public Path divergences(String model) {
    return new Path(divergences(), model);
  }

  /** All of {@link #divergences(String)}. */
  public Path divergences() {
    return new Path(root, "divergences");
  }

  /** One folder of Parquet per model whose continuations of chunks were compared with them. */
  public Path verbatim(String model) {
    return new Path(verbatim(), model);
  }

  /** All of {@link #verbatim(String)}. */
  public Path verbatim() {
    return new Path(root, "verbatim");
  }

  /** Written last by evaluate: it is the commit of all {@link #scores}. */
  public Path evaluation() {
    return new Path(new Path(root, "scores"), "evaluation.json");
  }

  /** Whether forgetting lasts when the model is changed; only if that was asked for. */
  public Path robustness() {
    return new Path(new Path(root, "scores"), "robustness.json");
  }

  /** The figures behind {@link #robustness()}. */
  public Path robustnessScores() {
    return new Path(new Path(root, "scores"), "robustness-scores.json");
  }

  /** What a model answered to questions, as Parquet; it has the texts of questions and answers. */
  public Path answers(String model) {
    return new Path(answers(), model);
  }

  /** The same as JSON lines. */
  public Path answerLines(String model) {
    return new Path(answers(), model + ".jsonl");
  }

  /** All of {@link #answers(String)}. */
  public Path answers() {
    return new Path(root, "answers");
  }

  /** The figures of {@link #answers()}; only if questions were asked. */
  public Path answerScores() {
    return new Path(new Path(root, "scores"), "answers.json");
  }

  /** Models and tables that checks of the robustness made. */
  public Path robustnessTables() {
    return new Path(root, "robustness");
  }

  /** What was deleted after the report, with its sizes and hashes; only if that was asked for. */
  public Path deleted() {
    return new Path(root, "deleted.json");
  }

  /** Run events of OpenLineage; only if that was asked for. */
  public Path lineage() {
    return new Path(root, "lineage.jsonl");
  }

  public Path report() {
    return new Path(root, "report");
  }

  /** A folder for each training, with an event file of TensorBoard; only if that was asked for. */
  public Path tensorBoard() {
    return new Path(root, "tensorboard");
  }

  /** The run that a server of MLflow keeps of this one; only if there is one. */
  public Path mlflow() {
    return new Path(root, "mlflow.json");
  }
}
