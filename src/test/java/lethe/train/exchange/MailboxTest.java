package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lethe.model.checkpoint.NamedShape;
import lethe.settings.InvalidSettings;
import lethe.train.exchange.Message.Kind;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The driver's side, message by message, without a network. */
class MailboxTest {
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("a.weight", 2), NamedShape.of("b.weight", 1)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          3);
  private static final LearningRateSchedule SCHEDULE =
      new LearningRateSchedule(0.1, 10, 0, LearningRateSchedule.Decay.CONSTANT);

  private final Optimizer optimizer =
      new Optimizer(UpdateRule.ADAMW, LAYOUT, new float[][] {{1, 2, 3}}, 1, 0);
  private final CountDownLatch slow = new CountDownLatch(1);
  private final List<Integer> applied = new ArrayList<>();
  private final List<Long> traffic = new ArrayList<>();
  private RuntimeException trouble;
  private final LocalExchange exchange =
      new LocalExchange(
          new ExchangeSpec(
              LAYOUT, SCHEDULE, WireFormat.FLOAT32, GradientMode.SUMMED, new ShardTree(1), 0, 1),
          optimizer,
          1,
          record -> {
            applied.add(record.step());
            traffic.add(record.wireBytes());
            if (trouble != null) {
              throw trouble;
            }
            if (record.step() == 1) {
              await(slow);
            }
          });
  private final Mailbox mailbox = exchange.mailbox;

  @AfterEach
  void close() {
    slow.countDown();
    exchange.close();
  }

  @Test
  void whoAsksForWeightsWaitsUntilTheStepBeforeIsAppliedAndKept() throws Exception {
    hello(0);
    push(0, 0, 1, 0, 0);
    CompletableFuture<float[]> first = pull(0, 1);
    while (optimizer.steps() < 1) {
      Thread.onSpinWait();
    }
    // The step is applied, and its journal slow: the weights are not handed out yet.
    CompletableFuture<float[]> again = pull(0, 1);
    assertThat(first).isNotDone();
    assertThat(again).isNotDone();
    slow.countDown();
    assertThat(values(first)).isEqualTo(values(again)).isNotEqualTo(new float[] {1, 2, 3});
    push(0, 1, 0, 5, 0);
    assertThat(values(pull(0, 2))).isEqualTo(optimizer.weights(0)).isNotEqualTo(values(again));
    assertThat(applied).containsExactly(1, 2);
    // Three floats of gradient; before the second step two pulls of three weights, too.
    assertThat(traffic).containsExactly(12L, 36L);
  }

  @Test
  void anAttemptThatComesWhileAStepIsAppliedBeginsWithTheNext() throws Exception {
    hello(0);
    push(0, 0, 1, 0, 0);
    while (optimizer.steps() < 1) {
      Thread.onSpinWait();
    }
    CompletableFuture<ByteBuffer> start = exchange.hello(1, 0, "here");
    CompletableFuture<float[]> older = pull(0, 1);
    assertThat(start).isNotDone();
    slow.countDown();
    assertThat(start.get(10, TimeUnit.SECONDS).getInt()).as("step to begin with").isEqualTo(1);
    assertThatThrownBy(() -> values(older))
        .hasMessageContaining("attempt 0 is not the current 0.1");
    push(1, 1, 0, 5, 0);
    assertThat(values(pull(1, 2))).isEqualTo(optimizer.weights(0));
    assertThat(applied).containsExactly(1, 2);
  }

  @Test
  void aRequestedStopEndsAfterTheStepUnderWayAndHandsOutNoFurtherWeights() throws Exception {
    hello(0);
    CompletableFuture<float[]> next = pull(0, 1);
    exchange.stop.request();
    slow.countDown();
    push(0, 0, 1, 0, 0);
    assertThat(exchange.ended().how()).isEqualTo(Ended.How.STOPPED);
    assertThat(optimizer.steps()).isEqualTo(1);
    assertThat(applied).containsExactly(1);
    assertThat(next).isNotDone();
  }

  @Test
  void aNewerAttemptDropsTheHalfReceivedStepAndFencesTheOlder() throws Exception {
    slow.countDown();
    hello(0);
    report(0, 0);
    hello(1);
    assertThatThrownBy(() -> values(pull(0, 0)))
        .hasMessageContaining("attempt 0 is not the current 0.1");
    push(1, 0, 1, 1, 1);
    assertThat(values(pull(1, 1))).isNotEqualTo(new float[] {1, 2, 3});
    assertThat(applied).containsExactly(1);
  }

  @Test
  void aGradientThatIsNotFiniteIsRefusedBeforeItIsApplied() throws Exception {
    slow.countDown();
    hello(0);
    push(0, 0, 0, 0, Float.NaN);
    assertThatThrownBy(() -> values(pull(0, 1)))
        .hasMessageContaining(
            "Refused step 1 before it was applied: worker 0 sent NaN for b.weight");
    assertThat(optimizer.weights(0)).containsExactly(1, 2, 3);
    assertThat(exchange.ended().how()).isEqualTo(Ended.How.FAILED);
  }

  @Test
  void aStepOfOtherCountsThanThePlansIsRefusedBeforeItIsApplied() throws Exception {
    slow.countDown();
    exchange.planned = 8;
    hello(0);
    push(0, 0, 0, 0, 1);
    assertThatThrownBy(() -> values(pull(0, 1)))
        .hasMessageContaining(
            "Refused step 1 before it was applied: the workers scored 1 of retain.descent, but the plan has 8");
    assertThat(optimizer.weights(0)).containsExactly(1, 2, 3);
    assertThat(exchange.ended().how())
        .as("no further attempt would do better")
        .isEqualTo(Ended.How.FAILED);
  }

  @Test
  void aStepThatIsCompleteWhenTheLaunchEndsIsApplied() throws Exception {
    hello(0);
    CompletableFuture<float[]> next = pull(0, 1);
    push(0, 0, 1, 0, 0);
    mailbox.end(Ended.lost("its workers are gone"));
    slow.countDown();
    assertThat(exchange.ended().cause()).hasMessage("its workers are gone");
    assertThat(applied).containsExactly(1);
    assertThat(optimizer.steps()).isEqualTo(1);
    assertThatThrownBy(() -> values(next)).hasMessageContaining("its workers are gone");
  }

  @Test
  void ofSeveralEndsTheFirstOneStays() throws Exception {
    mailbox.end(Ended.lost("a step took too long"));
    mailbox.end(Ended.failed(new IllegalStateException("the stage was cancelled")));
    assertThat(exchange.ended().how()).isEqualTo(Ended.How.LOST);
    assertThatThrownBy(() -> hello(0)).hasMessageContaining("a step took too long");
  }

  @Test
  void aWorkerThatIsUnableEndsTheLaunchWithItsReason() throws Exception {
    unable(Message.WRONG_PROGRAM, "the plan does not fit");
    assertThat(exchange.ended().how()).isEqualTo(Ended.How.FAILED);
    assertThat(exchange.ended().cause())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Worker 0 cannot continue: the plan does not fit");
  }

  @Test
  void aWorkerWhoseSettingsAreWrongEndsTheRunLikeAnyWrongSetting() throws Exception {
    unable(Message.WRONG_SETTINGS, "Cannot use gpu(0): no CUDA");
    assertThat(exchange.ended().how()).isEqualTo(Ended.How.FAILED);
    assertThat(exchange.ended().cause())
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("Worker 0 cannot continue: Cannot use gpu(0): no CUDA");
  }

  private void unable(byte kind, String why) throws Exception {
    byte[] reason = why.getBytes(StandardCharsets.UTF_8);
    Message head = new Message(Kind.UNABLE, 0, 0, 0, 0, 0, Slot.NONE);
    exchange
        .send(head, 1 + reason.length, body -> body.put(kind).put(reason))
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void whatGoesWrongAfterAStepEndsTheLaunchAndIsNotWaitedFor() throws Exception {
    slow.countDown();
    trouble = new IllegalStateException("no space left");
    hello(0);
    CompletableFuture<float[]> next = pull(0, 1); // asked later, it might still be answered
    push(0, 0, 1, 0, 0);
    assertThatThrownBy(() -> values(next))
        .hasMessageContaining("Cannot continue after step 1: no space left");
    assertThat(exchange.ended().how()).isEqualTo(Ended.How.FAILED);
  }

  @Test
  void workersOfAnotherKindAreRefused() throws Exception {
    slow.countDown();
    hello(0);
    assertThatThrownBy(() -> hello(1, "elsewhere"))
        .hasMessageContaining("worker 0 computes with elsewhere, the workers before it with here")
        .hasMessageContaining("train.deterministic=false");
    assertThat(exchange.ended().how())
        .as("no further attempt would do better")
        .isEqualTo(Ended.How.FAILED);
  }

  @Test
  void aWorkerOfAnotherLaunchIsRefused() {
    Message head = new Message(Kind.HELLO, 1, 0, 0, 0, 0, Slot.NONE);
    assertThatThrownBy(() -> exchange.send(head, 0, body -> {}).get(10, TimeUnit.SECONDS))
        .hasMessageContaining("launch 1 attempt 0 has been replaced by 0.-1");
  }

  @Test
  void aGradientOfTheWrongLengthIsNamed() throws Exception {
    slow.countDown();
    hello(0);
    assertThatThrownBy(
            () -> exchange.push(0, 0, 0, ShardTree.ROOT, Slot.NONE, 1, 2).get(10, TimeUnit.SECONDS))
        .hasMessageContaining("Cannot read gradient of worker 0 at step 1: expected 3 elements");
  }

  private void hello(int attempt) throws Exception {
    hello(attempt, "here");
  }

  private void hello(int attempt, String environment) throws Exception {
    exchange.hello(attempt, 0, environment).get(10, TimeUnit.SECONDS);
  }

  private void report(int attempt, int step) throws Exception {
    exchange.report(attempt, 0, step, 1).get(10, TimeUnit.SECONDS);
  }

  private void push(int attempt, int step, float... gradient) throws Exception {
    report(attempt, step);
    exchange.push(attempt, 0, step, ShardTree.ROOT, Slot.NONE, gradient).get(10, TimeUnit.SECONDS);
  }

  private CompletableFuture<float[]> pull(int attempt, int step) {
    return exchange.pull(attempt, 0, step, 0);
  }

  private static float[] values(CompletableFuture<float[]> answer) throws Exception {
    return answer.get(10, TimeUnit.SECONDS);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
