package lethe.train;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import lethe.inference.ComputeSettings;
import lethe.train.exchange.Aggregator;
import lethe.train.exchange.AggregatorAddress;
import lethe.train.plan.TrainingPlan;
import lethe.train.seal.EncryptingHandler;
import lethe.train.worker.WorkerTask;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.network.TransportContext;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.TransportServer;
import org.apache.spark.network.util.TransportConf;
import org.apache.spark.rdd.RDD;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * One launch of the training stage: a barrier of workers and the aggregator that serves them. Spark
 * retries the stage when an executor dies; what it cannot get over ends the launch, and {@link
 * Trainer} begins another from the step the aggregator is at.
 */
final class BarrierLaunch {
  private static final String JOB_GROUP = "lethe-train";

  private final SparkSession spark;
  private final TrainSettings settings;
  private final int number;
  private final int workers;
  private final StopRequest stop;

  /**
   * @param stop a request to end after the step under way
   * @param number of the launch, from 0
   * @param workers it asks for
   */
  BarrierLaunch(
      SparkSession spark, TrainSettings settings, StopRequest stop, int number, int workers) {
    this.spark = spark;
    this.settings = settings;
    this.stop = stop;
    this.number = number;
    this.workers = workers;
  }

  /**
   * Runs until every step is applied.
   *
   * @throws IllegalStateException when the stage ended before; what was applied stays applied
   */
  void run(TrainingPlan plan, WorkerTask.WorkerSpec job, Aggregator aggregator, int from) {
    Map<String, String> network = networkSettings();
    TransportConf conf = AggregatorAddress.transport(network);
    String secret = HexFormat.of().formatHex(new SecureRandom().generateSeed(32));
    String host = spark.conf().get("spark.driver.host");
    RpcHandler handler = new EncryptingHandler(aggregator, AggregatorAddress.seal(network, secret));
    try (TransportContext context = new TransportContext(conf, handler);
        TransportServer server =
            context.createServer(
                spark.conf().get("spark.driver.bindAddress", host),
                settings.port(),
                List.of(new AuthServerBootstrap(conf, AggregatorAddress.keys(secret))));
        Monitor watch = new Monitor(aggregator)) {
      AggregatorAddress endpoint =
          new AggregatorAddress(host, server.getPort(), number, secret, network);
      watch.start();
      try {
        stage(plan, new WorkerTask(job, endpoint), from);
      } catch (Exception e) { // Spark's own is checked, and not declared
        throw aggregator
            .failure()
            .orElseGet(
                () ->
                    new IllegalStateException(
                        aggregator.givenUp().orElse(String.valueOf(e.getMessage())), e));
      }
    }
  }

  private void stage(TrainingPlan plan, WorkerTask task, int from) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    context.setJobGroup(JOB_GROUP, "training", true); // true: a cancelled worker is interrupted
    try {
      ClassTag<Integer> tag = ClassTag$.MODULE$.apply(Integer.class);
      RDD<Integer> stage =
          plan.deliver(workers, from).rdd().barrier().mapPartitions(task, false, tag);
      if (!spark.sparkContext().master().startsWith("local[")
          && !spark.sparkContext().master().equals("local")) {
        stage = stage.withResources(new ResourceProfileBuilder().require(needs()).build());
      }
      // The shuffle after it makes the barrier stage one that Spark retries; as a result stage its
      // failure would abort the job.
      new JavaRDD<>(stage, tag).repartition(1).collect();
    } finally {
      context.clearJobGroup();
    }
  }

  /**
   * A worker's share of its executor: all the cores, so that there is one worker an executor, and
   * one GPU where executors have any. Spark assigns to a stage with a profile of its own only what
   * that profile asks for, whatever {@code spark.task.resource.gpu.amount} is.
   */
  private TaskResourceRequests needs() {
    TaskResourceRequests needs = new TaskResourceRequests().cpus(executorCores());
    boolean gpus = !spark.conf().get(ComputeSettings.EXECUTOR_GPUS, "0").trim().equals("0");
    return gpus ? needs.resource("gpu", 1) : needs;
  }

  private int executorCores() {
    return Integer.parseInt(
        spark.conf().get("spark.executor.cores", String.valueOf(settings.threads())));
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

  /**
   * Ends the launch when waiting is of no use: an executor is gone and the stage has not come back
   * with all its workers, or a step takes too long.
   */
  private final class Monitor extends SparkListener implements AutoCloseable {
    private final Aggregator aggregator;
    private final AtomicLong lost = new AtomicLong();
    private ScheduledFuture<?> watching;
    private final ScheduledExecutorService clock =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "lethe-watch");
              thread.setDaemon(true);
              return thread;
            });

    Monitor(Aggregator aggregator) {
      this.aggregator = aggregator;
    }

    void start() {
      spark.sparkContext().addSparkListener(this);
      watching = clock.scheduleWithFixedDelay(this::check, 1, 1, TimeUnit.SECONDS);
    }

    @Override
    public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
      aggregator.executorLost();
      lost.set(System.nanoTime());
    }

    private void check() {
      if (aggregator.allJoined()) {
        lost.set(0);
      }
      long since = lost.get();
      if (since != 0 && System.nanoTime() - since > settings.recoveryTimeout().toNanos()) {
        lost.set(0);
        cancel(
            "the stage did not come back with "
                + workers
                + " workers within "
                + settings.recoveryTimeout().toSeconds()
                + " s of losing an executor");
      }
      if (stop.requested()) {
        if (aggregator.halted() || stop.impatient()) {
          spark.sparkContext().cancelJobGroup(JOB_GROUP);
        }
      }
      if (aggregator.failure().isPresent()) {
        spark.sparkContext().cancelJobGroup(JOB_GROUP); // another attempt would find the same
      }
      aggregator.stepTimeout(settings.stepTimeout()).ifPresent(this::cancel);
    }

    private void cancel(String why) {
      aggregator.abandon(why);
      spark.sparkContext().cancelJobGroup(JOB_GROUP);
    }

    @Override
    public void close() {
      watching.cancel(true);
      clock.shutdownNow();
      spark.sparkContext().removeSparkListener(this);
    }
  }
}
