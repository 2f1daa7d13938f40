package lethe.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A run's settings: {@code reference.conf}, under the defaults that go with {@code unlearn.method}
 * in {@code methods.conf}, under a run file, under {@code key=value} pairs. Read the layers'
 * records from {@link #root()}, then call {@link #check()} before doing anything.
 */
public final class Settings {
  /** Objects whose members are the user's own names, or another program's. */
  private static final List<String> OPEN =
      List.of(
          "define",
          "corpus.sources",
          "corpus.splits",
          "evaluate.models",
          "spark",
          "unlearn.retain-weights");

  /** The most characters of a parser's message that are shown: it may quote a whole file. */
  private static final int MESSAGE_CHARACTERS = 500;

  private final Config config;
  private final Config defaults;
  private final Config plain;
  private final Problems problems;
  private final List<String> notices;
  private final Secrets secrets;

  /** Reads the same again with more pairs; null where only the result is known. */
  private final Function<List<String>, Settings> again;

  private Settings(
      Config config,
      Config defaults,
      Config plain,
      Problems problems,
      List<String> notices,
      Function<List<String>, Settings> again) {
    this.again = again;
    this.config = config;
    this.plain = plain;
    this.defaults = defaults;
    this.problems = problems;
    this.notices = notices;
    this.secrets = Secrets.of(config.root());
  }

  /**
   * Reads a run file and lays the pairs over it.
   *
   * @param file HOCON; relative paths inside it are the reader's business
   * @param pairs {@code key=value}, later ones win; see {@link CommandLinePairs}
   * @throws InvalidSettings when the file cannot be read or parsed
   */
  public static Settings load(Path file, List<String> pairs) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings("Cannot read settings: there is no file " + file);
    }
    ConfigParseOptions strict =
        ConfigParseOptions.defaults().setAllowMissing(false).appendIncluder(new Includes(null));
    return over("settings " + file, () -> ConfigFactory.parseFile(file.toFile(), strict), pairs);
  }

  /**
   * Reads what another machine's {@link #shipped} was.
   *
   * @throws InvalidSettings when there is no such file
   */
  public static Settings ofShipped(Path file) {
    ShippedSettings shipped = ShippedSettings.read(file);
    Problems problems = new Problems();
    Config defaults = new FormerKeys(problems).resolve(ofMethod(shipped.plain()), reference());
    return new Settings(
        shipped.config(), defaults, shipped.plain(), problems, shipped.notices(), null);
  }

  /**
   * These settings for a driver on another machine. All of their secrets are in this text.
   *
   * @return the content of a file for {@link #ofShipped}
   */
  public String shipped() {
    return new ShippedSettings(config, plain, notices).text();
  }

  /**
   * The settings in the record of a run, with pairs over them. What the record withholds must be
   * among the pairs.
   *
   * @param record resolved, in the spellings of this version
   * @param plain the same without the defaults that went with the method
   * @param over of the command line, which may refer to keys of the record and to the environment
   */
  static Settings ofRecord(Config record, Config plain, Config over, Problems problems) {
    Config reference = reference();
    Config below = over.withFallback(plain).resolve();
    Config defaults = new FormerKeys(problems).resolve(ofMethod(below), reference);
    Config merged = over.withFallback(record).withFallback(defaults).resolve();
    ValueLimits.check(merged.root());
    ValueLimits.finite(merged.root(), problems);
    unknownKeys(over.withFallback(record), merged, reference, problems);
    return new Settings(
        merged, defaults, below.withFallback(reference).resolve(), problems, List.of(), null);
  }

  /** The pairs over the defaults, without a run file. */
  public static Settings of(List<String> pairs) {
    return over("settings", ConfigFactory::empty, pairs);
  }

  /**
   * These settings under others, which a program lays over a user's.
   *
   * @param pairs {@code key=value} of known keys, as on a command line
   */
  public Settings with(List<String> pairs) {
    Config over = CommandLinePairs.of(pairs, problems);
    return new Settings(
        over.withFallback(config).resolve(),
        defaults,
        over.withFallback(plain).resolve(),
        problems,
        notices,
        null);
  }

  /**
   * The same read again, with pairs behind those of the command line: another {@code
   * unlearn.method} brings its own defaults.
   *
   * @throws InvalidSettings when these settings were shipped, and it cannot be read again
   */
  public Settings again(List<String> pairs) {
    if (again == null) {
      throw new InvalidSettings(
          "Cannot run several methods where the driver has no run file; set spark.submit.deployMode=client");
    }
    return again.apply(pairs);
  }

  private static Settings over(String what, Supplier<Config> run, List<String> pairs) {
    try {
      return over(
          run.get(),
          pairs,
          more -> over(what, run, Stream.concat(pairs.stream(), more.stream()).toList()));
    } catch (ConfigException e) {
      throw new InvalidSettings("Cannot read " + what + ": " + unquoted(e.getMessage()), e);
    } catch (StackOverflowError e) {
      throw new InvalidSettings(
          "Cannot read " + what + ": its objects or lists are nested too deep");
    } catch (OutOfMemoryError e) {
      throw new InvalidSettings("Cannot read " + what + ": its references make too long a text");
    }
  }

  /** A parser's message without the pieces of the file that it quotes: they may be a secret's. */
  private static String unquoted(String message) {
    String unquoted =
        message
            .replaceAll("(got|intended|after|token:?) '[^']{4,}'", "$1 '...'")
            .replaceAll("\\bjava\\.io\\.\\w+Exception: ", "");
    return unquoted.length() <= MESSAGE_CHARACTERS
        ? unquoted
        : unquoted.substring(0, MESSAGE_CHARACTERS) + "...";
  }

  private static Settings over(
      Config run, List<String> pairs, Function<List<String>, Settings> again) {
    Problems problems = new Problems();
    FormerKeys former = new FormerKeys(problems);
    Config reference = reference();
    Config given = CommandLinePairs.of(pairs, problems).withFallback(run);
    Config plain = former.resolve(given, reference);
    Config defaults = former.resolve(ofMethod(plain), reference);
    Config merged = former.resolve(given, defaults);
    ValueLimits.check(merged.root());
    ValueLimits.finite(merged.root(), problems);
    unknownKeys(given, merged, reference, problems);
    List<String> notices = new ArrayList<>(former.notices());
    CommandLinePairs.credentials(pairs)
        .forEach(
            key ->
                notices.add(
                    "%s is on the command line, which every user of this machine can read; write it into the run file, or put it into an environment variable and write %1$s='${NAME}'"
                        .formatted(key)));
    return new Settings(merged, defaults, plain, problems, notices, again);
  }

  private static Config resource(String name) {
    return ConfigFactory.parseResources(
        Settings.class.getClassLoader(),
        name,
        ConfigParseOptions.defaults().setAllowMissing(false));
  }

  /** The defaults of the method's forget part, which comes before a '+'. */
  private static Config ofMethod(Config given) {
    Config methods = resource("methods.conf").resolve();
    Object name = given.hasPath("unlearn.method") ? given.getAnyRef("unlearn.method") : "";
    String forget = ConfigUtil.quoteString(name.toString().replaceFirst("\\+.*", ""));
    return methods.hasPath(forget) ? methods.getConfig(forget) : ConfigFactory.empty();
  }

  /** The whole tree. */
  public Section root() {
    return new Section(config, "", problems);
  }

  /**
   * The tree without the defaults that go with the method: they are for unlearning, and no other
   * training's result may depend on which method comes after it.
   */
  public Section withoutMethod() {
    return new Section(plain, "", problems);
  }

  /** The settings of the run, resolved. */
  Config config() {
    return config;
  }

  /** The same as far as it may be shown; see {@link Secrets}. */
  Config shown() {
    return secrets().shown().toConfig();
  }

  /** What may be shown of these settings, and of texts that quote them. */
  public Secrets secrets() {
    return secrets;
  }

  /** What the settings are where nothing is given, the defaults of the method included. */
  Config defaults() {
    return defaults;
  }

  /** The settings of reference.conf alone. */
  static Config reference() {
    return resource("reference.conf");
  }

  /** Every key of reference.conf. */
  static List<String> knownKeys() {
    List<String> known = new ArrayList<>();
    paths(reference().root(), reference().root(), "", known);
    return known;
  }

  /** The object of the user's own names that a key is, or is in. */
  static Optional<String> open(String key) {
    return OPEN.stream().filter(o -> key.equals(o) || key.startsWith(o + ".")).findFirst();
  }

  /** Records a problem that no single key has. */
  public void problem(String sentence) {
    problems.add(sentence);
  }

  /** Every problem found so far. */
  public List<String> problems() {
    return problems.distinct();
  }

  /**
   * Notices of what a user should change: one sentence per former spelling, and per credential on
   * the command line.
   */
  public List<String> notices() {
    return notices;
  }

  /**
   * The settings in the record of a run, with the spellings of this version.
   *
   * @param json as {@link #json()} gave them, in this version or the one before
   */
  public static String respelled(String json) {
    return FormerKeys.respelled(json);
  }

  /** Whether a key has the value that it has where nothing is given. */
  public boolean isDefault(String key) {
    return config.hasPath(key)
        ? defaults.hasPath(key) && config.getValue(key).equals(defaults.getValue(key))
        : !defaults.hasPath(key);
  }

  /** The settings that are not what they are where nothing is given, but for hidden ones. */
  public Map<String, String> changed() {
    Map<String, String> changed = new TreeMap<>();
    for (Map.Entry<String, ConfigValue> entry : secrets().shown().toConfig().entrySet()) {
      String value =
          entry.getValue().valueType() == ConfigValueType.STRING
              ? String.valueOf(entry.getValue().unwrapped())
              : entry.getValue().render(ConfigRenderOptions.concise());
      if (!isDefault(entry.getKey()) && !value.contains(Secrets.HIDDEN)) {
        changed.put(String.join(".", ConfigUtil.splitPath(entry.getKey())), value);
      }
    }
    return changed;
  }

  /**
   * @throws InvalidSettings with every problem found so far, if there is any
   */
  public void check() {
    if (!problems.none()) {
      throw new InvalidSettings(problems());
    }
  }

  /** Every {@code spark.*} setting by its full name. */
  public Map<String, String> spark() {
    Map<String, String> found = new LinkedHashMap<>();
    if (config.hasPath("spark")) {
      Config spark = config.getConfig("spark");
      spark.entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(
              e ->
                  found.put(
                      "spark." + String.join(".", ConfigUtil.splitPath(e.getKey())),
                      text(spark, e)));
    }
    return found;
  }

  /** A number as it is written: Spark does not understand 1.0E11. */
  private static String text(Config section, Map.Entry<String, ConfigValue> entry) {
    return entry.getValue().valueType() == ConfigValueType.LIST
        ? entry.getValue().render(ConfigRenderOptions.concise())
        : section.getString(entry.getKey());
  }

  /**
   * The resolved settings as JSON, for the record of a run; see {@link Secrets} for what is left
   * out.
   */
  public String json() {
    return secrets.shown().render(ConfigRenderOptions.concise());
  }

  /**
   * The values, as JSON, that keys have for other trainings than unlearning where the method brings
   * defaults of its own: {@link #withoutMethod()} as far as it differs from the rest.
   */
  public String withoutMethodJson() {
    return differing(ofMethod(plain), plain, config).root().render(ConfigRenderOptions.concise());
  }

  /**
   * The values that some keys have in one tree, where another one has others.
   *
   * @param keys has the keys; its values do not matter
   */
  private static Config differing(Config keys, Config one, Config other) {
    Config differing = ConfigFactory.empty();
    for (Map.Entry<String, ConfigValue> key : keys.entrySet()) {
      String path = key.getKey();
      ConfigValue own =
          one.hasPath(path) ? one.getValue(path) : ConfigValueFactory.fromAnyRef(null);
      if (!other.hasPath(path) || !other.getValue(path).equals(own)) {
        differing = differing.withValue(path, own);
      }
    }
    return differing;
  }

  /**
   * What {@link #withoutMethodJson} would be of a record that does not have it: a value that is the
   * method's default counts as that, and what is below it as not given.
   */
  static Config withoutMethod(Config record) {
    Config ofMethod = ofMethod(record);
    Config without = ConfigFactory.empty();
    for (Map.Entry<String, ConfigValue> key : ofMethod.entrySet()) {
      String path = key.getKey();
      if (record.hasPath(path) && record.getValue(path).equals(key.getValue())) {
        Config reference = reference();
        without =
            without.withValue(
                path,
                reference.hasPath(path)
                    ? reference.getValue(path)
                    : ConfigValueFactory.fromAnyRef(null));
      }
    }
    return without;
  }

  /** What the settings are where nothing is given, as JSON. */
  public String defaultsJson() {
    return defaults.root().render(ConfigRenderOptions.concise());
  }

  private static void unknownKeys(
      Config given, Config merged, Config reference, Problems problems) {
    List<String> known = new ArrayList<>();
    paths(reference.root(), reference.root(), "", known);
    List<String> asked = new ArrayList<>();
    paths(given.root(), merged.root(), "", asked);
    Collections.sort(asked);
    for (String key : asked) {
      if (open(key).isEmpty() && !known.contains(key) && !FormerKeys.has(key)) {
        String nearest = NearestNames.of(key, known, 1).get(0);
        problems.add("Unknown key " + key + "; did you mean " + nearest + "?");
      }
    }
  }

  /**
   * Leaf paths, nulls included; an empty object counts as a leaf.
   *
   * @param resolved what the object became, whose members count where its own are not known
   */
  private static void paths(
      ConfigObject object, ConfigObject resolved, String prefix, List<String> found) {
    object.forEach(
        (name, value) -> {
          String path = prefix.isEmpty() ? name : prefix + "." + name;
          ConfigObject became = resolved.get(name) instanceof ConfigObject inner ? inner : null;
          ConfigObject inner =
              value instanceof ConfigObject own && FormerKey.known(own) ? own : became;
          if (value instanceof ConfigObject
              && inner != null
              && !inner.isEmpty()
              && !OPEN.contains(path)) {
            paths(inner, became == null ? inner : became, path, found);
          } else {
            found.add(path);
          }
        });
  }
}
