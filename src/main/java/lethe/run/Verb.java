package lethe.run;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What a user can ask for. */
public enum Verb {
  RUN("everything in order: prepare, pretrain (if enabled), unlearn, evaluate, report"),
  PREPARE("read the sources, split, tokenize, and write the chunks"),
  PRETRAIN("train a model from random weights on splits of the corpus"),
  FINETUNE("train the model on splits of the corpus, by plain descent"),
  RETRAIN("train as pretrain did, from the same weights, without the documents to forget"),
  UNLEARN("make the model forget"),
  EVALUATE("score the original and the unlearned model on every split"),
  VALIDATE(
      "check all that needs no Spark: settings, models, sources, tasks, memory; writes nothing"),
  PREFLIGHT("validate, then start Spark to check that all executors come"),
  REPORT("write the report from the scores"),
  SWEEP("run several methods and learning rates on one corpus, compare them, and recommend one"),
  CONTINUAL(
      "forget tasks one after the other, each from the model before it, and test all of them again after each"),
  NIGHTLY(
      "forget what open requests name, as a run of its own that begins with the model in service"),
  LEDGER("what became of requests to forget: of one, of all, of those overdue; checks the chain"),
  CERTIFY(
      "write what a run has shown of its model as a certificate over the model's files and all evidence"),
  VERIFY(
      "check a certificate against the files of its run: each file that differs is named; with --replay, train again and compare the weights"),
  EXPLAIN("what a setting means, its default, and where its value in a run was set"),
  BENCH(
      "measure how fast a model runs here beside matrix products; needs no Spark and no run file");

  private final String summary;

  Verb(String summary) {
    this.summary = summary;
  }

  /** What it does, in a line for the help. */
  public String summary() {
    return summary;
  }

  /** As users write it. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it needs what training needs of a cluster. */
  public boolean trains() {
    return this != PREPARE && this != EVALUATE && this != REPORT && !apart();
  }

  /** Whether it only checks what a run needs and writes nothing. */
  boolean looks() {
    return this == VALIDATE || this == PREFLIGHT;
  }

  /** Whether it has nothing to do with a run's stages. */
  private boolean apart() {
    return switch (this) {
      case SWEEP, CONTINUAL, NIGHTLY, LEDGER, CERTIFY, VERIFY, EXPLAIN, BENCH -> true;
      default -> false;
    };
  }

  /** The stages whose output is made from this one's. */
  public Set<Verb> madeFrom() {
    return switch (this) {
      case PREPARE -> EnumSet.of(PRETRAIN, FINETUNE, RETRAIN, UNLEARN, EVALUATE);
      case PRETRAIN -> EnumSet.of(FINETUNE, UNLEARN, EVALUATE);
      case RETRAIN, UNLEARN -> EnumSet.of(EVALUATE);
      default -> EnumSet.noneOf(Verb.class);
    };
  }

  /** Whether this verb includes a stage. */
  public boolean does(Verb stage) {
    return this == stage
        || (this == RUN
            && stage != FINETUNE
            && stage != RETRAIN
            && !stage.looks()
            && !stage.apart());
  }
}
