package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import lethe.target.ProbeResult;
import lethe.target.SteeringRules;
import lethe.target.SteeringTarget;
import lethe.train.exchange.Message.Kind;
import lethe.train.gradient.ShardTree;
import lethe.train.steering.ProbeDecision;
import lethe.train.steering.TargetController;
import org.apache.spark.network.client.RpcResponseCallback;
import org.junit.jupiter.api.Test;

class ProbeCollectorTest {
  private static final int SHARDS = 8;

  @Test
  void anyNumberOfWorkersInAnyOrderGivesTheSameBits() {
    // Far apart in size, so that another order of additions would round differently.
    double[][] sums = new double[SHARDS][2];
    SplittableRandom random = new SplittableRandom(1);
    for (double[] shard : sums) {
      for (int d = 0; d < 2; d++) {
        shard[d] = Math.pow(10, random.nextInt(-6, 7)) * random.nextDouble();
      }
    }
    List<ProbeResult> told = new ArrayList<>();
    for (int workers : new int[] {1, 2, 3, 5, 8}) {
      List<ProbeDecision> heard = new ArrayList<>();
      TargetController steering = steering(told);
      ProbeCollector probe = new ProbeCollector(steering.tree(), workers, 2);
      for (int worker = workers - 1; worker >= 0; worker--) {
        assertThat(probe.total()).isEmpty();
        put(probe, steering.tree(), worker, workers, sums, heard);
      }
      assertThat(heard).as("before it is decided").isEmpty();
      probe.answer(steering.probed(0, probe.total().orElseThrow(), () -> null));
      assertThat(heard).hasSize(workers).allMatch(decision -> decision.nextProbeStep() == 1);
    }
    assertThat(told).hasSize(5).allMatch(probe -> probe.equals(told.get(0)));
    double plain = 0;
    for (double[] shard : sums) {
      plain += shard[0];
    }
    assertThat(told.get(0).domains().get("a"))
        .isCloseTo(plain / 10, org.assertj.core.data.Percentage.withPercentage(1e-9));
  }

  @Test
  void sumsOfAnotherShapeAreRefusedAndRepeatedOnesIgnored() {
    ShardTree tree = new ShardTree(SHARDS);
    ProbeCollector probe = new ProbeCollector(tree, 2, 2);
    assertThatThrownBy(
            () ->
                probe.put(
                    new Message(Kind.PROBE, 0, 0, 1, 3, 0, Slot.NONE),
                    ByteBuffer.allocate(24),
                    answer(new ArrayList<>())))
        .hasMessage("Cannot read the probe of worker 1 at step 4: expected 8 sums, got 3");
    put(probe, tree, 0, 2, new double[SHARDS][2], new ArrayList<>());
    double[][] others = new double[SHARDS][2];
    Arrays.stream(others).forEach(shard -> Arrays.fill(shard, 1));
    put(probe, tree, 0, 2, others, new ArrayList<>());
    put(probe, tree, 1, 2, new double[SHARDS][2], new ArrayList<>());
    assertThat(probe.total().orElseThrow()).containsExactly(0, 0);
  }

  private static TargetController steering(List<ProbeResult> told) {
    SteeringTarget target =
        new SteeringTarget(
            List.of(
                new SteeringTarget.Domain("a", 1e9, 1, 10),
                new SteeringTarget.Domain("b", 1e9, 1, 10)),
            1,
            5,
            1e9);
    return new TargetController(target, SteeringRules.PLAIN, new ShardTree(SHARDS), 20, told::add);
  }

  private static void put(
      ProbeCollector probe,
      ShardTree tree,
      int worker,
      int workers,
      double[][] sums,
      List<ProbeDecision> heard) {
    ByteBuffer body = ByteBuffer.allocate(8 * 2 * SHARDS);
    for (int s = tree.firstShard(worker, workers); s < tree.firstShard(worker + 1, workers); s++) {
      body.putDouble(sums[s][0]).putDouble(sums[s][1]);
    }
    probe.put(new Message(Kind.PROBE, 0, 0, worker, 0, 0, Slot.NONE), body.flip(), answer(heard));
  }

  private static RpcResponseCallback answer(List<ProbeDecision> heard) {
    return new RpcResponseCallback() {
      @Override
      public void onSuccess(ByteBuffer response) {
        heard.add(ProbeDecision.read(response));
      }

      @Override
      public void onFailure(Throwable e) {
        throw new AssertionError(e);
      }
    };
  }
}
