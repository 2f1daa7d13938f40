package lethe.train;

import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import lethe.folder.DaemonThread;
import lethe.train.exchange.Ended;
import lethe.train.exchange.Mailbox;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.scheduler.StageInfo;

/**
 * Ends a launch when waiting is pointless: an executor is gone and the stage has not come back with
 * all its workers, a step takes too long, or a stop is requested and the step under way is out of
 * time. What Spark reports comes from one thread of its own.
 */
final class LaunchMonitor extends SparkListener implements AutoCloseable {
  private final Mailbox mailbox;
  private final String jobGroup;
  private final Duration recoveryTimeout;
  private final Duration stepTimeout;
  private final StopRequest stop;
  private final Runnable cancel;
  private final AtomicLong lost = new AtomicLong();
  private final Set<String> hosts = new HashSet<>(); // executors of the newest attempt's workers
  private StageInfo newest; // null before the first attempt
  private Optional<ScheduledFuture<?>> watching = Optional.empty();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(DaemonThread.named("lethe-watch"));

  /**
   * @param jobGroup of the launch's job
   * @param recoveryTimeout for the stage to come back after an executor is lost
   * @param stepTimeout for a step
   * @param stop a request to end after the step under way
   * @param cancel ends what is left of the stage; called again and again once the mailbox has ended
   */
  LaunchMonitor(
      Mailbox mailbox,
      String jobGroup,
      Duration recoveryTimeout,
      Duration stepTimeout,
      StopRequest stop,
      Runnable cancel) {
    this.mailbox = mailbox;
    this.jobGroup = jobGroup;
    this.recoveryTimeout = recoveryTimeout;
    this.stepTimeout = stepTimeout;
    this.stop = stop;
    this.cancel = cancel;
  }

  void start() {
    watching = Optional.of(clock.scheduleWithFixedDelay(this::check, 1, 1, TimeUnit.SECONDS));
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
    Properties properties = submitted.properties();
    if (properties != null && jobGroup.equals(properties.getProperty("spark.jobGroup.id"))) {
      newest = submitted.stageInfo();
      hosts.clear();
    }
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart started) {
    if (newest != null
        && started.stageId() == newest.stageId()
        && started.stageAttemptId() == newest.attemptNumber()) {
      hosts.add(started.taskInfo().executorId());
    }
  }

  /** An executor that hosts no worker while all workers have their place is a spare one. */
  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
    boolean allPlaced = hosts.size() == mailbox.spec().workers();
    if (allPlaced && !hosts.contains(removed.executorId())) {
      return;
    }
    hosts.clear();
    mailbox.executorLost();
    lost.set(System.nanoTime());
  }

  void check() {
    if (mailbox.allJoined()) {
      lost.set(0);
    }
    long since = lost.get();
    if (since != 0 && System.nanoTime() - since > recoveryTimeout.toNanos()) {
      lost.set(0);
      mailbox.end(
          Ended.lost(
              "the stage did not come back with %d workers within %d s of losing an executor"
                  .formatted(mailbox.spec().workers(), recoveryTimeout.toSeconds())));
    }
    if (stop.impatient()) {
      mailbox.end(Ended.stopped());
    }
    mailbox.stepTimeout(stepTimeout).map(Ended::lost).ifPresent(mailbox::end);
    if (mailbox.ended().isPresent()) {
      cancel.run(); // repeatedly: the stage may not have existed the last time
    }
  }

  @Override
  public void close() {
    watching.ifPresent(w -> w.cancel(true));
    clock.shutdownNow();
  }
}
