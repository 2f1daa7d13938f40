package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Properties;
import lethe.model.checkpoint.NamedShape;
import lethe.spark.ScalaSeq;
import lethe.train.exchange.ExchangeSpec;
import lethe.train.exchange.LocalExchange;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.scheduler.TaskInfo;
import org.apache.spark.scheduler.TaskLocality;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import scala.Option;

/** Which lost executors matter to a launch of two workers. */
class LaunchMonitorTest {
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 2)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          2);
  private static final String GROUP = "lethe-train-0";
  private static final int STAGE = 5;

  private final LocalExchange exchange =
      new LocalExchange(
          new ExchangeSpec(
              LAYOUT,
              new LearningRateSchedule(0.1, 10, 0, LearningRateSchedule.Decay.CONSTANT),
              WireFormat.FLOAT32,
              GradientMode.SUMMED,
              new ShardTree(2),
              0,
              2),
          new Optimizer(UpdateRule.ADAMW, LAYOUT, new float[][] {{1, 2}}, 1, 0),
          2,
          record -> {});
  private final LaunchMonitor monitor =
      new LaunchMonitor(
          exchange.mailbox, GROUP, Duration.ZERO, Duration.ofHours(1), new StopRequest(), () -> {});

  @AfterEach
  void close() {
    monitor.close();
    exchange.close();
  }

  @Test
  void aSpareExecutorMayGoWhileTheWorkersTrain() {
    attempt(0, "1", "2");
    join(0);
    removed("3");
    monitor.check();
    assertThat(exchange.mailbox.allJoined()).isTrue();
    assertThat(exchange.mailbox.ended()).isEmpty();
  }

  @Test
  void aSpareExecutorMayGoWhileTheWorkersLoadTheModel() {
    attempt(0, "1", "2");
    removed("3");
    monitor.check();
    assertThat(exchange.mailbox.ended()).isEmpty();
  }

  @Test
  void anExecutorThatHostsAWorkerMayNot() {
    attempt(0, "1", "2");
    join(0);
    removed("2");
    assertThat(exchange.mailbox.allJoined()).isFalse();
    monitor.check();
    assertThat(exchange.mailbox.ended().orElseThrow().cause())
        .hasMessage("the stage did not come back with 2 workers within 0 s of losing an executor");
  }

  @Test
  void norMayOneThatAWorkerCouldStillNeed() {
    attempt(0, "1");
    removed("3");
    monitor.check();
    assertThat(exchange.mailbox.ended()).isPresent();
  }

  @Test
  void aHostOfAnEarlierAttemptIsASpareOne() {
    attempt(0, "1", "2");
    attempt(1, "2", "3");
    join(1);
    removed("1");
    monitor.check();
    assertThat(exchange.mailbox.allJoined()).isTrue();
    assertThat(exchange.mailbox.ended()).isEmpty();
  }

  @Test
  void otherStagesHostNoWorkers() {
    attempt(0, "1", "2");
    submitted("another job", STAGE + 1, 0);
    started(STAGE + 1, 0, "3");
    join(0);
    removed("3");
    monitor.check();
    assertThat(exchange.mailbox.ended()).isEmpty();
  }

  private void join(int attempt) {
    exchange.hello(attempt, 0, "here").join();
    exchange.hello(attempt, 1, "here").join();
  }

  /** Spark starts the stage's tasks on these executors. */
  private void attempt(int attempt, String... executors) {
    submitted(GROUP, STAGE, attempt);
    for (String executor : executors) {
      started(STAGE, attempt, executor);
    }
  }

  private void submitted(String group, int stage, int attempt) {
    Properties properties = new Properties();
    properties.setProperty("spark.jobGroup.id", group);
    StageInfo info =
        new StageInfo(
            stage,
            attempt,
            "stage",
            2,
            ScalaSeq.of(List.of()),
            ScalaSeq.of(List.of()),
            "",
            null,
            ScalaSeq.of(List.of()),
            Option.empty(),
            0,
            false,
            0);
    monitor.onStageSubmitted(new SparkListenerStageSubmitted(info, properties));
  }

  private void started(int stage, int attempt, String executor) {
    TaskInfo task = new TaskInfo(0, 0, 0, 0, 0, executor, "host", TaskLocality.ANY(), false);
    monitor.onTaskStart(new SparkListenerTaskStart(stage, attempt, task));
  }

  private void removed(String executor) {
    monitor.onExecutorRemoved(new SparkListenerExecutorRemoved(0, executor, "idle"));
  }
}
