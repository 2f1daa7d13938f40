package lethe.train;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lethe.model.Architecture;
import lethe.model.ModelSource;
import lethe.model.NamedShape;
import lethe.model.TensorSource;
import lethe.objective.Role;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.server.TransportServer;
import org.apache.spark.network.util.TransportConf;
import org.apache.spark.rdd.RDD;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Trains a model on a cluster: lays out the plan, launches the workers, and holds the weights while
 * they work. The same engine serves unlearning, pre-training and fine-tuning; they differ in their
 * roles and their start.
 */
public final class Trainer {
  /**
   * What came out of a run.
   *
   * @param steps applied, one record each
   * @param perStep examples of each role a step
   * @param weights by tensor name
   */
  public record Result(List<StepRecord> steps, int perStep, TensorSource weights) {}

  /** Is told how long the run will be. */
  @FunctionalInterface
  public interface Planned {
    /**
     * @param steps of the run
     * @param perStep examples of each role a step
     */
    void planned(int steps, int perStep);
  }

  private final SparkSession spark;
  private final TrainSettings settings;
  private final ModelSource model;
  private final Architecture architecture;
  private final List<Role> roles;
  private final Planned onPlan;
  private final Consumer<StepRecord> onStep;

  /**
   * @param model whose config.json is the network's, and whose weights are the reference model's
   * @param roles which splits are trained on, and how; the first one's split sets the length of an
   *     epoch
   * @param onPlan is told once how long the run will be
   * @param onStep is told of each step as it is applied
   */
  public Trainer(
      SparkSession spark,
      TrainSettings settings,
      ModelSource model,
      List<Role> roles,
      Planned onPlan,
      Consumer<StepRecord> onStep) {
    this.spark = spark;
    this.settings = settings;
    this.model = model;
    this.architecture = model.architecture();
    this.roles = List.copyOf(roles);
    this.onPlan = onPlan;
    this.onStep = onStep;
  }

  /**
   * Trains.
   *
   * @param chunks as prepare wrote them
   * @param start the weights to begin with
   */
  public Result train(Dataset<Row> chunks, TensorSource start) {
    long available = chunks.filter(chunks.col("split").equalTo(roles.get(0).split())).count();
    int steps = settings.steps(available);
    int perStep = settings.perStep(available);
    ShardTree tree = new ShardTree(settings.shards());
    Plan plan = new Plan(spark, chunks, roles, perStep, steps, settings.seed(), tree);
    long[][] counts = plan.counts();
    onPlan.planned(steps, perStep);

    Buckets buckets = new Buckets(architecture.elements(), Buckets.DEFAULT_ELEMENTS);
    AdamW optimizer =
        new AdamW(buckets, load(buckets, start), settings.clipNorm(), settings.weightDecay());
    List<StepRecord> records = new ArrayList<>();
    StepListener listener =
        new StepListener(
            roles,
            counts,
            record -> {
              records.add(record);
              onStep.accept(record);
            });
    launch(plan, counts, buckets, optimizer, settings.schedule(steps), listener);
    if (optimizer.steps() != steps) {
      throw new IllegalStateException(
          "Training ended after step " + optimizer.steps() + " of " + steps);
    }
    return new Result(
        List.copyOf(records), perStep, new FlatVector(architecture, buckets, optimizer));
  }

  private void launch(
      Plan plan,
      long[][] counts,
      Buckets buckets,
      AdamW optimizer,
      Schedule schedule,
      StepListener listener) {
    Map<String, String> network = networkSettings();
    TransportConf conf = Endpoint.transport(network);
    String secret = HexFormat.of().formatHex(new SecureRandom().generateSeed(32));
    String bind =
        spark.conf().get("spark.driver.bindAddress", spark.conf().get("spark.driver.host"));
    try (Aggregator aggregator =
            new Aggregator(
                buckets, optimizer, schedule, Wire.FLOAT32, 0, settings.workers(), listener);
        TransportContext context = new TransportContext(conf, aggregator);
        TransportServer server =
            context.createServer(
                bind,
                settings.port(),
                List.of(new AuthServerBootstrap(conf, Endpoint.keys(secret))))) {
      Endpoint endpoint =
          new Endpoint(spark.conf().get("spark.driver.host"), server.getPort(), 0, secret, network);
      WorkerTask.Job job =
          new WorkerTask.Job(
              model,
              roles,
              counts,
              settings.workers(),
              settings.shards(),
              settings.microBatch(),
              settings.threads(),
              Wire.FLOAT32);
      try {
        run(plan, new WorkerTask(job, endpoint), optimizer.steps());
      } catch (RuntimeException e) {
        throw aggregator.failure().orElse(e);
      }
    }
  }

