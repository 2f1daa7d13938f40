package lethe.pipeline;

import java.util.function.Supplier;
import lethe.console.Console;
import lethe.spark.TermSignal;
import lethe.train.StopRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM: training finishes its step and writes a checkpoint; any other stage has nothing to lose
 * and is ended at once.
 */
final class StopSignal {
  private static final Logger LOG = LoggerFactory.getLogger(StopSignal.class);

  private final Console console;
  private final StopRequest request = new StopRequest();
  private volatile boolean training;

  StopSignal(Console console) {
    this.console = console;
  }

  /** Listens for the signal from now on. */
  void register() {
    TermSignal.register(this::onSigterm);
  }

  /** The request that the trainer checks between steps. */
  StopRequest request() {
    return request;
  }

  /** Trains so that the signal ends it cleanly; afterwards it ends the process at once again. */
  <T> T whileTraining(Supplier<T> work) {
    training = true;
    T result = work.get();
    training = false;
    return result;
  }

  private boolean onSigterm() {
    if (training && !request.requested()) {
      LOG.warn("asked to stop by SIGTERM");
      console.say("Asked to stop: finishing the step and writing a checkpoint");
      request.request();
      return true;
    }
    return false;
  }
}
