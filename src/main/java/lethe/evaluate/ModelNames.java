package lethe.evaluate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  private static final Pattern STEP = Pattern.compile("step-([1-9][0-9]{0,8})");

  private ModelNames() {}

  /** The model as it was after so many steps of unlearning. */
  public static String afterSteps(int steps) {
    return "step-" + steps;
  }

  /** The steps after which a model of this name was kept; none for any other name. */
  public static OptionalInt steps(String name) {
    Matcher matcher = STEP.matcher(name);
    return matcher.matches()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /** What belongs to the models that were not kept on the way, in the same order. */
  public static <T> Map<String, T> withoutSteps(Map<String, T> byModel) {
    Map<String, T> ends = new LinkedHashMap<>(byModel);
    ends.keySet().removeIf(name -> steps(name).isPresent());
    return ends;
  }

  /** Whether a model of this name was trained without the forget documents. */
  public static boolean isRetrained(String name) {
    return name.equals(RETRAINED) || name.equals(RETRAINED_AGAIN);
  }
}
