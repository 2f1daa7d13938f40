package lethe.evaluate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what an evaluation said of itself. */
final class RecordingProgress implements Evaluate.Progress {
  final List<Long> done = new CopyOnWriteArrayList<>();
  final List<String> reused = new ArrayList<>();
  long tokens;

  @Override
  public void scored(String model, Evaluate.Amount amount, Evaluate.Amount all, Duration time) {
    done.add(amount.chunks());
  }

  @Override
  public void finished(String model, long all, Duration time) {
    tokens += all;
  }

  @Override
  public void reused(String model) {
    reused.add(model);
  }
}
