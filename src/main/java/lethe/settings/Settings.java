package lethe.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  private final Config config;
  private final Config defaults;
  private final List<String> problems;

  private Settings(Config config, Config defaults, List<String> problems) {
    this.config = config;
    this.defaults = defaults;
    this.problems = problems;
  }

  /**
   * Reads a run file and lays the pairs over it.
   *
   * @param file HOCON; relative paths inside it are the reader's business
   * @param pairs {@code key=value}, later ones win; values are HOCON, or plain text where they do
   *     not parse
   * @throws InvalidSettings when the file cannot be read or parsed, or a pair has no '='
   */
  public static Settings load(Path file, List<String> pairs) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(List.of("Cannot read settings: there is no file " + file));
    }
    try {
      return over(
          ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false)),
          pairs);
    } catch (ConfigException e) {
      throw new InvalidSettings(List.of("Cannot read settings " + file + ": " + e.getMessage()));
    }
  }

  /** The pairs over the defaults, without a run file. */
  public static Settings of(List<String> pairs) {
    try {
      return over(ConfigFactory.empty(), pairs);
    } catch (ConfigException e) {
      throw new InvalidSettings(List.of("Cannot read settings: " + e.getMessage()));
    }
  }

  private static Settings over(Config run, List<String> pairs) {
    List<String> problems = new ArrayList<>();
    Config reference = resource("reference.conf");
    Config over = pairs(pairs, problems);
    Config given = over.withFallback(run);
    Config defaults =
        ofMethod(given.withFallback(reference).resolve()).withFallback(reference).resolve();
    Config merged = given.withFallback(defaults).resolve(ConfigResolveOptions.defaults());
    unknownKeys(given, reference, problems);
    return new Settings(merged, defaults, problems);
  }

  private static Config resource(String name) {
    return ConfigFactory.parseResources(
        Settings.class.getClassLoader(),
        name,
        ConfigParseOptions.defaults().setAllowMissing(false));
  }

  /** The defaults of the method's forget part, which is what stands before a '+'. */
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

  /** Records a problem that no single key has. */
  public void problem(String sentence) {
    problems.add(sentence);
  }

  /**
   * @throws InvalidSettings with every problem found so far, if there is any
   */
  public void check() {
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems.stream().distinct().toList());
    }
  }

  /** Every {@code spark.*} setting by its full name. */
  public Map<String, String> spark() {
    Map<String, String> found = new LinkedHashMap<>();
    if (config.hasPath("spark")) {
      config.getConfig("spark").entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(
              e ->
                  found.put(
                      "spark." + String.join(".", ConfigUtil.splitPath(e.getKey())),
                      String.valueOf(e.getValue().unwrapped())));
    }
    return found;
  }

  /**
   * The resolved settings as JSON, for the record of a run; values of keys that look secret are
   * replaced.
   */
  public String json() {
    Config shown = config;
    for (var entry : config.entrySet()) {
      if (secret(entry.getKey())) {
        shown = shown.withValue(entry.getKey(), ConfigValueFactory.fromAnyRef("(hidden)"));
      }
    }
    return shown.root().render(ConfigRenderOptions.concise());
  }

  /** What the settings are where nothing is given, as JSON. */
  public String defaultsJson() {
    return defaults.root().render(ConfigRenderOptions.concise());
  }

  /**
   * Whether a key names a credential, whose value must not reach a log, a terminal or the run's
   * record.
   */
  public static boolean secret(String key) {
    return key.toLowerCase(java.util.Locale.ROOT)
            .matches(".*(secret|password|passwd|token(?!s|iz)|access[.-]?key|credential).*")
        && !key.contains("chunk-tokens");
  }

  private static Config pairs(List<String> pairs, List<String> problems) {
    Config all = ConfigFactory.empty();
    for (String pair : pairs) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        problems.add(
            "Cannot read \"" + pair + "\": settings on the command line are written key=value");
        continue;
      }
      String key = pair.substring(0, equals).trim();
      String value = pair.substring(equals + 1).trim();
      Config one;
      try {
        one = ConfigFactory.parseString(key + " = " + value);
        one = one.isEmpty() ? plain(key, value) : one;
      } catch (ConfigException e) {
        one = plain(key, value);
      }
      all = one.withFallback(all);
    }
    return all;
  }

  private static Config plain(String key, String value) {
    return ConfigFactory.empty().withValue(key, ConfigValueFactory.fromAnyRef(value));
  }

  private static void unknownKeys(Config given, Config reference, List<String> problems) {
    List<String> known = new ArrayList<>();
    paths(reference.root(), "", known);
    List<String> asked = new ArrayList<>();
    paths(given.root(), "", asked);
    Collections.sort(asked);
    for (String key : asked) {
      boolean open = OPEN.stream().anyMatch(o -> key.equals(o) || key.startsWith(o + "."));
      if (!open && !known.contains(key)) {
        problems.add("Unknown key " + key + "; did you mean " + nearest(key, known) + "?");
      }
    }
  }

  /** Leaf paths, nulls included; an empty object counts as a leaf. */
  private static void paths(
      com.typesafe.config.ConfigObject object, String prefix, List<String> found) {
    object.forEach(
        (name, value) -> {
          String path = prefix.isEmpty() ? name : prefix + "." + name;
          if (value instanceof com.typesafe.config.ConfigObject inner
              && !inner.isEmpty()
              && !OPEN.contains(path)) {
            paths(inner, path, found);
          } else {
            found.add(path);
          }
        });
  }

  private static String nearest(String key, List<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(k -> distance(key, k)))
        .orElse("one of those in reference.conf");
  }

  /** Levenshtein distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
