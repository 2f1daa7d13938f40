package lethe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import lethe.corpus.Manifest;
import lethe.folder.RunFolder;
import lethe.model.Architecture;
import lethe.model.HfFolder;
import lethe.model.ModelSource;
import lethe.objective.Role;
import lethe.settings.InvalidSettings;
import lethe.train.Budget;
import org.apache.spark.SparkConf;
import org.apache.spark.network.util.JavaUtils;
import org.apache.spark.sql.SparkSession;

/**
 * What can be known to go wrong before training starts, told in seconds and all at once; each
 * problem names the setting to change. Needs no Spark but for {@link #executors}.
 */
final class Preflight {
  /** What Spark's own driver and executor take of a heap. */
  private static final long SPARK_HEAP = 400L << 20;

  private final Job job;
  private final RunFolder folder;
  private final Console console;
  private final Cluster cluster;
  private final SparkConf conf;
  private final long heap;
  private final List<String> problems = new ArrayList<>();

  /**
   * @param conf what Spark is told
   * @param heap most bytes that this process's may become
   */
  Preflight(Job job, RunFolder folder, Console console, SparkConf conf, long heap) {
    this.job = job;
    this.folder = folder;
    this.console = console;
    this.conf = conf;
    this.heap = heap;
    this.cluster = new Cluster(conf.get("spark.master", "local[*]"), conf::get);
  }

