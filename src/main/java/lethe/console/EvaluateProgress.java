package lethe.console;

import java.time.Duration;
import java.util.Locale;
import lethe.evaluate.Evaluate;

/** One line about an evaluation: how far a model's scoring is, and how fast it was. */
public final class EvaluateProgress implements Evaluate.Progress {
  private final Console console;

  public EvaluateProgress(Console console) {
    this.console = console;
  }

  @Override
  public void scored(String model, Evaluate.Amount done, Evaluate.Amount all, Duration time) {
    if (done.chunks() == 0) {
      return;
    }
    double seconds = time.toNanos() / 1e9;
    double left = seconds * (all.tokens() - done.tokens()) / done.tokens();
    console.progress(
        String.format(
            Locale.ROOT,
            "evaluate  %s  %d/%d chunks  %s tokens/s  %s left",
            model,
            done.chunks(),
            all.chunks(),
            Console.count(done.tokens() / seconds),
            Console.time(left)),
        false);
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
    console.say("evaluate: reusing the scores of " + model);
  }
}
