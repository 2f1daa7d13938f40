package lethe.train.exchange;

/**
 * How a launch of the workers has ended.
 *
 * @param how in a word
 * @param cause what workers are answered that still ask, and what a run fails with that cannot go
 *     on; null where it is done
 */
public record Ended(How how, RuntimeException cause) {
  /** The ways in which a launch ends. */
  public enum How {
    /** Every step is applied. */
    DONE,
    /** A stop was requested: what is applied is to be saved. */
    STOPPED,
    /** For a reason that another launch may not meet: it goes on with the next step. */
    LOST,
    /** For a reason that every other launch would meet, too. */
    FAILED
  }

  /** Every step is applied. */
  public static final Ended DONE = new Ended(How.DONE, null);

  /** Of a requested stop. */
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

  /** What ends the run, too. */
  public static Ended failed(RuntimeException cause) {
    return new Ended(How.FAILED, cause);
  }
}
