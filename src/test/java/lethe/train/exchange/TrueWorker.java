package lethe.train.exchange;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.Sharpness;
import lethe.train.gradient.WireFormat;

/**
 * The only worker of a launch, without a process: it trains over the network, step after step, in a
 * thread of its own. When an attempt fails the next one begins, as Spark would begin it.
 */
final class TrueWorker implements AutoCloseable {
  /** Attempts after which it gives up. */
  private static final int ATTEMPTS = 10;

  private final ParameterLayout layout;
  private final float[][] weights;
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private int steps; // guarded by this
  private long longestNanos; // guarded by this
  private volatile boolean asked;

  TrueWorker(MailboxAddress address, ParameterLayout layout) {
    this.layout = layout;
    this.weights = layout.buckets().allocate();
    Thread thread = new Thread(() -> run(address), "true-worker");
    thread.setDaemon(true);
    thread.start();
  }

  private void run(MailboxAddress address) {
    try {
      for (int attempt = 0; attempt < ATTEMPTS && !asked; attempt++) {
        try (MailboxClient client = new MailboxClient(address, attempt, 0)) {
          train(client);
        } catch (IllegalStateException e) {
          failures.add(e.getMessage());
        }
      }
      end.complete(null);
    } catch (RuntimeException e) {
      end.completeExceptionally(e);
    }
  }

  private void train(MailboxClient client) {
    String greeting =
        ExchangeSpec.greeting(layout, 1, WireFormat.FLOAT32, GradientMode.SUMMED, Sharpness.NONE);
    int step = client.hello(greeting, "here", "").step();
    while (true) {
      long begun = System.nanoTime();
      client.pull(
          step, layout, WireFormat.FLOAT32, (values, bucket) -> weights[bucket] = values.clone());
      if (asked) {
        return;
      }
      client.report(step, new WorkerReport(new double[] {1}, new long[] {1}, 1, 1));
      WholeGradient.send(client, step, layout, WireFormat.FLOAT32, gradient(layout, step));
      step++;
      done(step, System.nanoTime() - begun);
    }
  }

  /** What it sends for a step, from 0. */
  static float[][] gradient(ParameterLayout layout, int step) {
    float[][] gradient = layout.buckets().allocate();
    for (float[] bucket : gradient) {
      for (int i = 0; i < bucket.length; i++) {
        bucket[i] = ((i * 31 + step * 7) % 101 - 50) / 64f;
      }
    }
    return gradient;
  }

  private synchronized void done(int all, long nanos) {
    steps = all;
    longestNanos = Math.max(longestNanos, nanos);
    notifyAll();
  }

  /** Steps of which all is sent. */
  synchronized int steps() {
    return steps;
  }

  /** The longest step since it was last asked for. */
  synchronized Duration longestStep() {
    Duration longest = Duration.ofNanos(longestNanos);
    longestNanos = 0;
    return longest;
  }

  /** Waits until some more steps are sent; false when they were not within a time. */
  synchronized boolean goesOn(int more, Duration within) throws InterruptedException {
    int until = steps + more;
    long deadline = System.nanoTime() + within.toNanos();
    while (steps < until && !end.isDone()) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      wait(Math.min(left, 100));
    }
    return steps >= until;
  }

  /** How its attempts have failed. */
  List<String> failures() {
    return failures;
  }

  /** Ends the training after the step under way; returns the weights then. */
  float[][] finish() throws Exception {
    asked = true;
    end.get(10, TimeUnit.SECONDS);
    return weights;
  }

  @Override
  public void close() {
    asked = true;
  }
}
