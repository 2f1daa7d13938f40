package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lethe.LocalSpark;
import lethe.spark.ScalaCollections;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.source.Source;
import org.junit.jupiter.api.Test;

class TrainMetricsTest {
  @Test
  void theNewestStepShowsInSparksMetrics() {
    assertThat(LocalSpark.SESSION).isNotNull();
    try (TrainMetrics metrics = new TrainMetrics("unlearn", List.of("forget.ascent"))) {
      metrics.step(
          new StepRecord(
              3,
              Map.of("forget.ascent", 2.5),
              Map.of(),
              0.25,
              null,
              null,
              1e-3,
              10,
              2,
              5,
              0.125,
              4096,
              1,
              0,
              0,
              ""));
      assertThat(sources()).hasSize(1);
      Map<String, Object> seen = new HashMap<>();
      for (String name : sources().get(0).metricRegistry().getNames()) {
        seen.put(name, sources().get(0).metricRegistry().gauge(name, () -> null).getValue());
      }
      assertThat(seen)
          .isEqualTo(
              Map.of(
                  "unlearn.step", 3.0,
                  "unlearn.tokens_per_second", 5.0,
                  "unlearn.wait_share", 0.125,
                  "unlearn.wire_bytes", 4096.0,
                  "unlearn.grad_norm", 0.25,
                  "unlearn.learning_rate", 1e-3,
                  "unlearn.loss.forget.ascent", 2.5));
    }
    assertThat(sources()).isEmpty();
  }

  private static List<Source> sources() {
    return ScalaCollections.list(SparkEnv.get().metricsSystem().getSourcesByName("lethe"));
  }
}
