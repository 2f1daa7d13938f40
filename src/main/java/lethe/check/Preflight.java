package lethe.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import lethe.console.Console;
import lethe.evaluate.EvaluationMemory;
import lethe.folder.RunFolder;
import lethe.model.network.Architecture;
import lethe.objective.FrozenModel;
import lethe.objective.Role;
import lethe.objective.UnlearnSettings;
import lethe.objective.UnlearnSettings.Reference;
import lethe.objective.ViewKind;
import lethe.run.Cluster;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.NotReady;
import lethe.train.MemoryBudget;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * Whether the processes of a run have enough memory and disk space, and protection; each problem
 * names the setting to change. Only {@link #executors} needs Spark.
 */
public final class Preflight {
  /** What Spark's own driver and executor take of a heap. */
  private static final long SPARK_HEAP = 400L << 20;

  private final RunConfig config;
  private final Optional<RunFolder> folder;
  private final Cluster cluster;
  private final SparkConf conf;
  private final long heap;
  private final List<String> problems = new ArrayList<>();

  /**
   * @param folder of the run, where this process can read it
   * @param conf settings that Spark gets
   * @param heap the driver's maximum, bytes
   */
  public Preflight(RunConfig config, Optional<RunFolder> folder, SparkConf conf, long heap) {
    this.config = config;
    this.folder = folder;
    this.conf = conf;
    this.heap = heap;
    this.cluster = new Cluster(conf.get("spark.master", "local[*]"), conf::get);
  }

  /**
   * Every problem that can be found without a running Spark.
   *
   * @param architecture of the model that is trained, where it is known
   * @param encoders that judge answers, as far as they are known
   */
  List<String> problems(Optional<Architecture> architecture, List<Architecture> encoders) {
    boolean steps = config.makesSteps() || !config.verb().trains();
    boolean alone = // needs no slot
        (config.verb() == Verb.PREPARE || !steps) && cluster.oneProcess();
    problems.addAll(
        cluster.problems(
            alone ? Optional.empty() : Optional.of(config.train()), config.plaintext()));
    if (problems.isEmpty()) { // sizes can be read
      architecture.ifPresent(model -> sizes(model, encoders));
    }
    return problems;
  }

  private void sizes(Architecture architecture, List<Architecture> encoders) {
    long training = 0;
    if (config.makesSteps()) {
      MemoryBudget budget = of(architecture);
      training = budget.workerNative();
      memory(architecture, budget);
      folder.ifPresent(run -> runFolder(run, budget));
    }
    if (config.checks(Verb.UNLEARN) && config.needs(ViewKind.STORED_LABELS)) {
      copies(architecture);
    }
    EvaluationMemory evaluation = evaluating(architecture, encoders);
    if (config.checks(Verb.EVALUATE) && evaluation.bytes() > training) { // else said already
      evaluation(evaluation);
    }
  }

  private MemoryBudget of(Architecture architecture) {
    Set<FrozenModel> frozen = Role.frozen(config.unlearn().roles());
    boolean shared =
        config.train().adapter().isPresent()
            && (config.unlearn().reference() == Reference.START
                || config.unlearn().initialWeights().isEmpty());
    UnlearnSettings unlearn = config.unlearn();
    boolean moved = unlearn.sharpnessRadius() > 0;
    return MemoryBudget.of(
            architecture,
            config.train(),
            config.train().traffic(unlearn.retainBound().isPresent() || moved, moved),
            (int) frozen.stream().filter(m -> !(shared && m == FrozenModel.REFERENCE)).count(),
            config.corpus().chunkTokens(),
            config.stop().atTarget())
        .keeping(config.evaluate().atSteps().size(), architecture, config.train());
  }

  private void memory(Architecture architecture, MemoryBudget budget) {
    if (budget.driverHeap() + SPARK_HEAP > heap) {
      problems.add(
          "spark.driver.memory must be at least %s for a model of %s parameters (weights, moments, gradient, what a checkpoint copies: %s), was %s"
              .formatted(
                  mebi(budget.driverHeap() + SPARK_HEAP),
                  Console.count((double) architecture.elements()),
                  mebi(budget.driverHeap()),
                  mebi(heap)));
    }
    if (cluster.oneProcess()) {
      return;
    }
    long executor = conf.getSizeAsMb("spark.executor.memory", "1g") << 20;
    if (budget.workerHeap() + SPARK_HEAP > executor) {
      problems.add(
          "spark.executor.memory must be at least %s for a worker's gradients (%s), was %s; with more train.workers each owns fewer shards"
              .formatted(
                  mebi(budget.workerHeap() + SPARK_HEAP),
                  mebi(budget.workerHeap()),
                  mebi(executor)));
    }
    if (enforced() && budget.workerNative() > overhead()) {
      problems.add(
          "spark.executor.memoryOverhead must be at least %s, where a worker's tensors are, was %s; a smaller train.micro-batch or train.activation-checkpointing=true needs less"
              .formatted(mebi(budget.workerNative()), mebi(overhead())));
    }
  }

  /** Checks that the copies of a model that make labels fit beside one another. */
  private void copies(Architecture architecture) {
    boolean elsewhere = cluster.oneProcess() || cluster.hasGpus();
    int copies = config.unlearn().stored().models();
    long each = Float.BYTES * architecture.elements();
    if (!elsewhere && enforced() && copies * each > overhead()) {
      problems.add(
          "spark.executor.memoryOverhead must be at least %s, where the %d models of %s are that make stored labels, was %s; fewer unlearn.stored-copies need less"
              .formatted(mebi(copies * each), copies, mebi(each), mebi(overhead())));
    }
  }

  private void evaluation(EvaluationMemory memory) {
    boolean elsewhere = // on GPUs, and nothing kills a process for what it has there
        cluster.oneProcess() || (cluster.hasGpus() && !config.evaluate().onProcessor());
    if (!elsewhere && enforced() && memory.bytes() > overhead()) {
      problems.add(
          "spark.executor.memoryOverhead must be at least %s, where an evaluation's tensors are (two models %s, encoders %s), was %s; a smaller evaluate.micro-batch may need less"
              .formatted(
                  mebi(memory.bytes()),
                  mebi(memory.models()),
                  mebi(memory.encoders()),
                  mebi(overhead())));
    }
  }

  private EvaluationMemory evaluating(Architecture architecture, List<Architecture> encoders) {
    return EvaluationMemory.of(
        architecture, encoders, config.evaluate(), config.corpus().chunkTokens());
  }

  /** Whether the cluster kills a process that takes more memory than it asked for. */
  private boolean enforced() {
    return cluster.master().equals("yarn") || cluster.master().startsWith("k8s");
  }

  /** Bytes that an executor may take outside its heap. */
  private long overhead() {
    return conf.contains("spark.executor.memoryOverhead")
        ? conf.getSizeAsMb("spark.executor.memoryOverhead") << 20
        : Math.max(
            384L << 20,
            (long)
                (conf.getDouble("spark.executor.memoryOverheadFactor", 0.1)
                    * (conf.getSizeAsMb("spark.executor.memory", "1g") << 20)));
  }

  private void runFolder(RunFolder run, MemoryBudget budget) {
    boolean manyHosts = !Cluster.local(cluster.master());
    if (manyHosts && run.root().toUri().getScheme().equals("file") && !config.runDirShared()) {
      problems.add(
          "run.dir must be on a file system that all hosts of %s see, was %s; if they all mount it there, set run.dir-is-shared=true"
              .formatted(cluster.master(), run.root()));
    }
    Path there = run.root(); // or the nearest folder above it that is there
    while (!run.files().exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    long left = run.files().left(there);
    if (left < budget.runFolder()) {
      problems.add(
          "run.dir must have %s left for checkpoints and the model, %s has %s"
              .formatted(mebi(budget.runFolder()), run.root(), mebi(left)));
    }
  }

  /**
   * What a run will need, in sentences.
   *
   * @param encoders that judge answers
   */
  List<String> budget(Architecture architecture, List<Architecture> encoders) {
    List<String> all = new ArrayList<>(training(of(architecture), architecture));
    if (config.checks(Verb.EVALUATE)) {
      EvaluationMemory memory = evaluating(architecture, encoders);
      all.add(
          "an executor that evaluates takes about %s outside its heap, or on its GPU: two models %s, encoders that judge answers %s, a pass %s, libraries"
              .formatted(
                  mebi(memory.bytes()),
                  mebi(memory.models()),
                  mebi(memory.encoders()),
                  mebi(memory.passes())));
    }
    return all;
  }

  private List<String> training(MemoryBudget budget, Architecture architecture) {
    return List.of(
        "%s parameters; driver heap %s; a worker needs %s of heap and about %s outside it; with such heaps the driver takes about %s of memory, a worker %s; run.dir needs %s"
            .formatted(
                Console.count((double) architecture.elements()),
                mebi(budget.driverHeap() + SPARK_HEAP)
                    + (heap == Long.MAX_VALUE ? "" : " of " + mebi(heap)),
                mebi(budget.workerHeap() + SPARK_HEAP),
                mebi(budget.workerNative()),
                mebi(MemoryBudget.resident(budget.driverHeap() + SPARK_HEAP)),
                mebi(budget.workerHeap() + SPARK_HEAP + budget.workerNative()),
                mebi(budget.runFolder())),
        String.format(
            Locale.ROOT,
            "%s per step over the driver's network card, %.2f s at 10 Gb/s, %.2f s at 25 Gb/s",
            mebi(budget.wire()),
            budget.wire() * 8 / 10e9,
            budget.wire() * 8 / 25e9));
  }

  /**
   * Waits until all executors have started: a barrier stage that lacks one would wait for ever.
   *
   * @throws NotReady when they do not start in time
   */
  public void executors(SparkSession spark) {
    if (cluster.oneProcess() || !config.makesSteps()) {
      return;
    }
    long end = System.nanoTime() + config.train().startTimeout().toNanos();
    int there = executorCount(spark);
    while (there < config.train().workers() && System.nanoTime() < end) {
      try {
        // Spark's events report executors only when listeners have caught up; this asks for the
        // current state.
        Thread.sleep(200);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while waiting for executors", e);
      }
      there = executorCount(spark);
    }
    if (there < config.train().workers()) {
      throw new NotReady(
          "%d of train.workers=%d executors came within train.start-timeout (%d s): the cluster has no room for more of spark.executor.cores=%s and spark.executor.memory=%s, or they cannot start (see its logs)"
              .formatted(
                  there,
                  config.train().workers(),
                  config.train().startTimeout().toSeconds(),
                  conf.get("spark.executor.cores", "?"),
                  conf.get("spark.executor.memory", "1g")));
    }
  }

  private static int executorCount(SparkSession spark) {
    return spark.sparkContext().statusTracker().getExecutorInfos().length - 1; // one is the driver
  }

  private static String mebi(long bytes) {
    return (bytes + (1 << 20) - 1) / (1 << 20) + "m";
  }
}
