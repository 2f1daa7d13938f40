package lethe.train;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Consumer;
import lethe.inference.ModelStage;
import lethe.train.exchange.Ended;
import lethe.train.exchange.Mailbox;
import lethe.train.exchange.MailboxAddress;
import lethe.train.exchange.MailboxServer;
import lethe.train.plan.TrainingPlan;
import lethe.train.worker.WorkerTask;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.apache.spark.sql.SparkSession;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * One launch of the training stage: a barrier of workers in a thread of its own, and the server
 * through which they reach the mailbox. Spark retries the stage when an executor dies; a failure
 * that it cannot recover from ends the mailbox, and {@link LaunchLoop} starts another launch.
 */
final class BarrierLaunch implements AutoCloseable {
  private static final String JOB_GROUP = "lethe-train-";

  /**
   * How long to wait for a cancelled stage before notifying the user. Spark's scheduler fails its
   * job at once, whatever its tasks do, so a longer wait means that the driver is overloaded.
   */
  private static final Duration CANCEL_PATIENCE = Duration.ofMinutes(1);

  private final SparkSession spark;
  private final TrainSettings settings;
  private final Mailbox mailbox;
  private final Consumer<String> notice;
  private final Map<String, String> network;
  private final String secret = HexFormat.of().formatHex(new SecureRandom().generateSeed(32));
  private final MailboxServer server;
  private final LaunchMonitor monitor;
  private Thread stage;

  /**
   * Opens the mailbox to workers.
   *
   * @param stop a request to end after the step under way
   * @param notice takes a sentence for the user
   */
  BarrierLaunch(
      SparkSession spark,
      TrainSettings settings,
      StopRequest stop,
      Mailbox mailbox,
      Consumer<String> notice) {
    this.spark = spark;
    this.settings = settings;
    this.mailbox = mailbox;
    this.notice = notice;
    this.network = networkSettings();
    server =
        new MailboxServer(
            mailbox,
            spark.conf().get("spark.driver.bindAddress", host()),
            settings.port(),
            secret,
            network,
            notice);
    monitor =
        new LaunchMonitor(
            mailbox,
            jobGroup(),
            settings.recoveryTimeout(),
            settings.stepTimeout(),
            stop,
            this::cancel);
  }

  private String host() {
    return spark.conf().get("spark.driver.host");
  }

  /**
   * Starts the workers. When they end, for whatever reason, the mailbox ends too.
   *
   * @param from first step that is still to do, from 0
   */
  void start(TrainingPlan plan, WorkerTask.WorkerSpec spec, int from) {
    MailboxAddress address =
        new MailboxAddress(host(), server.port(), mailbox.spec().launch(), secret, network);
    spark.sparkContext().addSparkListener(monitor);
    monitor.start();
    stage =
        new Thread(
            () -> mailbox.end(stageEnd(plan, new WorkerTask(spec, address), from)), "lethe-stage");
    stage.setDaemon(true);
    stage.start();
  }

  private Ended stageEnd(TrainingPlan plan, WorkerTask task, int from) {
    try {
      stage(plan, task, from);
      return Ended.lost("the workers have ended before the training");
    } catch (Exception e) { // Spark's own is checked, and not declared
      return Ended.lost(String.valueOf(e.getMessage()), e);
    } catch (Error e) {
      return Ended.failed(new IllegalStateException("The training stage failed: " + e, e));
    }
  }

  /** Waits until the workers have ended by themselves, which they do after the last step. */
  void awaitWorkers() {
    try {
      stage.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the workers ended", e);
    }
  }

  /** Ends the launch and whatever is left of its stage. */
  @Override
  public void close() {
    mailbox.end(Ended.lost("the launch has ended"));
    try {
      for (int waits = 1; stage != null && stage.isAlive(); waits++) {
        cancel();
        stage.join(CANCEL_PATIENCE.toMillis());
        if (stage.isAlive()) {
          notice.accept(
              "The workers have not ended %d s after they were cancelled; still waiting for them"
                  .formatted(waits * CANCEL_PATIENCE.toSeconds()));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // what is left of the stage finds the mailbox ended
    } finally {
      spark.sparkContext().removeSparkListener(monitor);
      monitor.close();
      server.close();
    }
  }

  /** The job group of this launch alone: cancelling it late does not affect the next launch. */
  private String jobGroup() {
    return JOB_GROUP + mailbox.spec().launch();
  }

  private void cancel() {
    spark.sparkContext().cancelJobGroup(jobGroup());
  }

  private void stage(TrainingPlan plan, WorkerTask task, int from) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    context.setJobGroup(jobGroup(), "training", true); // true: a cancelled worker is interrupted
    try {
      ClassTag<Integer> tag = ClassTag$.MODULE$.apply(Integer.class);
      RDD<Integer> stage =
          plan.deliver(mailbox.spec().workers(), from)
              .rdd()
              .barrier()
              .mapPartitions(task, false, tag);
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
   * A worker's share of its executor: all the cores, so that there is one worker per executor, and
   * one GPU where executors have any. Spark assigns to a stage with its own profile only what that
   * profile requests.
   */
  private TaskResourceRequests needs() {
    TaskResourceRequests needs = new TaskResourceRequests().cpus(executorCores());
    return ModelStage.executorsHaveGpus(spark) ? needs.resource("gpu", 1) : needs;
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
}