  /**
   * Checks all but what only a running Spark can tell.
   *
   * @param architecture of the model that is trained
   * @param models by the setting that names them: they must be of one kind
   * @throws InvalidSettings with every problem
   */
  void check(Architecture architecture, Map<String, ModelSource> models) {
    problems.addAll(cluster.problems(job.train(), job.plaintext()));
    if (job.verb().trains()) {
      training(architecture, models);
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
  }

  private void training(Architecture architecture, Map<String, ModelSource> models) {
    int frozen = Role.frozen(job.unlearn().roles()).size();
    Budget budget =
        Budget.of(
            architecture, job.train(), frozen, job.corpus().chunkTokens(), job.stop().atTarget());
    memory(architecture, budget);
    runFolder(budget);
    models(architecture, models);
    if (job.verb() == Verb.PREFLIGHT) {
      tell(architecture, budget);
    }
  }

  private void memory(Architecture architecture, Budget budget) {
    if (budget.driverHeap() + SPARK_HEAP > heap) {
      problems.add(
          "spark.driver.memory must be at least %s for a model of %s parameters (weights, moments, gradient, a checkpoint's copy: %s), was %s"
              .formatted(
                  mebi(budget.driverHeap() + SPARK_HEAP),
                  Console.count((double) architecture.elements()),
                  mebi(budget.driverHeap()),
                  mebi(heap)));
    }
    if (cluster.oneProcess()) {
      return;
    }
    long executor = JavaUtils.byteStringAsBytes(conf.get("spark.executor.memory", "1g"));
    if (budget.workerHeap() + SPARK_HEAP > executor) {
      problems.add(
          "spark.executor.memory must be at least %s for a worker's gradients (%s), was %s; more train.workers own fewer shards each"
              .formatted(
                  mebi(budget.workerHeap() + SPARK_HEAP),
                  mebi(budget.workerHeap()),
                  mebi(executor)));
    }
    boolean enforced = cluster.master().equals("yarn") || cluster.master().startsWith("k8s");
    long overhead =
        conf.contains("spark.executor.memoryOverhead")
            ? conf.getSizeAsMb("spark.executor.memoryOverhead") << 20
            : Math.max(
                384L << 20,
                (long) (conf.getDouble("spark.executor.memoryOverheadFactor", 0.1) * executor));
    if (enforced && budget.workerNative() > overhead) {
      problems.add(
          "spark.executor.memoryOverhead must be at least %s, where a worker's tensors are, was %s; a smaller train.micro-batch or train.activation-checkpointing=true need less"
              .formatted(mebi(budget.workerNative()), mebi(overhead)));
    }
  }

  private void runFolder(Budget budget) {
    boolean manyHosts = !Cluster.local(cluster.master());
    if (manyHosts && folder.root().toUri().getScheme().equals("file") && !job.runDirShared()) {
      problems.add(
          "run.dir must be on a file system that all hosts of %s see, was %s; if they all mount it there, set run.shared=true"
              .formatted(cluster.master(), folder.root()));
    }
    long left = folder.files().left(folder.root());
    if (left < budget.runFolder()) {
      problems.add(
          "run.dir must have %s left for checkpoints and the model, %s has %s"
              .formatted(mebi(budget.runFolder()), folder.root(), mebi(left)));
    }
  }

  private void models(Architecture architecture, Map<String, ModelSource> models) {
    Map<String, String> tokenizers = new TreeMap<>();
    models.forEach(
        (setting, source) -> {
          if (!source.architecture().tensors().equals(architecture.tensors())) {
            problems.add(
                "%s must name a model of the same shape as the one to unlearn, was %s"
                    .formatted(setting, source));
          }
          HfFolder opened = source.open();
          if (opened.hasTokenizer()) {
            tokenizers.put(setting, folder.files().sha256(opened.tokenizer()));
          }
        });
    boolean madeAnew = job.overwrite() && job.verb().does(Verb.PREPARE);
    if (madeAnew || !folder.files().exists(folder.corpusManifest())) {
      return;
    }
    String corpus = Manifest.read(folder).tokenizerSha256();
    tokenizers.forEach(
        (setting, sha256) -> {
          if (!sha256.equals(corpus)) {
            problems.add(
                "%s must have the tokenizer that the corpus in %s was prepared with (sha256 %s), its tokenizer.json has %s"
                    .formatted(setting, folder.corpus(), corpus, sha256));
          }
        });
  }

  private void tell(Architecture architecture, Budget budget) {
    console.say(
        "preflight: %s parameters; driver heap %s of %s; a worker needs %s of heap and about %s outside it; run.dir needs %s"
            .formatted(
                Console.count((double) architecture.elements()),
                mebi(budget.driverHeap() + SPARK_HEAP),
                mebi(heap),
                mebi(budget.workerHeap() + SPARK_HEAP),
                mebi(budget.workerNative()),
                mebi(budget.runFolder())));
    console.say(
        String.format(
            Locale.ROOT,
            "preflight: %s a step over the driver's network card, %.2f s at 10 Gb/s, %.2f s at 25 Gb/s",
            mebi(budget.wire()),
            budget.wire() * 8 / 10e9,
            budget.wire() * 8 / 25e9));
  }

  /**
   * Waits until the executors are there: a barrier stage that lacks one would wait for ever.
   *
   * @throws InvalidSettings when they do not come
   */
  void executors(SparkSession spark) {
    if (cluster.oneProcess() || !job.verb().trains()) {
      return;
    }
    long end = System.nanoTime() + job.train().startTimeout().toNanos();
    int there = there(spark);
    while (there < job.train().workers() && System.nanoTime() < end) {
      try {
        // Spark's events tell of executors only once listeners have caught up; this asks what is.
        Thread.sleep(200);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while waiting for executors", e);
      }
      there = there(spark);
    }
    if (there < job.train().workers()) {
      throw new InvalidSettings(
          List.of(
              "%d of train.workers=%d executors came within train.start-timeout (%d s): the cluster has no room for more of spark.executor.cores=%s and spark.executor.memory=%s, or they cannot start (see its logs)"
                  .formatted(
                      there,
                      job.train().workers(),
                      job.train().startTimeout().toSeconds(),
                      conf.get("spark.executor.cores", "?"),
                      conf.get("spark.executor.memory", "1g"))));
    }
  }

  private static int there(SparkSession spark) {
    return spark.sparkContext().statusTracker().getExecutorInfos().length - 1; // one is the driver
  }

  private static String mebi(long bytes) {
    return (bytes + (1 << 20) - 1) / (1 << 20) + "m";
  }
}
