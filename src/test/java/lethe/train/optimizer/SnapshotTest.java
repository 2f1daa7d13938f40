package lethe.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lethe.model.checkpoint.NamedShape;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is written down is the state of one step, whatever happens while it is written. */
@Timeout(60)
class SnapshotTest {
  static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 8)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          3);

  private final Optimizer optimizer =
      new Optimizer(UpdateRule.ADAMW, LAYOUT, new float[][] {{1, 2, 3}, {4, 5, 6}, {7, 8}}, 1, 0.1);
  private final CountDownLatch slow = new CountDownLatch(1);

  @Test
  void aBucketThatChangesBeforeItIsReadIsReadAsItWas() throws IOException {
    step();
    List<float[][]> before = copy();
    try (Snapshot snapshot = snapshot(Duration.ofDays(1))) {
      optimizer.advance();
      optimizer.update(2, new float[] {1, -1}, 1, 0.1); // 6 elements, of which 8 may be copied
      optimizer.update(2, new float[] {1, -1}, 1, 0.1);
      assertThat(optimizer.weights(2)).isNotEqualTo(before.get(0)[2]);
      assertThat(snapshot.steps()).isEqualTo(1);
      assertRead(snapshot, before);
    }
  }

  @Test
  void stepsThatOvertakeTheReaderChangeNothingThatItReads() throws IOException {
    for (int round = 0; round < 50; round++) {
      step();
      List<float[][]> before = copy();
      CompletableFuture<Void> steps;
      try (Snapshot snapshot = snapshot(Duration.ofDays(1))) {
        steps = CompletableFuture.runAsync(() -> Arrays.asList(1, 2, 3).forEach(s -> step()));
        assertRead(snapshot, before);
      }
      steps.join();
    }
    assertThat(optimizer.steps()).isEqualTo(200);
  }

  @Test
  void aStepThatWouldNeedMoreCopiesWaitsAndTheUserHearsOfIt() throws Exception {
    step();
    List<float[][]> before = copy();
    try (Snapshot snapshot = snapshot(Duration.ofMillis(5))) {
      CompletableFuture<Void> step = CompletableFuture.runAsync(this::step);
      assertThat(slow.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(step).isNotDone();
      assertRead(snapshot, before);
      step.join();
    }
    assertThat(optimizer.weights()).isNotEqualTo(before.get(0));
  }

  @Test
  void aReaderThatGivesUpHoldsNobodyBack() throws Exception {
    Snapshot snapshot = snapshot(Duration.ofMillis(5));
    CompletableFuture<Void> step = CompletableFuture.runAsync(this::step);
    assertThat(slow.await(30, TimeUnit.SECONDS)).isTrue();
    snapshot.close();
    step.join();
    assertThat(optimizer.steps()).isEqualTo(1);
  }

  @Test
  void aReaderThatFailsLeavesTheRestToBeRead() throws IOException {
    try (Snapshot snapshot = snapshot(Duration.ofDays(1))) {
      try {
        snapshot.read(
            0,
            0,
            bucket -> {
              throw new IOException("disk full");
            });
      } catch (IOException e) {
        assertThat(e).hasMessage("disk full");
      }
      CompletableFuture<Void> one =
          CompletableFuture.runAsync(() -> optimizer.update(0, new float[3], 1, 0.1));
      snapshot.read(1, 0, bucket -> {});
      snapshot.read(2, 0, bucket -> {});
      one.join();
    }
  }

  private Snapshot snapshot(Duration patience) {
    return optimizer.snapshot(8, patience, waited -> slow.countDown());
  }

  private void step() {
    optimizer.step(new float[][] {{1, -1, 2}, {0.5f, 0, 3}, {4, -4}}, 3, 0.1);
  }

  private List<float[][]> copy() {
    return optimizer.vectors().stream()
        .map(v -> Arrays.stream(v).map(float[]::clone).toArray(float[][]::new))
        .toList();
  }

  private static void assertRead(Snapshot snapshot, List<float[][]> expected) throws IOException {
    for (int vector = 0; vector < expected.size(); vector++) {
      for (int bucket = 0; bucket < snapshot.buckets(); bucket++) {
        float[] wanted = expected.get(vector)[bucket];
        snapshot.read(vector, bucket, found -> assertThat(found).isEqualTo(wanted));
      }
    }
  }
}