  private void run(Plan plan, WorkerTask task, int from) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    context.setJobGroup("lethe-train", "training", true); // true: a cancelled worker is interrupted
    ClassTag<Integer> tag = ClassTag$.MODULE$.apply(Integer.class);
    RDD<Integer> stage =
        plan.deliver(settings.workers(), from)
            .rdd()
            .barrier()
            .mapPartitions(task, false, tag)
            .withResources(oneWorkerAnExecutor());
    // The shuffle after it makes the barrier stage one that Spark retries; as a result stage its
    // failure would abort the job.
    new JavaRDD<>(stage, tag).repartition(1).collect();
    context.clearJobGroup();
  }

  private ResourceProfile oneWorkerAnExecutor() {
    int cores =
        Integer.parseInt(
            spark.conf().get("spark.executor.cores", String.valueOf(settings.threads())));
    return new ResourceProfileBuilder().require(new TaskResourceRequests().cpus(cores)).build();
  }

  private Map<String, String> networkSettings() {
    Map<String, String> network = new HashMap<>();
    for (scala.Tuple2<String, String> setting : spark.sparkContext().getConf().getAll()) {
      if (setting._1().startsWith("spark.network.") || setting._1().startsWith("spark.lethe.")) {
        network.put(setting._1(), setting._2());
      }
    }
    return network;
  }

  private float[][] load(Buckets buckets, TensorSource start) {
    float[][] vector = buckets.allocate();
    float[] piece = new float[1 << 18];
    long at = 0;
    for (NamedShape tensor : architecture.tensors()) {
      for (long from = 0; from < tensor.elements(); from += piece.length) {
        int count = (int) Math.min(piece.length, tensor.elements() - from);
        start.read(tensor.name(), from, piece, 0, count);
        for (int i = 0; i < count; i++, at++) {
          vector[(int) (at / buckets.bucketElements())][(int) (at % buckets.bucketElements())] =
              piece[i];
        }
      }
    }
    return vector;
  }

  /** The weights by tensor name. */
  private static final class FlatVector implements TensorSource {
    private final Map<String, Long> starts = new HashMap<>();
    private final Buckets buckets;
    private final AdamW optimizer;

    FlatVector(Architecture architecture, Buckets buckets, AdamW optimizer) {
      this.buckets = buckets;
      this.optimizer = optimizer;
      long at = 0;
      for (NamedShape tensor : architecture.tensors()) {
        starts.put(tensor.name(), at);
        at += tensor.elements();
      }
    }

    @Override
    public void read(String name, long fromElement, float[] to, int offset, int count) {
      long at = starts.get(name) + fromElement;
      for (int i = 0; i < count; i++, at++) {
        to[offset + i] =
            optimizer
                .weights((int) (at / buckets.bucketElements()))[
                (int) (at % buckets.bucketElements())];
      }
    }
  }

  /** Makes a record of what the aggregator says of a step. */
  private static final class StepListener implements Aggregator.Listener {
    private final List<Role> roles;
    private final long[][] counts;
    private final Consumer<StepRecord> records;
    private long before = System.nanoTime();

    StepListener(List<Role> roles, long[][] counts, Consumer<StepRecord> records) {
      this.roles = roles;
      this.counts = counts;
      this.records = records;
    }

    @Override
    public void applied(int step, int attempt, List<WorkerStep> reports, double norm, double rate) {
      double[] sums = new double[roles.size()];
      for (WorkerStep report :
          reports) { // worker by worker, so shard by shard: the same bits for any number of workers
        for (int i = 0; i < report.termSums().length; i++) {
          sums[i % roles.size()] += report.termSums()[i];
        }
      }
      Map<String, Double> losses = new LinkedHashMap<>();
      Map<String, Long> divisors = new LinkedHashMap<>();
      for (int r = 0; r < roles.size(); r++) {
        losses.put(roles.get(r).name(), sums[r] / counts[step][r]);
        divisors.put(roles.get(r).name(), counts[step][r]);
      }
      long now = System.nanoTime();
      double seconds = (now - before) / 1e9;
      before = now;
      long tokens = reports.stream().mapToLong(WorkerStep::tokens).sum();
      double wait = reports.stream().mapToLong(WorkerStep::waitNanos).sum();
      double compute = reports.stream().mapToLong(WorkerStep::computeNanos).sum();
      records.accept(
          new StepRecord(
              step + 1,
              losses,
              divisors,
              norm,
              rate,
              tokens,
              seconds,
              tokens / seconds,
              wait / (wait + compute),
              0,
              attempt));
    }
  }
}
