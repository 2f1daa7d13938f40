package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import lethe.model.checkpoint.NamedShape;
import lethe.target.SteeringRules;
import lethe.target.SteeringTarget;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardGradients;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import lethe.train.steering.ProbeDecision;
import lethe.train.steering.TargetController;
import org.junit.jupiter.api.Test;

/**
 * A training that stops at its target, with workers that make up gradients and losses: where it
 * ends and what it keeps does not depend on who computes what, nor on workers that die in a look at
 * the loss.
 */
class SteeredExchangeTest {
  private static final int SHARDS = 8;
  private static final int STEPS = 40;

  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 10)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          4);

  /**
   * @param looks step and sums of each look at the loss
   * @param weights bits of those that are kept
   */
  private record Result(List<String> looks, int steps, int best, List<Integer> weights) {}

  @Test
  void anyNumberOfWorkersEndsAtTheSameStepWithTheSameBits() throws Exception {
    for (WireFormat wire : WireFormat.values()) {
      Result alone = train(wire, 1, new Random(0), -1);
      assertThat(alone.looks).hasSizeGreaterThan(4);
      assertThat(alone.steps).isBetween(5, STEPS - 1);
      for (int workers : new int[] {2, 3, 4, 8}) {
        assertThat(train(wire, workers, new Random(workers), -1))
            .as("%d workers, %s", workers, wire)
            .isEqualTo(alone);
      }
    }
  }

  @Test
  void workersThatDieInALookAtTheLossChangeNothing() throws Exception {
    Result whole = train(WireFormat.FLOAT32, 3, new Random(1), -1);
    for (int look = 0; look < whole.looks.size(); look++) {
      assertThat(train(WireFormat.FLOAT32, 3, new Random(2), look))
          .as("look " + look)
          .isEqualTo(whole);
    }
  }

  /**
   * @param dying the look in which all workers but one are heard, and then another attempt begins;
   *     -1 for none
   */
  private static Result train(WireFormat wire, int workers, Random order, int dying)
      throws Exception {
    Optimizer optimizer = new Optimizer(UpdateRule.ADAMW, LAYOUT, start(), 1, 0);
    SteeringTarget target =
        new SteeringTarget(
            List.of(
                new SteeringTarget.Domain("a", 3, 40, 40),
                new SteeringTarget.Domain("b", 2.5, 60, 60)),
            0.2,
            5,
            9);
    List<String> looks = new ArrayList<>();
    TargetController steering =
        new TargetController(
            target,
            SteeringRules.PLAIN,
            new ShardTree(SHARDS),
            STEPS,
            probe -> looks.add(probe.toString()));
    ExchangeSpec exchange =
        new ExchangeSpec(
            LAYOUT,
            new LearningRateSchedule(0.05, STEPS, 0, LearningRateSchedule.Decay.CONSTANT),
            wire,
            GradientMode.SUMMED,
            new ShardTree(SHARDS),
            0,
            workers);
    int attempt = 0;
    try (LocalExchange local =
        new LocalExchange(exchange, optimizer, workers, record -> {}, Optional.of(steering))) {
      ProbeDecision decision = begin(local, attempt);
      for (int step = 0; !decision.done(); ) {
        float[][] weights = weights(local, attempt, step);
        if (step == decision.nextProbeStep()) {
          List<Integer> who = new ArrayList<>(IntStream.range(0, workers).boxed().toList());
          Collections.shuffle(who, order);
          if (looks.size() == dying && attempt == 0) {
            for (int worker : who.subList(1, workers)) {
              assertThat(look(local, attempt, worker, step, weights)).as("answer").isNotDone();
            }
            attempt++;
            decision = begin(local, attempt);
            continue; // with the weights, the look and the step that were under way
          }
          List<CompletableFuture<ByteBuffer>> answers = new ArrayList<>();
          for (int worker : who) {
            answers.add(look(local, attempt, worker, step, weights));
          }
          for (CompletableFuture<ByteBuffer> answer : answers) {
            decision = ProbeDecision.read(answer.get(10, TimeUnit.SECONDS).duplicate());
          }
        }
        if (!decision.done()) {
          push(local, attempt, step, weights, decision);
          step++;
        }
      }
    }
    TargetController.SteeringRecord ended = steering.record();
    List<Integer> bits =
        Arrays.stream(steering.best())
            .flatMap(
                bucket ->
                    IntStream.range(0, bucket.length)
                        .mapToObj(i -> Float.floatToRawIntBits(bucket[i])))
            .toList();
    return new Result(looks, ended.steps(), ended.best(), bits);
  }

  private static ProbeDecision begin(LocalExchange local, int attempt) throws Exception {
    ProbeDecision decision = null;
    for (int w = 0; w < local.exchange.workers(); w++) {
      ByteBuffer start = local.hello(attempt, w, "here").get(10, TimeUnit.SECONDS);
      start.getInt();
      decision = ProbeDecision.read(start);
    }
    return decision;
  }

  private static float[][] weights(LocalExchange local, int attempt, int step) throws Exception {
    float[][] weights = new float[LAYOUT.buckets().count()][];
    for (int b = 0; b < weights.length; b++) {
      weights[b] = local.pull(attempt, 0, step, b).get(10, TimeUnit.SECONDS);
    }
    return weights;
  }

  /** Each shard has tokens of both domains; forgetting lets the loss of either grow. */
  private static CompletableFuture<ByteBuffer> look(
      LocalExchange local, int attempt, int worker, int step, float[][] weights) {
    ShardTree tree = new ShardTree(SHARDS);
    int workers = local.exchange.workers();
    double[] sums =
        IntStream.range(tree.firstShard(worker, workers), tree.firstShard(worker + 1, workers))
            .boxed()
            .flatMap(shard -> List.of(nll(shard, 0, weights), nll(shard, 1, weights)).stream())
            .mapToDouble(Double::doubleValue)
            .toArray();
    return local.probe(attempt, worker, step, sums);
  }

  private static double nll(int shard, int domain, float[][] weights) {
    double perToken = 1.1 + 0.07 * shard / SHARDS + 1.9 * weights[domain][shard % 4];
    return perToken * (domain == 0 ? 40 : 60) / SHARDS;
  }

  private static void push(
      LocalExchange local, int attempt, int step, float[][] weights, ProbeDecision decision)
      throws Exception {
    ShardTree tree = new ShardTree(SHARDS);
    int workers = local.exchange.workers();
    for (int w = 0; w < workers; w++) {
      ShardGradients gradients = new ShardGradients(local.exchange.wire(), tree, new BufferPool());
      for (int shard = tree.firstShard(w, workers);
          shard < tree.firstShard(w + 1, workers);
          shard++) {
        float[][] gradient = gradient(step, shard, weights, decision);
        for (int b = 0; b < gradient.length; b++) {
          float[] all = gradient[b];
          gradients.add(
              shard,
              0,
              b,
              all.length,
              (values, from, count) -> System.arraycopy(all, from, values, from, count));
        }
      }
      local.report(attempt, w, step, 1).get(10, TimeUnit.SECONDS);
      List<Integer> nodes = tree.roots(w, workers);
      for (int b = 0; b < weights.length; b++) {
        List<float[]> sums = gradients.take(0, b, nodes);
        for (int n = 0; n < nodes.size(); n++) {
          local
              .push(attempt, w, step, nodes.get(n), new Slot(0, b), sums.get(n))
              .get(10, TimeUnit.SECONDS);
        }
      }
    }
  }

  /** Upwards as far as the decision says, with noise that depends on the weights. */
  private static float[][] gradient(
      int step, int shard, float[][] weights, ProbeDecision decision) {
    float[][] gradient = LAYOUT.buckets().allocate();
    Random random = new Random(step * 31L + shard);
    for (int b = 0; b < gradient.length; b++) {
      for (int i = 0; i < gradient[b].length; i++) {
        double upwards = b < 2 ? decision.weights()[b] : 0;
        gradient[b][i] = (float) (-upwards + 0.1 * random.nextGaussian() + 0.01 * weights[b][i]);
      }
    }
    return gradient;
  }

  private static float[][] start() {
    return LAYOUT.buckets().allocate();
  }
}
