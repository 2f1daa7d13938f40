package lethe.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.List;

/**
 * A renamed key.
 *
 * @param old whole paths of the former spellings; several where one key took the place of a few
 * @param now whole path of the key
 * @param values what {@code now} takes, for a notice; empty where it takes what {@code old} took
 * @param conversion of the settings that hold values at {@code old} into the value of {@code now};
 *     throws {@link InvalidSettings} when they have none
 */
record FormerKey(List<String> old, String now, String values, Conversion conversion) {

  /** From the resolved settings, by their former paths, to a value; null for no value at all. */
  interface Conversion {
    ConfigValue of(Config resolved);
  }

  /** Another name for the same values. */
  static FormerKey renamed(String old, String now) {
    return new FormerKey(List.of(old), now, "", resolved -> at(resolved, old));
  }

  /**
   * The value at a path, null where there is none; unlike a {@link Config}'s, it may be null's. An
   * object of which a part is known only after substitution counts as none.
   */
  static ConfigValue at(Config config, String path) {
    ConfigValue value = config.root();
    for (String name : ConfigUtil.splitPath(path)) {
      if (!(value instanceof ConfigObject object) || !known(object)) {
        return null;
      }
      value = object.get(name);
    }
    return value;
  }

  /**
   * Whether the members of an object can be asked for: not where an object with a substitution was
   * merged with something that is none, such as null.
   */
  static boolean known(ConfigObject object) {
    try {
      return object.keySet() != null; // asking is what fails
    } catch (ConfigException.NotResolved e) {
      return false;
    }
  }
}
