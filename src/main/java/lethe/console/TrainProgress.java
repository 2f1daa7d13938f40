package lethe.console;

import java.util.Locale;
import java.util.stream.Collectors;
import lethe.settings.Printable;
import lethe.target.Forecast;
import lethe.target.ProbeResult;
import lethe.train.StepRecord;
import lethe.train.Trainer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line about a training run: step, distance from the target and how many steps away it seems
 * ({@link Forecast}), means of the terms, tokens processed per second, time left.
 */
public final class TrainProgress implements Trainer.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(TrainProgress.class);

  private final String stage;
  private final Console console;
  private final boolean rising;
  private int steps;
  private double seconds;
  private int done;
  private Forecast forecast = new Forecast(0);
  private volatile String looked = "";

  public TrainProgress(String stage, Console console) {
    this(stage, console, false);
  }

  private TrainProgress(String stage, Console console, boolean rising) {
    this.stage = stage;
    this.console = console;
    this.rising = rising;
  }

  /** One whose rate rises at each step: the line has it, and no forecast, which would be wrong. */
  public static TrainProgress atRisingRates(String stage, Console console) {
    return new TrainProgress(stage, console, true);
  }

  @Override
  public void planned(int planned, int perStep) {
    steps = planned;
    forecast = new Forecast(planned);
    console.say(stage + ": " + planned + " steps of at most " + perStep + " examples per term");
  }

  @Override
  public void step(StepRecord step) {
    seconds += step.seconds();
    String losses =
        step.losses().entrySet().stream()
            .map(e -> String.format(Locale.ROOT, "%s %.3f", e.getKey(), e.getValue()))
            .collect(Collectors.joining("  "));
    double left = seconds / ++done * (steps - step.step());
    console.progress(
        String.format(
            Locale.ROOT,
            "%s  step %d/%d  %s%sterms: %s%s  %s tokens/s  %s left",
            stage,
            step.step(),
            steps,
            rising ? String.format(Locale.ROOT, "rate %.1e  ", step.learningRate()) : "",
            looked,
            losses,
            cosine(step),
            Console.count(step.tokensPerSecond()),
            Console.time(left)),
        step.step() == steps);
  }

  /** The cosine between the gradients of forgetting and keeping, where the step has it. */
  private static String cosine(StepRecord step) {
    return step.cosine()
        .map(cosine -> String.format(Locale.ROOT, "  cosine %+.2f", cosine))
        .orElse("");
  }

  @Override
  public void probed(ProbeResult probe) {
    if (!rising) {
      forecast.add(probe);
    }
    looked =
        probe.nll() == null
            ? "forget loss, steering half: not a finite number  "
            : String.format(
                Locale.ROOT,
                "forget loss, steering half: %.3f (%.3f %s its target%s)  ",
                probe.nll(),
                Math.abs(probe.distance()),
                probe.distance() < 0 ? "below" : "above",
                forecast.stepsLeft().map(left -> ", some " + left + " steps away").orElse(""));
    forecast.warning().ifPresent(this::notice);
  }

  @Override
  public void notice(String sentence) {
    LOG.info("{}: {}", stage, Printable.line(sentence));
    console.say(stage + ": " + sentence);
  }
}
