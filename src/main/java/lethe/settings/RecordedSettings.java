package lethe.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The settings that a run's {@code run.json} has, to make the same run again. What the record
 * withholds ({@link Secrets}) must be given anew.
 */
public final class RecordedSettings {
  private static final ConfigParseOptions JSON =
      ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON);

  /** How a value that is withheld begins, wherever it is within a text. */
  private static final String WITHHELD = Secrets.HIDDEN.substring(0, Secrets.HIDDEN.length() - 1);

  private final Config record;
  private final Config withoutMethod;

  private RecordedSettings(Config record, Config withoutMethod) {
    this.record = record;
    this.withoutMethod = withoutMethod;
  }

  /**
   * Reads a record.
   *
   * @param json as {@link Settings#json} wrote it, in this version or the one before
   * @param withoutMethod as {@link Settings#withoutMethodJson} wrote it; empty in a record of an
   *     older version
   * @throws InvalidSettings when one of them is damaged
   */
  public static RecordedSettings of(String json, Optional<String> withoutMethod) {
    Config record = parse(FormerKeys.respelled(json));
    return new RecordedSettings(
        record,
        withoutMethod.map(RecordedSettings::parse).orElseGet(() -> Settings.withoutMethod(record)));
  }

  private static Config parse(String json) {
    try {
      return ConfigFactory.parseString(json, JSON);
    } catch (ConfigException e) {
      throw new InvalidSettings("These are no settings: " + e.getMessage(), e);
    }
  }

  /** The record as JSON, with what it withholds left out. */
  public String json() {
    return record.root().render(ConfigRenderOptions.concise());
  }

  /** The record without a section or key: it then has its default. */
  public RecordedSettings without(String key) {
    return new RecordedSettings(record.withoutPath(key), withoutMethod);
  }

  /** The record with every text changed. */
  public RecordedSettings mapped(UnaryOperator<String> change) {
    ConfigObject changed = (ConfigObject) mapped(record.root(), change);
    return new RecordedSettings(changed.toConfig(), withoutMethod);
  }

  private static ConfigValue mapped(ConfigValue value, UnaryOperator<String> change) {
    if (value instanceof ConfigObject object) {
      ConfigObject all = object;
      for (String name : object.keySet()) {
        all = all.withValue(name, mapped(object.get(name), change));
      }
      return all;
    }
    if (value instanceof ConfigList list) {
      return ConfigValueFactory.fromIterable(
          list.stream().map(element -> mapped(element, change)).toList());
    }
    return value.valueType() == ConfigValueType.STRING
        ? ConfigValueFactory.fromAnyRef(change.apply(value.unwrapped().toString()))
        : value;
  }

  /** The keys whose values are withheld; a place in a list is a number, from 0. */
  public List<String> withheld() {
    List<String> found = new ArrayList<>();
    withheld(record.root(), List.of(), found);
    return found;
  }

  private static void withheld(ConfigValue value, List<String> path, List<String> found) {
    if (value instanceof ConfigObject object) {
      Section.inOrder(object).forEach(name -> withheld(object.get(name), below(path, name), found));
    } else if (value instanceof ConfigList list) {
      for (int i = 0; i < list.size(); i++) {
        withheld(list.get(i), below(path, String.valueOf(i)), found);
      }
    } else if (String.valueOf(value.unwrapped()).contains(WITHHELD)) {
      found.add(ConfigUtil.joinPath(path));
    }
  }

  private static List<String> below(List<String> path, String name) {
    List<String> below = new ArrayList<>(path);
    below.add(name);
    return below;
  }

  /**
   * The settings of the record with pairs over them.
   *
   * @param pairs {@code key=value}, as on a command line; a key may be one of {@link #withheld}
   * @throws InvalidSettings naming each key whose value is withheld and not among the pairs
   */
  public Settings with(List<String> pairs) {
    Problems problems = new Problems();
    List<String> withheld = withheld();
    List<String> others = new ArrayList<>();
    ConfigObject whole = record.root();
    for (String pair : pairs) {
      Optional<String> inside = withheld.stream().filter(key -> isOf(pair, key)).findFirst();
      if (inside.isPresent()) {
        ConfigObject found = CommandLinePairs.of(List.of(pair), problems).resolve().root();
        List<String> path = ConfigUtil.splitPath(inside.get());
        whole = (ConfigObject) put(whole, path, at(found, path));
      } else {
        others.add(pair);
      }
    }
    Config record = whole.toConfig();
    Settings settings =
        Settings.ofRecord(
            record,
            withoutMethod.withFallback(record),
            CommandLinePairs.of(others, problems),
            problems);
    refuseWithheld(settings);
    return settings;
  }

  private static boolean isOf(String pair, String key) {
    int equals = pair.indexOf('=');
    try {
      return equals > 0
          && ConfigUtil.splitPath(pair.substring(0, equals).strip())
              .equals(ConfigUtil.splitPath(key));
    } catch (ConfigException e) { // no key, as reading the pair will say
      return false;
    }
  }

  private static ConfigValue at(ConfigValue tree, List<String> path) {
    ConfigValue value = tree;
    for (String name : path) {
      value = ((ConfigObject) value).get(name);
    }
    return value;
  }

  private static ConfigValue put(ConfigValue tree, List<String> path, ConfigValue value) {
    if (path.isEmpty()) {
      return value;
    }
    List<String> rest = path.subList(1, path.size());
    if (tree instanceof ConfigList list) {
      List<ConfigValue> elements = new ArrayList<>(list);
      int place = Integer.parseInt(path.get(0));
      elements.set(place, put(elements.get(place), rest, value));
      return ConfigValueFactory.fromIterable(elements);
    }
    ConfigObject object = (ConfigObject) tree;
    return object.withValue(path.get(0), put(object.get(path.get(0)), rest, value));
  }

  private static void refuseWithheld(Settings settings) {
    List<String> missing = new ArrayList<>();
    withheld(settings.config().root(), List.of(), missing);
    if (!missing.isEmpty()) {
      List<String> lines = new ArrayList<>();
      lines.add(
          "run.json withholds values of settings that may be secret; give each again as KEY=VALUE (KEY='${NAME}' reads the environment), or one of spark as KEY=null to go without it:");
      missing.forEach(key -> lines.add("  " + key));
      throw new InvalidSettings(lines);
    }
  }
}
