package lethe.evaluate;

/** The names under which the models of a run are scored, wherever scores and reports have them. */
public final class ModelNames {
  /** The model to unlearn, as it was. */
  public static final String ORIGINAL = "original";

  /** What unlearning made of it. */
  public static final String UNLEARNED = "unlearned";

  /** A model trained without the forget documents, with which the others are compared. */
  public static final String RETRAINED = "retrained";

  private ModelNames() {}
}
