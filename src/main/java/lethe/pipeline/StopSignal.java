package lethe.pipeline;

import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import lethe.console.Console;
import lethe.run.Verb;
import lethe.settings.LaunchEnvironment;
import lethe.spark.ProcessMessages;
import lethe.spark.ProcessSignal;
import lethe.train.StopRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM, and SIGINT, which Ctrl-C sends: training finishes its step and writes a checkpoint; any
 * other stage has nothing to lose and is ended at once, with one sentence and exit code 1.
 */
final class StopSignal {
  private static final Logger LOG = LoggerFactory.getLogger(StopSignal.class);

  /** Of a run that failed, as {@code lethe.command.Lethe} lists the codes. */
  private static final int EXIT_CODE = 1;

  private final Console console;
  private final PrintStream errors = System.err;
  private final StopRequest request = new StopRequest();
  private final AtomicBoolean ending = new AtomicBoolean();
  private final List<Verb> finished = new CopyOnWriteArrayList<>();
  private volatile Verb during;
  private volatile boolean training;
  private volatile Optional<ProcessSignal> asked = Optional.empty();

  /**
   * @param verb that was called
   */
  StopSignal(Console console, Verb verb) {
    this.console = console;
    this.during = verb;
  }

  /** Listens for the signals from now on. */
  void register() {
    for (ProcessSignal signal : ProcessSignal.values()) {
      signal.register(() -> received(signal));
    }
  }

  /** The request that the trainer checks between steps. */
  StopRequest request() {
    return request;
  }

  /**
   * Says what a signal interrupts from now on; ends the process if one came in the last step of a
   * training, which was not interrupted.
   */
  void begun(Verb stage) {
    during = stage;
    asked.ifPresent(this::end);
  }

  /** Says what a signal no longer interrupts. */
  void finished(Verb stage) {
    finished.add(stage);
  }

  /** Trains so that a signal ends it cleanly; afterwards it ends the process at once again. */
  <T> T whileTraining(Supplier<T> work) {
    training = true;
    try {
      return work.get();
    } finally {
      training = false;
    }
  }

  /**
   * Does not return when a signal is ending the process: what the work makes of a Spark that was
   * taken from it, such as an exception, means nothing then.
   */
  void waitIfEnding() {
    if (ending.get()) {
      System.exit(EXIT_CODE); // waits for the exit that has begun
    }
  }

  private boolean received(ProcessSignal signal) {
    if (training && !request.requested()) {
      LOG.warn("asked to stop by {}", signal);
      console.say("Asked to stop: finishing the step and writing a checkpoint");
      asked = Optional.of(signal);
      request.request();
      return true;
    }
    return end(signal);
  }

  /**
   * @return false if the process is being ended already
   */
  private boolean end(ProcessSignal signal) {
    if (!ending.compareAndSet(false, true)) {
      return false;
    }
    ProcessMessages.silence();
    if (LaunchEnvironment.LETHE_TERMINAL.isTrue()) {
      errors.println(); // behind a line of progress
    }
    errors.println(sentence(signal, during, finished));
    System.exit(EXIT_CODE);
    return true;
  }

  /**
   * @param finished the stages that this driver found finished, or has finished, in order
   */
  static String sentence(ProcessSignal signal, Verb during, List<Verb> finished) {
    String kept =
        finished.isEmpty()
            ? "what was finished before"
            : String.join(", ", finished.stream().map(Verb::spelling).toList());
    return "Stopped by %s during %s; kept: %s; the same command goes on from there, without overwrite=true"
        .formatted(signal, during.spelling(), kept);
  }
}
