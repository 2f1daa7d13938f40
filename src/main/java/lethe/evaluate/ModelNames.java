package lethe.evaluate;

/** The names under which the models of a run are scored, wherever scores and reports have them. */
public final class ModelNames {
  /** The model to unlearn, as it was. */
  public static final String ORIGINAL = "original";

  /** What unlearning made of it. */
  public static final String UNLEARNED = "unlearned";

  /** A model trained without the forget documents, with which the others are compared. */
  public static final String RETRAINED = "retrained";

  /**
   * Another model trained without the forget documents, by another seed: its distance from the
   * first is what chance does.
   */
  public static final String RETRAINED_AGAIN = "retrained-again";

  private ModelNames() {}

  /** Whether a model of this name was trained without the forget documents. */
  public static boolean isRetrained(String name) {
    return name.equals(RETRAINED) || name.equals(RETRAINED_AGAIN);
  }
}
