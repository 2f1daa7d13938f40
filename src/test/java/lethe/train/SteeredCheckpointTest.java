package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.folder.Files;
import lethe.model.checkpoint.NamedShape;
import lethe.target.SteeringRules;
import lethe.target.SteeringTarget;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import lethe.train.steering.TargetController;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SteeredCheckpointTest {
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 5)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          3);

  @TempDir Path folder;

  private final List<String> said = new ArrayList<>();

  @Test
  void holdsWhatSteersAndTheBestStepsWeights() {
    Optimizer optimizer =
        new Optimizer(UpdateRule.ADAMW, LAYOUT, new float[][] {{1, 2, 3}, {4, 5}}, 1, 0);
    TargetController steering = steering();
    steering.probed(0, new double[] {2, 7}, optimizer::copyWeights);
    steering.probed(1, new double[] {Double.NaN, 0.1 + 0.2}, () -> null);
    optimizer.advance();
    optimizer.update(0, new float[] {1, 1, 1}, 1, 0.1);
    save(optimizer, Optional.of(steering));

    Optimizer resumed = new Optimizer(UpdateRule.ADAMW, LAYOUT, LAYOUT.buckets().allocate(), 1, 0);
    Checkpoints.State state = checkpoints().resume(resumed).orElseThrow();
    assertThat(resumed.steps()).isEqualTo(1);
    assertThat(resumed.weights(0)).isEqualTo(optimizer.weights(0)).doesNotContain(1, 2, 3);
    assertThat(state.steering().best()).isDeepEqualTo(new float[][] {{1, 2, 3}, {4, 5}});
    assertThat(state.steering().probes())
        .extracting(TargetController.Sums::step)
        .containsExactly(0, 1);
    assertThat(state.steering().probes().get(1).sums()).containsExactly(Double.NaN, 0.1 + 0.2);
    assertThat(said).isEmpty();
  }

  @Test
  void holdsNeitherWhereNothingSteers() {
    save(
        new Optimizer(UpdateRule.ADAMW, LAYOUT, new float[][] {{1, 2, 3}, {4, 5}}, 1, 0),
        Optional.empty());
    Optimizer resumed = new Optimizer(UpdateRule.ADAMW, LAYOUT, LAYOUT.buckets().allocate(), 1, 0);
    Checkpoints.State state = checkpoints().resume(resumed).orElseThrow();
    assertThat(state.steering().best()).isNull();
    assertThat(state.steering().probes()).isEmpty();
    assertThat(folder.resolve("step-00000000/best.bin")).doesNotExist();
  }

  private void save(Optimizer optimizer, Optional<TargetController> steering) {
    try (Checkpoints checkpoints = checkpoints()) {
      checkpoints.save(optimizer, "here", steering, Optional.empty());
      checkpoints.await();
    }
  }

  private Checkpoints checkpoints() {
    return new Checkpoints(
        new CheckpointFolder(
            new org.apache.hadoop.fs.Path(folder.toString()), new Files(new Configuration())),
        RunIdentity.of(Map.of("train.seed", 1)),
        UpdateRule.ADAMW.vectors(),
        LAYOUT.buckets(),
        Duration.ofMinutes(10),
        said::add);
  }

  private static TargetController steering() {
    SteeringTarget target =
        new SteeringTarget(
            List.of(
                new SteeringTarget.Domain("a", 4, 1, 1), new SteeringTarget.Domain("b", 9, 1, 1)),
            0.1,
            5,
            10);
    return new TargetController(target, SteeringRules.PLAIN, new ShardTree(2), 20, probe -> {});
  }
}
