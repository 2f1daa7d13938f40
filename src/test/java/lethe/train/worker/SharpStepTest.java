package lethe.train.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lethe.inference.ComputeSettings;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.objective.CappedAscent;
import lethe.objective.Descent;
import lethe.objective.Role;
import lethe.train.exchange.GradientUpload;
import lethe.train.exchange.Slot;
import lethe.train.exchange.WorkerReport;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.Sharpness;
import lethe.train.gradient.StepGradient;
import lethe.train.gradient.WireFormat;
import lethe.train.plan.PlanReader;
import lethe.train.plan.PlannedRow;
import lethe.train.plan.RowKey;
import lethe.train.steering.ProbeDecision;
import org.junit.jupiter.api.Test;
import scala.Tuple2;

/** A step against sharpness, worked out beside the engine. */
class SharpStepTest {
  private static final Role FORGET = new Role("forget", new CappedAscent(9), 0.7);
  private static final Role RETAIN = new Role("retain", new Descent(), 2);
  private static final List<Role> ROLES = List.of(FORGET, RETAIN);
  private static final int SHARDS = 2;

  private final Map<Slot, float[]> sent = new HashMap<>();

  @Test
  void theForgetGradientIsTakenOnceMoreAtTheMovedWeights() {
    ParameterLayout layout =
        ParameterLayout.of(
            TinyLlama.network().architecture().tensors(),
            new ParameterPattern(List.of()),
            new ParameterPattern(List.of()),
            300);
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, 1)) {
      MicroBatch microBatch = new MicroBatch(network);
      StepWork work =
          new StepWork(spec(layout), new PlanReader(rows().iterator(), 0), microBatch, Map.of(), 0);
      OutgoingGradient gradient =
          work.compute(0, ProbeDecision.UNSTEERED, weights, new Recording());
      gradient.flush();
      float[][] forget = part(0, layout);
      assertThat(forget).isDeepEqualTo(direct(layout, microBatch, FORGET, weights));
      assertThat(part(1, layout)).isDeepEqualTo(direct(layout, microBatch, RETAIN, weights));

      double before = loss(microBatch, weights);
      double norm = StepGradient.norm(forget);
      float[][] start = read(layout);
      float[][] moved = part(0, layout);
      new Sharpness(0.05).move(start, moved);
      assertThat(distance(start, moved)).isCloseTo(0.05, within(1e-5));
      for (int b = 0; b < moved.length; b++) {
        layout.write(b, moved[b], weights::write);
      }
      assertThat(loss(microBatch, weights) - before)
          .as("uphill, as far as the gradient says")
          .isCloseTo(0.05 * norm, within(0.02 * norm));

      work.computeMoved(weights, gradient);
      gradient.flush();
      float[][] there = part(2, layout);
      assertThat(there).isDeepEqualTo(direct(layout, microBatch, FORGET, weights));
      assertThat(distance(there, forget)).as("another gradient").isGreaterThan(1e-4);
      assertThat(sent).hasSize(3 * layout.buckets().count());

      WorkerReport report = work.report();
      assertThat(report.termSums()).as("at the weights themselves, once").hasSize(2 * SHARDS);
      assertThat(report.counts()).containsExactly(5, 5, 5, 5);
      assertThat(report.tokens()).isEqualTo(3 * SHARDS * 6);
    }
  }

  @Test
  void weightsThatHaveNoGradientStayWhereTheyAre() {
    float[][] weights = {{1, -2}, {3}};
    float[][] none = {{0, 0}, {0}};
    new Sharpness(0.5).move(weights, none);
    assertThat(none).isDeepEqualTo(weights);
    float[][] some = {{3, 0}, {-4}};
    new Sharpness(0.5).move(weights, some);
    assertThat(some).isDeepEqualTo(new float[][] {{1.3f, -2}, {2.6f}});
    assertThat(Sharpness.NONE.any()).isFalse();
  }

  private static WorkerTask.WorkerSpec spec(ParameterLayout layout) {
    return new WorkerTask.WorkerSpec(
        null,
        "",
        "",
        Map.of(),
        ROLES,
        new long[][] {{10, 10}},
        List.of(),
        1,
        SHARDS,
        1,
        ComputeSettings.cpu(1),
        layout,
        WireFormat.FLOAT32,
        GradientMode.SEPARATE,
        new Sharpness(0.05));
  }

  private static List<Tuple2<RowKey, Example>> rows() {
    List<Tuple2<RowKey, Example>> rows = new ArrayList<>();
    for (int shard = 0; shard < SHARDS; shard++) {
      for (int role = 0; role < ROLES.size(); role++) {
        rows.add(PlannedRow.of(0, shard, role, example(shard, role)));
      }
    }
    return rows;
  }

  private static Example example(int shard, int role) {
    int[] tokens =
        IntStream.range(0, 6).map(t -> 1 + (7 * t + 5 * shard + 11 * role) % 29).toArray();
    return new Example(shard + "." + role, List.of(new Example.View(tokens, tokens, Double.NaN)));
  }

  /** The gradient of a term over both shards: each by itself, and then added. */
  private static float[][] direct(
      ParameterLayout layout, MicroBatch microBatch, Role role, Parameters weights) {
    float[][] sum = layout.buckets().allocate();
    for (int shard = 0; shard < SHARDS; shard++) {
      try (Parameters leaves = weights.leaves(layout.trainedNames()::contains)) {
        microBatch.accumulate(
            role,
            List.of(example(shard, ROLES.indexOf(role))),
            role.weight() / 10,
            leaves,
            Map.of());
        for (int b = 0; b < sum.length; b++) {
          float[] bucket = new float[sum[b].length];
          layout.forEachRange(
              b, (flat, from, length) -> leaves.readGradients(flat, bucket, from, length));
          for (int i = 0; i < bucket.length; i++) {
            sum[b][i] += bucket[i];
          }
        }
      }
    }
    return sum;
  }

  /** What is minimised of the text to forget. */
  private static double loss(MicroBatch microBatch, Parameters weights) {
    double sum = 0;
    for (int shard = 0; shard < SHARDS; shard++) {
      try (Parameters leaves = weights.leaves(name -> true)) {
        sum +=
            FORGET.weight()
                / 10
                * microBatch.accumulate(FORGET, List.of(example(shard, 0)), 1, leaves, Map.of());
      }
    }
    return sum;
  }

  private static float[][] read(ParameterLayout layout) {
    float[] all = TinyLlama.values(1);
    float[][] buckets = layout.buckets().allocate();
    for (int b = 0; b < buckets.length; b++) {
      float[] bucket = buckets[b];
      layout.forEachRange(
          b, (flat, from, length) -> System.arraycopy(all, (int) flat, bucket, from, length));
    }
    return buckets;
  }

  private static double distance(float[][] one, float[][] other) {
    double sum = 0;
    for (int b = 0; b < one.length; b++) {
      for (int i = 0; i < one[b].length; i++) {
        double d = one[b][i] - other[b][i];
        sum += d * d;
      }
    }
    return Math.sqrt(sum);
  }

  private float[][] part(int part, ParameterLayout layout) {
    return IntStream.range(0, layout.buckets().count())
        .mapToObj(b -> sent.get(new Slot(part, b)).clone())
        .toArray(float[][]::new);
  }

  private final class Recording implements GradientUpload {
    @Override
    public void send(Slot slot, List<float[]> sums) {
      sent.put(slot, sums.get(0).clone());
    }

    @Override
    public void await() {}
  }
}
