package lethe.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a key of the settings means, its default, and its value in a run with the place where it was
 * set. The beginning of several keys lists them.
 *
 * @param key in full
 * @param meaning lines of reference.conf's comment, with the unit
 * @param standard the default, if the key has one
 * @param value in the run, if the key is set
 * @param members keys that begin with it, if it is not a single key
 */
public record KeyExplanation(
    String key,
    List<String> meaning,
    Optional<Place> standard,
    Optional<Place> value,
    List<Member> members) {

  /** Sections whose keys are those of train, over them. */
  private static final List<String> OVER_TRAIN = List.of("pretrain", "finetune", "retrain");

  private static final int SUGGESTIONS = 3;

  /**
   * A value and where it was set.
   *
   * @param value as in a run file; credentials hidden
   * @param origin the file and its line, or the command line
   */
  public record Place(String value, String origin) {}

  /**
   * One of several keys.
   *
   * @param key in full
   */
  public record Member(String key, Place place) {}

  /**
   * Explains a key; one in a former spelling under the name that it has now.
   *
   * @param settings of the run, or the defaults alone
   * @throws InvalidSettings when there is no such key, with the nearest ones
   */
  public static KeyExplanation of(Settings settings, String key) {
    Optional<String> now = FormerKeys.now(key);
    if (now.isPresent()) {
      return of(settings, now.get());
    }
    List<String> path;
    try {
      path = ConfigUtil.splitPath(key);
    } catch (ConfigException e) {
      throw unknown(key, e);
    }
    Config reference = Settings.reference();
    Optional<String> open = Settings.open(key);
    Optional<ConfigValue> referred =
        at(reference.root(), open.map(ConfigUtil::splitPath).orElse(path));
    if (referred.isEmpty() && open.isEmpty()) {
      throw unknown(key, null);
    }
    Optional<ConfigValue> value = at(settings.config().root(), path);
    boolean several =
        open.isEmpty()
            && referred.orElseThrow() instanceof ConfigObject object
            && !object.isEmpty();
    List<Member> members = new ArrayList<>();
    if (value.isPresent() && value.get() instanceof ConfigObject object) {
      members(settings, object, key, members);
    }
    return new KeyExplanation(
        key,
        meaning(reference, path, open),
        several
            ? Optional.empty()
            : at(settings.defaults().root(), path).map(v -> place(v, settings.defaults(), key)),
        value.filter(v -> !several && members.isEmpty()).map(v -> shown(settings, v, key)),
        members);
  }

  private static InvalidSettings unknown(String key, Exception cause) {
    List<String> nearest = NearestNames.of(key, Settings.knownKeys(), SUGGESTIONS);
    return new InvalidSettings(
        "Unknown key %s; did you mean %s?".formatted(key, String.join(" or ", nearest)), cause);
  }

  /**
   * The key's own comment; for a key that overrides one of train, that one's comment, too; without
   * either, its section's.
   */
  private static List<String> meaning(Config reference, List<String> path, Optional<String> open) {
    List<String> asked = open.map(ConfigUtil::splitPath).orElse(path);
    if (asked.equals(List.of("spark"))) {
      return List.of("a setting of Spark's own, handed to spark-submit as it is");
    }
    List<String> meaning = new ArrayList<>(comment(reference, asked));
    if (asked.size() == 2 && OVER_TRAIN.contains(asked.get(0))) {
      List<String> train = comment(reference, List.of("train", asked.get(1)));
      if (!train.isEmpty()) {
        meaning.add("wins over train.%s unless it is null:".formatted(asked.get(1)));
        meaning.addAll(train);
      }
    }
    for (int length = asked.size() - 1; length > 0 && meaning.isEmpty(); length--) {
      meaning.addAll(comment(reference, asked.subList(0, length)));
    }
    return meaning;
  }

  private static List<String> comment(Config reference, List<String> path) {
    return at(reference.root(), path)
        .map(value -> ReferenceComments.read().of(value.origin().lineNumber()))
        .orElse(List.of());
  }

  /** A value by its path, null where it is written so. */
  private static Optional<ConfigValue> at(ConfigObject root, List<String> path) {
    ConfigValue value = root;
    for (String name : path) {
      value = value instanceof ConfigObject object ? object.get(name) : null;
      if (value == null) {
        return Optional.empty();
      }
    }
    return Optional.of(value);
  }

  private static void members(
      Settings settings, ConfigObject object, String prefix, List<Member> found) {
    object.keySet().stream()
        .sorted()
        .forEach(
            name -> {
              String key = prefix + "." + Section.quoted(name);
              ConfigValue value = object.get(name);
              if (value instanceof ConfigObject inner && !inner.isEmpty()) {
                members(settings, inner, key, found);
              } else {
                found.add(new Member(key, shown(settings, value, key)));
              }
            });
  }

  /** The run's value without what must not be shown, with the origin of the real one. */
  private static Place shown(Settings settings, ConfigValue value, String key) {
    Config shown = settings.shown();
    return at(shown.root(), ConfigUtil.splitPath(key))
        .map(v -> new Place(text(v, shown, key), origin(value.origin())))
        .orElseThrow();
  }

  private static Place place(ConfigValue value, Config of, String key) {
    return new Place(text(value, of, key), origin(value.origin()));
  }

  /** A value as the user wrote it; rendering would write a number in Java's format. */
  private static String text(ConfigValue value, Config of, String key) {
    return value.valueType() == ConfigValueType.NUMBER
        ? of.getString(key)
        : value.render(ConfigRenderOptions.concise());
  }

  private static String origin(ConfigOrigin origin) {
    String file = origin.resource() != null ? origin.resource() : origin.filename();
    return file == null
        ? origin.description().replaceFirst(": \\d+$", "") // a line of a command line says nothing
        : file + ", line " + origin.lineNumber();
  }

  /** For a terminal. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(key);
    meaning.forEach(line -> lines.add("  " + line));
    standard.ifPresent(s -> lines.add("default  " + s.value + "  (" + s.origin + ")"));
    value.ifPresent(
        v ->
            lines.add(
                "value    "
                    + (standard.filter(v::equals).isPresent()
                        ? "the default"
                        : v.value + "  (" + v.origin + ")")));
    members.forEach(
        m -> lines.add("%s = %s  (%s)".formatted(m.key, m.place.value, m.place.origin)));
    if (value.isEmpty() && members.isEmpty()) {
      lines.add("value    not set");
    }
    return lines;
  }
}
