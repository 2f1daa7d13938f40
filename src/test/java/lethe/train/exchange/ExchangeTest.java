package lethe.train.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import lethe.model.checkpoint.NamedShape;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The whole exchange with workers that make up their gradients: the same bits, whoever adds what
 * when.
 */
class ExchangeTest {
  private static final int SHARDS = 8;
  private static final int STEPS = 3;

  /** 16 buckets, twice the window, the last one shorter. */
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 10, 100)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          64);

  private static final Buckets BUCKETS = LAYOUT.buckets();

  private static final LearningRateSchedule SCHEDULE =
      new LearningRateSchedule(0.1, STEPS, 1, LearningRateSchedule.Decay.COSINE);

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, SUMMED", "FLOAT32, SEPARATE", "FLOAT32, PROJECTED",
    "BFLOAT16, SUMMED", "BFLOAT16, SEPARATE", "BFLOAT16, PROJECTED"
  })
  void anyNumberOfWorkersAndAnyOrderOfArrivalGiveTheSameBits(
      WireFormat wire, GradientMode gradientMode) throws Exception {
    int[] expected = alone(wire, gradientMode, gradients -> tree(wire, gradients, 0, SHARDS));
    int[] inAnotherOrder = alone(wire, gradientMode, gradients -> oneByOne(wire, gradients));
    assertThat(inAnotherOrder).as("the order of additions matters").isNotEqualTo(expected);
    for (GradientMode other : GradientMode.values()) {
      if (other != gradientMode) {
        assertThat(alone(wire, other, gradients -> tree(wire, gradients, 0, SHARDS)))
            .as("%s matters", gradientMode)
            .isNotEqualTo(expected);
      }
    }
    for (int workers : new int[] {1, 2, 3, 4, 8}) {
      for (int order = 0; order < 5; order++) {
        assertThat(exchanged(wire, gradientMode, workers, new Random(order)))
            .as("%d workers, order of arrival %d", workers, order)
            .isEqualTo(expected);
      }
    }
  }

  private static Optimizer optimizer() {
    float[][] weights = BUCKETS.allocate();
    Random random = new Random(1);
    for (float[] bucket : weights) {
      for (int i = 0; i < bucket.length; i++) {
        bucket[i] = (float) random.nextGaussian();
      }
    }
    return new Optimizer(UpdateRule.ADAMW, LAYOUT, weights, 1, 0.01);
  }

  /** The bits of all weights. */
  private static int[] weights(Optimizer optimizer) {
    return Arrays.stream(optimizer.vectors().get(0))
        .flatMapToInt(
            bucket ->
                IntStream.range(0, bucket.length).map(i -> Float.floatToRawIntBits(bucket[i])))
        .toArray();
  }

  /** A shard's gradient depends on the weights that have arrived, so a wrong bit never heals. */
  private static float gradient(int step, int shard, Slot slot, int element, float weight) {
    long place = (long) slot.part() * BUCKETS.count() + slot.bucket();
    Random random = new Random(((step * 31L + shard) * 31 + place) * 4099 + element);
    float own = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(4)) + 0.1 * weight);
    if (slot.part() == 0) {
      return own;
    }
    // The second part goes along with the first in one step, and against it in the others.
    float first = gradient(step, shard, new Slot(0, slot.bucket()), element, weight);
    return own + (step == 1 ? 0.5f : -0.5f) * first;
  }

  private static double[] gradient(int step, int shard, float[][] weights, float[][][] gradient) {
    for (int part = 0; part < gradient.length; part++) {
      for (int b = 0; b < weights.length; b++) {
        for (int i = 0; i < weights[b].length; i++) {
          gradient[part][b][i] = gradient(step, shard, new Slot(part, b), i, weights[b][i]);
        }
      }
    }
    return new double[] {1};
  }

  // --- Without workers: an adding and a rounding of its own.

  private interface Total {
    float of(float[] byShard);
  }

  private static int[] alone(WireFormat wire, GradientMode gradientMode, Total total) {
    Optimizer optimizer = optimizer();
    for (int step = 0; step < STEPS; step++) {
      float[][] forget = part(wire, optimizer, step, 0, total);
      if (gradientMode != GradientMode.SUMMED) {
        float[][] retain = part(wire, optimizer, step, 1, total);
        double conflict = 0;
        if (gradientMode == GradientMode.PROJECTED && product(forget, retain) < 0) {
          conflict = product(forget, retain) / product(retain, retain);
        }
        for (int b = 0; b < forget.length; b++) {
          for (int i = 0; i < forget[b].length; i++) {
            float left = (float) (forget[b][i] - conflict * retain[b][i]);
            forget[b][i] = left + retain[b][i];
          }
        }
      }
      double norm = norm(forget);
      optimizer.advance();
      for (int b = 0; b < forget.length; b++) {
        optimizer.update(b, forget[b], norm, SCHEDULE.rate(step));
      }
    }
    return weights(optimizer);
  }

  /** Bucket by bucket, and then their sums. */
  private static double norm(float[][] gradient) {
    return StrictMath.sqrt(product(gradient, gradient));
  }

  /** The sum of all shards. */
  private static float[][] part(
      WireFormat wire, Optimizer optimizer, int step, int part, Total total) {
    float[][] gradient = BUCKETS.allocate();
    for (int b = 0; b < gradient.length; b++) {
      for (int i = 0; i < gradient[b].length; i++) {
        float[] byShard = new float[SHARDS];
        for (int shard = 0; shard < SHARDS; shard++) {
          float weight = rounded(wire, optimizer.weights(b)[i]);
          byShard[shard] = rounded(wire, gradient(step, shard, new Slot(part, b), i, weight));
        }
        gradient[b][i] = total.of(byShard);
      }
    }
    return gradient;
  }

  /** Bucket by bucket, and then their sums. */
  private static double product(float[][] left, float[][] right) {
    double all = 0;
    for (int b = 0; b < left.length; b++) {
      double sum = 0;
      for (int i = 0; i < left[b].length; i++) {
        sum += (double) left[b][i] * right[b][i];
      }
      all += sum;
    }
    return all;
  }

  private static float tree(WireFormat wire, float[] byShard, int from, int to) {
    if (to - from == 1) {
      return byShard[from];
    }
    int middle = (from + to) / 2;
    return rounded(wire, tree(wire, byShard, from, middle) + tree(wire, byShard, middle, to));
  }

  private static float oneByOne(WireFormat wire, float[] byShard) {
    float sum = 0;
    for (float value : byShard) {
      sum = rounded(wire, sum + value);
    }
    return sum;
  }

  /**
   * The nearer of the two neighbours that have sixteen bits; of two as near, the one with an even
   * last bit.
   */
  private static float rounded(WireFormat wire, float value) {
    if (wire == WireFormat.FLOAT32) {
      return value;
    }
    int cut = Float.floatToRawIntBits(value) >>> 16;
    double toZero = Float.intBitsToFloat(cut << 16);
    double away = Float.intBitsToFloat((cut + 1) << 16);
    int nearer = Double.compare(Math.abs(value - toZero), Math.abs(away - value));
    return (float) (nearer < 0 || (nearer == 0 && cut % 2 == 0) ? toZero : away);
  }

  // --- With workers and the mailbox, message by message.

  private static int[] exchanged(
      WireFormat wire, GradientMode gradientMode, int workers, Random order) throws Exception {
    Optimizer optimizer = optimizer();
    List<Integer> applied = new ArrayList<>();
    ExchangeSpec exchange =
        new ExchangeSpec(LAYOUT, SCHEDULE, wire, gradientMode, new ShardTree(SHARDS), 0, workers);
    try (LocalExchange local =
        new LocalExchange(exchange, optimizer, SHARDS, record -> applied.add(record.step()))) {
      List<ExchangeWorker> all = new ArrayList<>();
      for (int w = 0; w < workers; w++) {
        all.add(new ExchangeWorker(local, w, SHARDS, ExchangeTest::gradient));
      }
      ExchangeWorker.inAnyOrder(all, order);
      for (int step = 0; step < STEPS; step++) {
        for (ExchangeWorker worker : all) {
          worker.compute(step);
        }
        ExchangeWorker.inAnyOrder(all, order);
      }
      for (ExchangeWorker worker : all) {
        worker.finish();
      }
    }
    assertThat(applied).containsExactly(1, 2, 3);
    return weights(optimizer);
  }
}
