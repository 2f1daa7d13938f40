package lethe.train.exchange;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntUnaryOperator;
import lethe.model.checkpoint.NamedShape;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import lethe.train.guard.GuardedAuthentication.Limits;
import lethe.train.optimizer.LearningRateSchedule;
import lethe.train.optimizer.Optimizer;
import lethe.train.optimizer.UpdateRule;

/** A driver with an open port, and one worker that trains through it until it is asked to end. */
final class TrainingOverNetwork implements AutoCloseable {
  /** Two buckets, which are longer than a segment of a sealed stream. */
  static final ParameterLayout LAYOUT =
      ParameterLayout.of(
          List.of(NamedShape.of("w", 160_000)),
          new ParameterPattern(List.of()),
          new ParameterPattern(List.of()),
          80_000);

  private static final String SECRET = "secret";

  final LocalExchange exchange = exchange();
  final List<String> notices = new CopyOnWriteArrayList<>();
  final MailboxServer server;
  final TrueWorker worker;

  /**
   * @param limits for peers that have not authenticated
   * @param way from the driver's port to the one that the worker connects to
   */
  TrainingOverNetwork(Map<String, String> settings, Limits limits, IntUnaryOperator way) {
    server =
        new MailboxServer(exchange.mailbox, "127.0.0.1", 0, SECRET, settings, limits, notices::add);
    worker =
        new TrueWorker(
            new MailboxAddress("127.0.0.1", way.applyAsInt(server.port()), 0, SECRET, settings),
            LAYOUT);
  }

  private static LocalExchange exchange() {
    LearningRateSchedule schedule =
        new LearningRateSchedule(0.01, 1_000_000, 0, LearningRateSchedule.Decay.CONSTANT);
    float[][] weights = LAYOUT.buckets().allocate();
    Arrays.stream(weights).forEach(bucket -> Arrays.fill(bucket, 0.5f));
    return new LocalExchange(
        new ExchangeSpec(
            LAYOUT, schedule, WireFormat.FLOAT32, GradientMode.SUMMED, new ShardTree(1), 0, 1),
        new Optimizer(UpdateRule.ADAMW, LAYOUT, weights, 1, 0),
        1,
        record -> {});
  }

  /** The address at which another worker could reach the driver. */
  MailboxAddress address() {
    return new MailboxAddress("127.0.0.1", server.port(), 0, SECRET, Map.of());
  }

  /** Whether the worker goes on. */
  boolean goesOn() throws InterruptedException {
    return worker.goesOn(2, Duration.ofSeconds(20));
  }

  /** The weights after so many steps in which nobody disturbed. */
  static float[][] undisturbed(int steps) {
    try (LocalExchange quiet = exchange()) {
      quiet.hello(0, 0, "here").join();
      for (int step = 0; step < steps; step++) {
        quiet.pull(0, 0, step, 0).join(); // the step before is applied
        quiet.report(0, 0, step, 1).join();
        float[][] gradient = TrueWorker.gradient(LAYOUT, step);
        for (int bucket = 0; bucket < gradient.length; bucket++) {
          quiet.push(0, 0, step, ShardTree.ROOT, new Slot(0, bucket), gradient[bucket]).join();
        }
      }
      return new float[][] {quiet.pull(0, 0, steps, 0).join(), quiet.pull(0, 0, steps, 1).join()};
    }
  }

  @Override
  public void close() {
    worker.close();
    server.close();
    exchange.close();
  }
}
