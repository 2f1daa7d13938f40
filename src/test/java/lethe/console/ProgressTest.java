package lethe.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import lethe.target.ProbeResult;
import lethe.train.StepRecord;
import org.junit.jupiter.api.Test;

/** What a user reads while a run goes on. */
class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Console console = new Console(new PrintStream(bytes, true, StandardCharsets.UTF_8));
  private final TrainProgress progress = new TrainProgress("unlearn", console);

  @Test
  void saysWhichForgetLossItIsAndHowFarFromItsTarget() {
    progress.planned(1, 8);
    progress.probed(new ProbeResult(0, 3.902, -0.65, Map.of(), Map.of()));
    progress.step(step());
    progress.probed(new ProbeResult(1, 4.702, 0.15, Map.of(), Map.of()));
    progress.step(step());
    progress.probed(new ProbeResult(1, null, null, Map.of(), Map.of()));
    progress.step(step());
    assertThat(said())
        .contains(
            "  forget loss, steering half: 3.902 (0.650 below its target)  terms: forget -3.500  ",
            "  forget loss, steering half: 4.702 (0.150 above its target)  terms: ",
            "  forget loss, steering half: not a finite number  terms: ");
  }

  @Test
  void forecastsTheStepsToTheTargetAndWarnsOnceWhenTheyAreNotThere() {
    progress.planned(30, 8);
    for (int probe = 0; probe <= 7; probe++) {
      double distance = -2 + 0.1 * probe; // 0.02 a step
      progress.probed(new ProbeResult(5 * probe, 4 + distance, distance, Map.of(), Map.of()));
      progress.step(step());
    }
    assertThat(said())
        .contains(
            "2.000 (2.000 below its target)  terms",
            "unlearn: Warning: after 20 steps the forget loss is 1.600 below its target, and at the pace of the last probes it needs about 80 more, while train.steps leaves 10: ",
            "2.400 (1.600 below its target, some 80 steps away)  terms")
        .containsOnlyOnce("Warning");
  }

  @Test
  void scoresThatStandAreReused() {
    new EvaluateProgress(console).reused("original");
    assertThat(said()).isEqualTo("evaluate: reusing the scores of original\n");
  }

  @Test
  void noNameReachesTheTerminalRaw() {
    console.say("domain a\u001b[31m\nReport: forged");
    console.progress("domain \u001b]0;title\u0007", true);
    assertThat(said())
        .isEqualTo("domain a\\u001b[31m\\u000aReport: forged\ndomain \\u001b]0;title\\u0007\n");
  }

  private static StepRecord step() {
    return new StepRecord(
        1, Map.of("forget", -3.5), Map.of(), 1, null, null, 1e-4, 100, 1, 100, 0, 0, 1, 0, 0, "");
  }

  private String said() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
