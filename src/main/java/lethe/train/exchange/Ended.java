package lethe.train.exchange;

/**
 * How a launch of the workers has ended.
 *
 * @param how which way it ended
 * @param cause the answer to workers that still ask, and the failure of a run that cannot continue;
 *     null for {@link How#DONE}
 */
public record Ended(How how, RuntimeException cause) {
  /** The ways in which a launch ends. */
  public enum How {
    /** Every step is applied. */
    DONE,
    /** A stop was requested: the applied steps are to be saved. */
    STOPPED,
    /** A failure that another launch may not meet: it continues with the next step. */
    LOST,
    /** A failure that every other launch would meet, too. */
    FAILED
  }

  /** Every step is applied. */
  public static final Ended DONE = new Ended(How.DONE, null);

  /** The end by a requested stop. */
  public static Ended stopped() {
    return new Ended(How.STOPPED, new IllegalStateException("training was asked to stop"));
  }

  /**
   * @param why in a sentence
   */
  public static Ended lost(String why) {
    return lost(why, null);
  }

  /**
   * @param why in a sentence
   * @param cause null where nothing was thrown
   */
  public static Ended lost(String why, Throwable cause) {
    return new Ended(How.LOST, new IllegalStateException(why, cause));
  }

  /** A failure that ends the run, too. */
  public static Ended failed(RuntimeException cause) {
    return new Ended(How.FAILED, cause);
  }
}
