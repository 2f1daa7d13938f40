package lethe.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * One object of the settings, read key by key. A wrong value is recorded as a problem and replaced
 * by a placeholder, so that a user sees all mistakes together; use no value before {@link
 * Settings#check} has passed.
 *
 * <p>Keys are relative to the section; messages name the whole path.
 */
public final class Section {
  /** Characters of a wrong value that a message repeats. */
  private static final int VALUE_CHARACTERS = 200;

  private final Config config;
  private final String path;
  private final Problems problems;

  Section(Config config, String path, Problems problems) {
    this.config = config;
    this.path = path;
    this.problems = problems;
  }

  /** Whether the key is there and not null. */
  public boolean has(String key) {
    return config.hasPath(key);
  }

  /**
   * Records a problem of a value: {@code <whole path> <what>}, for example {@code train.steps must
   * be at least 1, was 0}. A key that was given by a former spelling is named by both.
   */
  public void problem(String key, String what) {
    problems.add(full(key), what);
  }

  /** A required text that is not blank. */
  public String string(String key) {
    String text = textOrEmpty(key);
    if (text.isBlank() && isText(key)) {
      problem(key, "must not be empty");
      return "";
    }
    return text;
  }

  /** A required text that may be empty, as another program's options may. */
  public String textOrEmpty(String key) {
    return read(key, "", "a text", config::getString);
  }

  private boolean isText(String key) {
    return has(key) && config.getValue(key).valueType() == ConfigValueType.STRING;
  }

  /** Whether a key, which may have another kind of value, has this word. */
  public boolean isWord(String key, String word) {
    return isText(key) && config.getString(key).strip().equals(word);
  }

  /** A text that may be left out (null or absent in the settings), but is not blank. */
  public Optional<String> optionalText(String key) {
    return has(key) ? Optional.of(string(key)) : Optional.empty();
  }

  /** A list of texts, none of them blank; a single text is read as a list of one. */
  public List<String> strings(String key) {
    List<String> texts =
        read(
            key,
            List.of(),
            "a list of texts",
            k -> isList(k) ? config.getStringList(k) : List.of(config.getString(k)));
    if (texts.stream().anyMatch(String::isBlank)) {
      problem(key, "must not " + (texts.size() == 1 ? "be empty" : "hold an empty text"));
      return List.of();
    }
    return texts;
  }

  /** A list of texts that may be nothing but blanks, such as line ends, but not empty. */
  public List<String> marks(String key) {
    List<String> texts = read(key, List.of(), "a list of texts", config::getStringList);
    if (texts.contains("")) {
      problem(key, "must not hold an empty text");
      return List.of();
    }
    return texts;
  }

  /** Whether the key holds a list rather than a value. */
  public boolean isList(String key) {
    return has(key) && config.getValue(key).valueType() == ConfigValueType.LIST;
  }

  /** Whether the key holds an object rather than a value. */
  public boolean isObject(String key) {
    return has(key) && config.getValue(key).valueType() == ConfigValueType.OBJECT;
  }

  public boolean bool(String key) {
    return read(key, false, "true or false", config::getBoolean);
  }

  /** A whole number from {@code least} to {@code most}, both allowed. */
  public long longInRange(String key, long least, long most) {
    BigDecimal value =
        read(
            key,
            BigDecimal.valueOf(least),
            "a whole number",
            k -> longInRange(config.getString(k)));
    if (value.compareTo(BigDecimal.valueOf(most)) > 0) {
      problem(key, "must be at most " + most + ", was " + written(key));
      return least;
    }
    if (value.compareTo(BigDecimal.valueOf(least)) < 0) {
      problem(key, "must be at least " + least + ", was " + written(key));
      return least;
    }
    return value.longValue();
  }

  /** Checks the exponent before it converts the number: 1e999999999 has a billion digits. */
  private static BigDecimal longInRange(String text) {
    BigDecimal value = new BigDecimal(text.strip());
    if (value.stripTrailingZeros().scale() > 0) {
      throw new NumberFormatException("a fraction");
    }
    return value;
  }

  /** A whole number of int range from {@code least} up. */
  public int count(String key, int least) {
    return (int) longInRange(key, least, Integer.MAX_VALUE);
  }

  /** A whole number that may be left out. */
  public Optional<Integer> optionalCount(String key, int least) {
    return has(key) ? Optional.of(count(key, least)) : Optional.empty();
  }

  /** A finite number from {@code least} to {@code most}, both allowed. */
  public double doubleInRange(String key, double least, double most) {
    return doubleInRange(key, "a number", least, most);
  }

  private double doubleInRange(String key, String wanted, double least, double most) {
    double value = read(key, least, wanted, config::getDouble);
    if (!(value >= least && value <= most)) {
      problem(key, range(plain(least), plain(most)) + ", was " + plain(value));
      return least;
    }
    return value;
  }

  /** A finite number, as {@link #doubleInRange}, or a word in its place: nothing where it is. */
  public OptionalDouble numberOr(String word, String key, double least, double most) {
    return isWord(key, word)
        ? OptionalDouble.empty()
        : OptionalDouble.of(doubleInRange(key, "a number or " + word, least, most));
  }

  /** A number that may be left out. */
  public Optional<Double> optionalNumber(String key, double least, double most) {
    return has(key) ? Optional.of(doubleInRange(key, least, most)) : Optional.empty();
  }

  /**
   * A time with its unit, {@code 90s}, {@code 2m} or {@code 500ms}, as HOCON writes them; a bare
   * number, which HOCON takes for milliseconds, is refused.
   *
   * @param least shortest time allowed, whole seconds
   */
  public Duration duration(String key, Duration least) {
    Duration value =
        read(
            key,
            least,
            "a time with its unit, such as 120s",
            k -> {
              if (config.getString(k).matches("[0-9. ]*")) {
                throw new NumberFormatException("no unit");
              }
              return config.getDuration(k);
            });
    if (value.compareTo(least) < 0) {
      problem(
          key, "must be at least %ds, was %s".formatted(least.toSeconds(), config.getString(key)));
      return least;
    }
    return value;
  }

  /** Numbers, each from {@code least} to {@code most}; a single one is read as a list of one. */
  public List<Double> numbers(String key, double least, double most) {
    return numbers(key, "a number or a list of numbers", least, most);
  }

  /** Numbers, as {@link #numbers}, or a word in their place: nothing where it is. */
  public Optional<List<Double>> numbersOr(String word, String key, double least, double most) {
    return isWord(key, word)
        ? Optional.empty()
        : Optional.of(numbers(key, "a number, a list of numbers or " + word, least, most));
  }

  private List<Double> numbers(String key, String wanted, double least, double most) {
    List<Double> values =
        read(
            key,
            List.of(),
            wanted,
            k -> isList(k) ? config.getDoubleList(k) : List.of(config.getDouble(k)));
    for (double value : values) {
      if (!(value >= least && value <= most)) {
        problem(key, range(plain(least), plain(most)) + ", was " + plain(value));
      }
    }
    return values;
  }

  /** Whole numbers from 1 to {@code most}, each larger than the one before. */
  public List<Integer> ascending(String key, int most) {
    List<Integer> values = new ArrayList<>();
    for (double number : numbers(key, 1, most)) {
      int value = (int) number;
      if (value != number || (!values.isEmpty() && value <= values.get(values.size() - 1))) {
        problem(key, "must be whole numbers, each larger than the one before");
        return List.of();
      }
      values.add(value);
    }
    return values;
  }

  /** An object of whole numbers of at least {@code least}, by name. */
  public Map<String, Long> wholes(String key, long least) {
    Section inner = section(key);
    Map<String, Long> found = new LinkedHashMap<>();
    inner
        .keys()
        .forEach(name -> found.put(name, inner.longInRange(quoted(name), least, Long.MAX_VALUE)));
    return found;
  }

  /** A constant of an enum by its name in lower case, with '-' for '_'. */
  public <E extends Enum<E>> E choice(String key, Class<E> type) {
    return constant(key, string(key), type).orElse(type.getEnumConstants()[0]);
  }

  /** Constants of an enum, without names that are none; a single name is read as a list of one. */
  public <E extends Enum<E>> List<E> choices(String key, Class<E> type) {
    return strings(key).stream().flatMap(name -> constant(key, name, type).stream()).toList();
  }

  private <E extends Enum<E>> Optional<E> constant(String key, String name, Class<E> type) {
    for (E constant : type.getEnumConstants()) {
      if (spelling(constant).equals(name)) {
        return Optional.of(constant);
      }
    }
    List<String> known = Arrays.stream(type.getEnumConstants()).map(Section::spelling).toList();
    if (!name.isEmpty()) { // string(key) has recorded that
      problem(key, "must be one of " + String.join(", ", known) + ", was \"" + name + "\"");
    }
    return Optional.empty();
  }

  /** How a user writes an enum's constant. */
  public static String spelling(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** An object below this one; an empty one when it is absent. */
  public Section section(String key) {
    if (!has(key)) {
      return new Section(com.typesafe.config.ConfigFactory.empty(), full(key), problems);
    }
    Config inner =
        read(key, com.typesafe.config.ConfigFactory.empty(), "an object", config::getConfig);
    return new Section(inner, full(key), problems);
  }

  /** The members of an object of objects by their names, in the order written. */
  public Map<String, Section> sections(String key) {
    Map<String, Section> found = new LinkedHashMap<>();
    if (has(key)) {
      ConfigObject object =
          read(
              key,
              com.typesafe.config.ConfigFactory.empty().root(),
              "an object",
              config::getObject);
      for (String name : inOrder(object)) {
        if (object.get(name).valueType() == ConfigValueType.NULL) {
          continue;
        }
        if (object.get(name) instanceof ConfigObject inner) {
          found.put(name, new Section(inner.toConfig(), full(key) + "." + name, problems));
        } else {
          problem(key + "." + name, "must be an object, was " + describe(object.get(name)));
        }
      }
    }
    return found;
  }

  /** The objects of a list; in messages they are {@code key[0]}, {@code key[1]}, ... */
  public List<Section> list(String key) {
    List<Section> found = new ArrayList<>();
    ConfigList values = has(key) ? read(key, null, "a list of objects", config::getList) : null;
    for (int i = 0; values != null && i < values.size(); i++) {
      if (values.get(i) instanceof ConfigObject inner) {
        found.add(new Section(inner.toConfig(), full(key) + "[" + i + "]", problems));
      } else {
        problem(key + "[" + i + "]", "must be an object, was " + describe(values.get(i)));
      }
    }
    return found;
  }

  /** Keys of this object, not those of objects in it. */
  public List<String> keys() {
    return config.root().keySet().stream().sorted().toList();
  }

  /** Records every key of this object that is not among {@code known}. */
  public void allowOnly(String... known) {
    for (String key : keys()) {
      if (!List.of(known).contains(key)) {
        problem(key, "is not a known key; known here: " + String.join(", ", known));
      }
    }
  }

  private <T> T read(String key, T placeholder, String wanted, Function<String, T> reader) {
    if (!config.hasPathOrNull(key)) {
      problem(key, "is missing; it takes " + wanted);
      return placeholder;
    }
    if (config.getIsNull(key)) {
      problem(key, "must be set; it takes " + wanted);
      return placeholder;
    }
    try {
      return reader.apply(key);
    } catch (ConfigException.WrongType | ConfigException.BadValue | NumberFormatException e) {
      problem(key, "must be " + wanted + ", was " + written(key));
      return placeholder;
    }
  }

  private static String range(String least, String most) {
    boolean open = most.equals(plain(Double.MAX_VALUE));
    return open ? "must be at least " + least : "must be from " + least + " to " + most;
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.valueOf((long) value)
        : String.valueOf(value);
  }

  /** A name that {@link #keys} gives as a key, whatever characters it has. */
  public static String quoted(String name) {
    return name.matches("[A-Za-z0-9_-]+") ? name : ConfigUtil.quoteString(name);
  }

  private String full(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** The names of an object's members in the order written. */
  static List<String> inOrder(ConfigObject object) {
    List<String> names = new ArrayList<>(object.keySet());
    names.sort(Comparator.comparing(name -> object.get(name).origin().lineNumber()));
    return names;
  }

  /** A value as the user wrote it; rendering would write a number in Java's format. */
  private String written(String key) {
    return config.getValue(key).valueType() == ConfigValueType.NUMBER
        ? config.getString(key)
        : describe(config.getValue(key));
  }

  private static String describe(ConfigValue value) {
    String text = value.render(com.typesafe.config.ConfigRenderOptions.concise());
    return text.length() <= VALUE_CHARACTERS ? text : text.substring(0, VALUE_CHARACTERS) + "...";
  }
}
