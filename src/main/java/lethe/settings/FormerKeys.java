package lethe.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Spellings that this version still reads, and {@link #UNTIL} no longer does: keys that have
 * another name now, and times that are a bare number of seconds. They are converted before anything
 * else reads the settings, so that no other class knows them. To rename a key, add a line to {@link
 * #TABLE}.
 */
final class FormerKeys {
  /** The version that refuses the spellings in the table. */
  static final String UNTIL = "0.3";

  static final List<FormerKey> TABLE = table();

  /** Keys that take times, and took whole numbers of seconds. */
  private static final List<String> SECONDS =
      List.of("train.start-timeout", "train.recovery-timeout", "train.step-timeout");

  private static final Pattern BARE = Pattern.compile("\\s*[+-]?[0-9][0-9.eE+-]*\\s*");

  private final Problems problems;
  private final Set<String> notices = new LinkedHashSet<>();

  FormerKeys(Problems problems) {
    this.problems = problems;
  }

  private static List<FormerKey> table() {
    List<FormerKey> table = new ArrayList<>();
    renamed(table, "corpus.duplicates.contained", "containment-threshold");
    renamed(table, "corpus.duplicates.excerpt", "excerpt-threshold");
    renamed(table, "corpus.duplicates.near", "jaccard-threshold");
    renamed(table, "corpus.maximum-rejects", "max-reject-share");
    renamed(table, "corpus.minimum-tail", "min-tail-tokens");
    renamed(table, "evaluate.ground-truth", "retrain");
    renamed(table, "finetune.start", "initial-weights");
    renamed(table, "report.band", "compare-band");
    renamed(table, "retrain.start", "initial-weights");
    renamed(table, "run.shared", "dir-is-shared");
    renamed(table, "stop.every", "probe-every");
    renamed(table, "train.wire", "wire-dtype");
    renamed(table, "unlearn.cap", "cap-nats");
    renamed(table, "unlearn.reinforced", "reinforced-model");
    renamed(table, "unlearn.start", "initial-weights");
    renamed(table, "unlearn.truth", "true-token");
    for (String section : List.of("train", "pretrain", "finetune", "retrain")) {
      renamed(table, section + ".clip-norm", "max-grad-norm");
      renamed(table, section + ".no-decay", "no-weight-decay");
      renamed(table, section + ".schedule", "lr-schedule");
      renamed(table, section + ".warm-up", "warmup-ratio");
    }
    table.add(
        new FormerKey(
            List.of("train.separate-terms", "train.projection"),
            "train.gradient-mode",
            "summed, separate or projected",
            FormerKeys::gradientMode));
    return List.copyOf(table);
  }

  /** A key that stays in its section. */
  private static void renamed(List<FormerKey> table, String old, String name) {
    table.add(FormerKey.renamed(old, old.substring(0, old.lastIndexOf('.') + 1) + name));
  }

  /** Whether the table has this path among the former ones. */
  static boolean has(String path) {
    return TABLE.stream().anyMatch(key -> key.old().contains(path));
  }

  /** What a former path is called now; empty for any other path. */
  static Optional<String> now(String path) {
    return TABLE.stream().filter(key -> key.old().contains(path)).map(FormerKey::now).findFirst();
  }

  /** One sentence for each former spelling that was met. */
  List<String> notices() {
    return List.copyOf(notices);
  }

  /**
   * Resolves settings that a user wrote, which may be in former spellings, over others.
   *
   * @param layer not resolved; it may also refer to keys by their former paths
   * @param fallback in the present spellings
   * @return resolved, in the present spellings
   * @throws ConfigException as {@link Config#resolve()} does
   */
  Config resolve(Config layer, Config fallback) {
    Config below = fallback.withFallback(references());
    Config values = layer.withFallback(below).resolve();
    Config renamed = renamed(layer, values);
    if (!layer.isResolved()) {
      noticeReferences(layer);
    }
    return withoutFormer(renamed == layer ? values : renamed.withFallback(below).resolve());
  }

  /**
   * The record of a run as it would have been written with the present spellings.
   *
   * @param json settings as {@link Settings#json()} gave them, in this version or the one before
   */
  static String respelled(String json) {
    Config record;
    try {
      record =
          ConfigFactory.parseString(
              json, ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON));
    } catch (ConfigException e) { // JSON may have numbers that HOCON has not
      throw new InvalidSettings("These are no settings: " + e.getMessage(), e);
    }
    return new FormerKeys(new Problems())
        .renamed(record, record)
        .root()
        .render(ConfigRenderOptions.concise());
  }

  /** A former path leads to the value that the key has now. */
  private static Config references() {
    return ConfigFactory.parseString(
        TABLE.stream()
            .filter(key -> key.old().size() == 1)
            .map(key -> key.old().get(0) + " = ${?" + key.now() + "}")
            .collect(Collectors.joining("\n")));
  }

  private static Config withoutFormer(Config resolved) {
    Config without = resolved;
    for (FormerKey key : TABLE) {
      for (String old : key.old()) {
        without = without.withoutPath(old);
      }
    }
    return without;
  }

  /** The same layer with the present spellings; the same object if it has no others. */
  private Config renamed(Config layer, Config values) {
    Config renamed = layer;
    for (FormerKey key : TABLE) {
      List<String> found =
          key.old().stream().filter(old -> FormerKey.at(layer, old) != null).toList();
      if (!found.isEmpty()) {
        renamed = renamed(renamed, key, found, values);
      }
    }
    for (String key : SECONDS) {
      renamed = withUnit(renamed, key, values);
    }
    return renamed;
  }

  private Config renamed(Config layer, FormerKey key, List<String> found, Config values) {
    Config without = layer;
    for (String old : found) {
      without = without.withoutPath(old);
      notices.add(
          "%s is now %s%s; the old spelling works until %s"
              .formatted(old, key.now(), key.values().isEmpty() ? "" : ": " + key.values(), UNTIL));
    }
    ConfigOrigin origin = FormerKey.at(layer, found.get(0)).origin();
    ConfigValue both = FormerKey.at(layer, key.now());
    if (both != null) {
      problems.add(
          "%s (%s) and %s (%s) are two spellings of one key; leave out %1$s"
              .formatted(found.get(0), place(origin), key.now(), place(both.origin())));
      return without;
    }
    problems.written(
        key.now(), "written as %s %s".formatted(String.join(" and ", found), place(origin)));
    try {
      ConfigValue value = key.conversion().of(values);
      return value == null ? without : without.withValue(key.now(), value.withOrigin(origin));
    } catch (InvalidSettings e) {
      problems.addAll(e.problems());
      return without;
    }
  }

  private Config withUnit(Config layer, String key, Config values) {
    ConfigValue written = FormerKey.at(layer, key);
    ConfigValue value = written == null ? null : FormerKey.at(values, key);
    if (value == null
        || (value.valueType() != ConfigValueType.NUMBER
            && value.valueType() != ConfigValueType.STRING)) {
      return layer;
    }
    String text = values.getString(key);
    if (!BARE.matcher(text).matches()) {
      return layer;
    }
    String seconds = text.strip() + "s";
    notices.add(
        "%s = %s has no unit and is read as seconds; write %s: a number without a unit works until %s"
            .formatted(key, text.strip(), seconds, UNTIL));
    return layer.withValue(
        key, ConfigValueFactory.fromAnyRef(seconds).withOrigin(written.origin()));
  }

  /** Former paths that a user only refers to are reported, too. */
  private void noticeReferences(Config layer) {
    String text = layer.root().render(ConfigRenderOptions.concise());
    for (FormerKey key : TABLE) {
      for (String old : key.old()) {
        if (text.contains("${" + old + "}") || text.contains("${?" + old + "}")) {
          notices.add(
              "${%s} is now ${%s}; the old spelling works until %s"
                  .formatted(old, key.now(), UNTIL));
        }
      }
    }
  }

  private static String place(ConfigOrigin origin) {
    String file = origin.resource() == null ? origin.filename() : origin.resource();
    return file == null
        ? "on the command line"
        : "in %s, line %d".formatted(Path.of(file).getFileName(), origin.lineNumber());
  }

  private static ConfigValue gradientMode(Config resolved) {
    boolean separate = flag(resolved, "train.separate-terms");
    String projection =
        Optional.ofNullable(FormerKey.at(resolved, "train.projection"))
            .map(value -> String.valueOf(value.unwrapped()))
            .orElse("none");
    if (!projection.equals("none") && !projection.equals("forget")) {
      throw new InvalidSettings(
          "train.projection must be none or forget, was \"" + projection + "\"");
    }
    if (projection.equals("forget") && !separate) {
      throw new InvalidSettings(
          "train.projection must be none unless train.separate-terms is true, was forget; train.gradient-mode = projected takes the place of both");
    }
    String summed = separate ? "separate" : "summed";
    return ConfigValueFactory.fromAnyRef(projection.equals("forget") ? "projected" : summed);
  }

  private static boolean flag(Config resolved, String path) {
    try {
      return FormerKey.at(resolved, path) != null && resolved.getBoolean(path);
    } catch (ConfigException e) {
      throw new InvalidSettings(
          "%s must be true or false, was %s"
              .formatted(path, FormerKey.at(resolved, path).render(ConfigRenderOptions.concise())));
    }
  }
}
