package lethe.settings;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;

/** What the values of settings may be at most, whatever a run file makes of a few lines. */
final class ValueLimits {
  /** The most objects and lists inside each other. */
  private static final int MOST_DEPTH = 64;

  /** The most objects, lists and values, each counted as often as references repeat it. */
  private static final int MOST_VALUES = 1 << 20;

  /** The most characters that one text may have. */
  private static final int MOST_CHARACTERS = 1 << 20;

  /** The most characters of a key that are shown: names may be as long as texts. */
  private static final int NAME_CHARACTERS = 100;

  private ValueLimits() {}

  /**
   * Refuses values so deep, many or long that code reading the settings could run out of stack,
   * time or memory.
   *
   * @throws ConfigException naming the first value beyond a limit
   */
  static void check(ConfigObject settings) {
    left("", settings, 0, MOST_VALUES);
  }

  /**
   * @param path of the value
   * @param left how many values there may be
   * @return how many more there may be
   */
  private static int left(String path, ConfigValue value, int depth, int left) {
    if (depth > MOST_DEPTH) {
      throw wrong(path, "has objects or lists nested more than %d deep", MOST_DEPTH);
    }
    if (left == 0) {
      throw wrong(path, "is the last of the %d values allowed, and there are more", MOST_VALUES);
    }
    int rest = left - 1;
    if (value instanceof ConfigObject object) {
      for (String name : object.keySet()) { // values() would hash all of them
        rest = left(below(path, name), object.get(name), depth + 1, rest);
      }
    } else if (value instanceof ConfigList list) {
      for (ConfigValue inner : list) {
        rest = left(path, inner, depth + 1, rest);
      }
    } else if (value.unwrapped() instanceof String text && text.length() > MOST_CHARACTERS) {
      throw wrong(path, "must be a text of at most %d characters", MOST_CHARACTERS);
    }
    return rest;
  }

  private static ConfigException wrong(String path, String what, int most) {
    String shown =
        path.length() <= NAME_CHARACTERS ? path : path.substring(0, NAME_CHARACTERS) + "...";
    return new ConfigException.Generic(shown + " " + what.formatted(most));
  }

  /**
   * Records numbers that are not finite, which JSON cannot write, among the user's own keys; those
   * of Lethe's keys are found when they are read.
   */
  static void finite(ConfigObject settings, Problems problems) {
    finite("", settings, problems);
  }

  private static void finite(String path, ConfigValue value, Problems problems) {
    if (value instanceof ConfigObject object) {
      for (String name : object.keySet()) {
        finite(below(path, name), object.get(name), problems);
      }
    } else if (value instanceof ConfigList list) {
      list.forEach(inner -> finite(path, inner, problems));
    } else if (value.unwrapped() instanceof Double number
        && !Double.isFinite(number)
        && Settings.open(path).isPresent()) {
      problems.add(path, "must be a number that is finite, was " + number);
    }
  }

  private static String below(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
