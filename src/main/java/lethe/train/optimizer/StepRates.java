package lethe.train.optimizer;

/** The learning rate of each step of a training. */
public interface StepRates {
  /** Most steps. */
  int steps();

  /**
   * The rate of a step.
   *
   * @param step from 0
   */
  double rate(int step);
}
