package lethe;

import java.time.Duration;
import java.util.Locale;
import lethe.evaluate.Evaluate;

/** One line about an evaluation: how far a model's scoring is, and how fast it was. */
final class EvaluateProgress implements Evaluate.Progress {
  private final Console console;

  EvaluateProgress(Console console) {
    this.console = console;
  }

  @Override
  public void scored(String model, long done, long all) {
    console.glimpse("evaluate  %s  %d/%d chunks".formatted(model, done, all));
  }

  @Override
  public void finished(String model, long tokens, Duration time) {
    double seconds = time.toNanos() / 1e9;
    console.say(
        String.format(
            Locale.ROOT, "evaluate: %s, %s tokens/s", model, Console.count(tokens / seconds)));
  }

  @Override
  public void reused(String model) {
    console.say("evaluate: " + model + " was scored before");
  }
}
