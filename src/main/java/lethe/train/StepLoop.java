package lethe.train;

import java.util.Optional;
import lethe.train.exchange.CollectedStep;
import lethe.train.exchange.Ended;
import lethe.train.exchange.ExchangeSpec;
import lethe.train.exchange.Mailbox;
import lethe.train.gradient.StepGradient;
import lethe.train.optimizer.Optimizer;
import lethe.train.steering.ProbeDecision;
import lethe.train.steering.RetainMultiplier;
import lethe.train.steering.TargetController;

/**
 * The driver's half of step k; the workers' half is {@link lethe.train.worker.WorkerTask}. It alone
 * changes the weights, in one thread and in the order written here, whichever launch of the workers
 * it serves.
 */
public final class StepLoop {
  /** Where the steps are kept. */
  public interface Journal {
    /** Takes the record of a step that is applied. */
    void add(StepRecord record);

    /**
     * Saves the state if a checkpoint is due.
     *
     * @param steps applied so far
     */
    void checkpoint(int steps);
  }

  private final Optimizer optimizer;
  private final StepRecorder recorder;
  private final Optional<TargetController> steering;
  private final Optional<RetainMultiplier> multiplier;
  private final StopRequest stop;
  private final Journal journal;

  /**
   * @param optimizer weights, moments and the number of steps applied
   * @param steering ends the training at a target, if one is set
   * @param multiplier of the retain terms' gradient, if what they lose is bound
   * @param stop a request to end after the step under way
   */
  public StepLoop(
      Optimizer optimizer,
      StepRecorder recorder,
      Optional<TargetController> steering,
      Optional<RetainMultiplier> multiplier,
      StopRequest stop,
      Journal journal) {
    this.optimizer = optimizer;
    this.recorder = recorder;
    this.steering = steering;
    this.multiplier = multiplier;
    this.stop = stop;
    this.journal = journal;
  }

  /**
   * Runs the remaining steps, as far as the workers of a launch get.
   *
   * @param mailbox of the launch
   * @return why it ended; steps that were applied stay applied
   */
  public Ended run(Mailbox mailbox) {
    try {
      Ended ended = steps(mailbox);
      return stop.requested() && ended.how() != Ended.How.DONE ? Ended.stopped() : ended;
    } catch (RuntimeException | Error e) {
      Ended failed =
          Ended.failed(
              new IllegalStateException(
                  "Cannot continue after step " + optimizer.steps() + ": " + e.getMessage(), e));
      mailbox.end(failed); // workers that wait for the next step get this as their answer
      return failed;
    }
  }

  private Ended steps(Mailbox mailbox) {
    ExchangeSpec spec = mailbox.spec();
    mailbox.publish(optimizer.steps(), decision());
    while (!done(spec)) {
      int k = optimizer.steps();
      if (k == decision().nextProbeStep()) {
        Optional<double[]> losses = mailbox.collectProbe(k);
        if (losses.isEmpty()) {
          return mailbox.ended().orElseThrow();
        }
        steering.orElseThrow().probed(k, losses.get(), optimizer::copyWeights);
        mailbox.decide(decision());
        continue; // the target may have been reached
      }
      Optional<CollectedStep> collected = mailbox.collect(k);
      if (collected.isEmpty()) {
        return mailbox.ended().orElseThrow();
      }
      CollectedStep step = collected.get();
      StepGradient gradient = StepGradient.of(step.gradient(), spec.gradientMode(), retainFactor());
      Optional<String> objection = step.objection(gradient, recorder.roles(), recorder.counts(k));
      if (objection.isPresent()) {
        return refuse(mailbox, k, objection.get());
      }
      double rate = spec.schedule().rate(k);
      optimizer.step(gradient.vector(), gradient.norm(), rate);
      StepRecord record = recorder.record(step, gradient, rate, retainFactor(), spec.launch());
      multiplier.ifPresent(m -> m.stepped(record.losses()));
      journal.add(record);
      journal.checkpoint(k + 1);
      if (stop.requested() && !done(spec)) {
        return Ended.stopped(); // the next step is not published: the workers get no further
      }
      mailbox.publish(k + 1, decision());
    }
    return Ended.DONE;
  }

  /** Whether no step is left. */
  boolean done(ExchangeSpec spec) {
    return steering
        .map(s -> s.decision().done())
        .orElseGet(() -> optimizer.steps() == spec.schedule().steps());
  }

  private double retainFactor() {
    return multiplier.map(RetainMultiplier::factor).orElse(1.0);
  }

  /** The decision that the workers follow now. */
  private ProbeDecision decision() {
    return steering.map(TargetController::decision).orElse(ProbeDecision.UNSTEERED);
  }

  /** Ends the training, because another launch would compute the same. */
  private static Ended refuse(Mailbox mailbox, int k, String why) {
    Ended failed =
        Ended.failed(
            new IllegalStateException(
                "Refused step %d before it was applied: %s".formatted(k + 1, why)));
    mailbox.end(failed);
    return failed;
  }
}
