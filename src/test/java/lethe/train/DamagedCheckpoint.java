package lethe.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.folder.RunFolder;
import lethe.model.checkpoint.NamedShape;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;
import org.apache.hadoop.conf.Configuration;

/** A training stopped at step 3, to be damaged, and what a driver does that goes on with it. */
public final class DamagedCheckpoint {
  private static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 10)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          4);

  private static final String STAGE = "unlearn";

  private DamagedCheckpoint() {}

  /** Writes the checkpoints of steps 2 and 3 and the records of three steps. */
  public static void write(Path run) {
    RunFolder folder = folder(run);
    folder
        .files()
        .writeText(
            new org.apache.hadoop.fs.Path(folder.stepParts(), STAGE + "-00000003.jsonl"),
            record(1) + record(2) + record(3));
    try (Checkpoints checkpoints = checkpoints(folder)) {
      for (int step = 2; step <= 3; step++) {
        Optimizer optimizer =
            new Optimizer(UpdateRule.ADAMW, LAYOUT, LAYOUT.buckets().allocate(), 1, 0);
        for (int done = 0; done < step; done++) {
          optimizer.advance();
        }
        checkpoints.save(optimizer, "here", Optional.empty(), Optional.empty());
      }
    }
  }

  private static String record(int step) {
    return "{\"step\": %d, \"losses\": {\"forget.npo\": 2.0}, \"counts\": {\"forget.npo\": 10}, \"tokens\": 100}\n"
        .formatted(step);
  }

  /**
   * Goes on from the newest checkpoint that is whole.
   *
   * @return 0
   */
  public static int resume(Path run) {
    RunFolder folder = folder(run);
    try (Checkpoints checkpoints = checkpoints(folder)) {
      Optimizer optimizer =
          new Optimizer(UpdateRule.ADAMW, LAYOUT, LAYOUT.buckets().allocate(), 1, 0);
      checkpoints.resume(optimizer);
      StepLog.open(folder, STAGE, 3, optimizer.steps(), System.out::println);
    }
    return 0;
  }

  private static Checkpoints checkpoints(RunFolder folder) {
    return new Checkpoints(
        new CheckpointFolder(folder.checkpoints(STAGE), folder.files()),
        RunIdentity.of(Map.of("train.seed", 1)),
        UpdateRule.ADAMW.vectors(),
        LAYOUT.buckets(),
        Duration.ofMinutes(1),
        System.out::println);
  }

  private static RunFolder folder(Path run) {
    return RunFolder.of(run.toString(), new Configuration());
  }
}
