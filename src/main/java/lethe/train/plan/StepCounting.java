package lethe.train.plan;

import java.io.Serializable;
import lethe.settings.Section;

/**
 * How examples are counted into steps. With N examples of a role, b of them per step, and their
 * uses numbered i = 0, 1, ... over all epochs:
 *
 * <pre>
 *   smaller   step(i) = floor(i / N) ceil(N / b) + floor((i mod N) / b)     an epoch ends with a step
 *   whole     step(i) = floor(i / b)                                        steps know no epochs
 * </pre>
 *
 * The second is how the trainers count with which Yao et al. (arXiv:2402.15159) and Yuan et al.
 * (arXiv:2410.08109) ran theirs: accumulated batches go on over the end of an epoch, and what does
 * not fill a step at the end is dropped. It reduces to the first where b divides N.
 *
 * @param batch what a batch counts
 * @param lastStep how an epoch ends
 */
public record StepCounting(Batch batch, LastStep lastStep) implements Serializable {
  /** What a batch counts. */
  public enum Batch {
    /** The examples of each term: as many of each. */
    EACH_TERM,
    /** Those of all terms together, equal parts of it each, as Yao et al. count chunks. */
    ALL_TERMS
  }

  /** What becomes of the examples that do not fill a step at the end of an epoch. */
  public enum LastStep {
    /** They are a step, a smaller one; no example is twice in a step. */
    SMALLER,
    /** The next epoch's first ones fill it; at the end of the last epoch they are not used. */
    WHOLE
  }

  /**
   * Where an example is used.
   *
   * @param step from 0
   * @param slot of the role within the step
   * @param size examples of the role in the step
   */
  record Place(long step, int slot, int size) {}

  /** Reads {@code train}. */
  public static StepCounting read(Section train) {
    return new StepCounting(
        train.choice("batch-counts", Batch.class), train.choice("last-step", LastStep.class));
  }

  /** Whether a batch can be cut into equal parts for so many terms. */
  public boolean divides(int examples, int terms) {
    return batch == Batch.EACH_TERM || examples % terms == 0;
  }

  /**
   * Most examples of each term in a step; at most as many as there are, so that a step never
   * reaches over a whole epoch.
   *
   * @param examples of a batch
   * @param terms of the method
   * @param available examples of the first term
   */
  public int perStep(int examples, int terms, long available) {
    int own = batch == Batch.EACH_TERM ? examples : Math.max(1, examples / terms);
    return (int) Math.min(own, available);
  }

  /** Steps of so many epochs, at least 1; more than an int holds are not cut. */
  public double steps(double epochs, long available, int perStep) {
    // A rest below a millionth of a step is a rounding error of decimal fractions.
    if (lastStep == LastStep.WHOLE) {
      return Math.max(1, Math.floor(epochs * available / perStep + 1e-6));
    }
    double whole = Math.floor(epochs);
    double rest = Math.ceil((epochs - whole) * available / perStep - 1e-6);
    return Math.max(1, whole * TrainingPlan.stepsPerEpoch(available, perStep) + rest);
  }

  /** Epochs that so many steps begin. */
  long epochs(int steps, long available, int perStep) {
    if (lastStep == LastStep.WHOLE) {
      return ((long) steps * perStep + available - 1) / available;
    }
    long perEpoch = TrainingPlan.stepsPerEpoch(available, perStep);
    return (steps + perEpoch - 1) / perEpoch;
  }

  /**
   * Where a use has its place.
   *
   * @param use from 0, over all epochs
   */
  Place place(long use, long available, int perStep) {
    if (lastStep == LastStep.WHOLE) {
      return new Place(use / perStep, (int) (use % perStep), perStep);
    }
    long place = use % available;
    return new Place(
        use / available * TrainingPlan.stepsPerEpoch(available, perStep) + place / perStep,
        (int) (place % perStep),
        (int) Math.min(perStep, available - place / perStep * perStep));
  }
}
