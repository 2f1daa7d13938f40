package lethe;

/** What a user can ask for. */
enum Verb {
  RUN("everything in order: prepare, pretrain (if enabled), unlearn, evaluate, report"),
  PREPARE("read the sources, split, tokenize, and write the chunks"),
  PRETRAIN("train a model from random weights on splits of the corpus"),
  FINETUNE("train the model on splits of the corpus, by plain descent"),
  RETRAIN("train as pretrain did, from the same weights, without the documents to forget"),
  UNLEARN("make the model forget"),
  PREFLIGHT("check that the cluster, the folders and the models are fit for a run"),
  EVALUATE("score the original and the unlearned model on every split"),
  REPORT("write the report from the scores"),
  BENCH("measure how fast a model runs here beside matrix products; needs no Spark and no CONF");

  private final String summary;

  Verb(String summary) {
    this.summary = summary;
  }

  String summary() {
    return summary;
  }

  /** Whether it needs what training needs of a cluster. */
  boolean trains() {
    return this != PREPARE && this != EVALUATE && this != REPORT && this != BENCH;
  }

  /** Whether this verb includes a stage. */
  boolean does(Verb stage) {
    return this == stage
        || (this == RUN && stage != FINETUNE && stage != RETRAIN && stage != PREFLIGHT);
  }
}
