package lethe.settings;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Takes credentials out of settings that are to be shown. Keys that sound like one are hidden
 * everywhere; where other programs name the keys ({@code spark.hadoop.*}, the options of a source)
 * only those that are known to be harmless are shown with their values.
 */
final class Secrets {
  static final String HIDDEN = "(hidden)";

  /** What names of secrets contain, in any key, in lower case. */
  private static final Pattern NAMES =
      Pattern.compile(
          ".*(secret|passw|passphrase|pwd|(?<!true-)token(?!s|iz)|credential|private"
              + "|(api|access|account|encryption)[._-]?key).*");

  /**
   * What parts of other programs' keys name a secret: Lethe's own keys use these words otherwise.
   */
  private static final Pattern PARTS = Pattern.compile("(.*[._-])?(keys?|sas|auth|pass)([._-].*)?");

  private static final String CORPUS = "corpus.";

  private static final Pattern HADOOP = Pattern.compile("spark\\.hadoop\\..*");

  /** Options of sources that say how a file is laid out. */
  private static final Set<String> LAYOUT =
      Set.of(
          "charset",
          "comment",
          "compression",
          "delimiter",
          "encoding",
          "escape",
          "header",
          "inferschema",
          "linesep",
          "mergeschema",
          "multiline",
          "pathglobfilter",
          "quote",
          "recursivefilelookup",
          "sep",
          "wholetext");

  /** Name and password before the host of an address. */
  private static final Pattern USER = Pattern.compile("://[^/@\\s]+:[^/@\\s]+@");

  private final Set<String> values = new HashSet<>();

  private Secrets() {}

  /** The same settings without the values of credentials, wherever they are repeated. */
  static ConfigObject hidden(ConfigObject settings) {
    Secrets secrets = new Secrets();
    ConfigObject once = (ConfigObject) secrets.hide("", settings);
    ConfigValue defined = once.get("define"); // any of its values may be one of those just hidden
    return defined == null ? once : once.withValue("define", secrets.hide("define", defined));
  }

  private ConfigValue hide(String path, ConfigValue value) {
    if (value instanceof ConfigObject object) {
      for (Map.Entry<String, ConfigValue> member : object.entrySet()) {
        String inner = path.isEmpty() ? member.getKey() : path + "." + member.getKey();
        object = object.withValue(member.getKey(), hide(inner, member.getValue()));
      }
      return object;
    }
    if (value instanceof ConfigList list) {
      List<ConfigValue> all = new ArrayList<>();
      list.forEach(element -> all.add(hide(path, element)));
      return ConfigValueFactory.fromIterable(all);
    }
    if (value.valueType() == ConfigValueType.NULL) {
      return value;
    }
    String text = String.valueOf(value.unwrapped());
    if (secret(path)) {
      values.add(text);
      return ConfigValueFactory.fromAnyRef(path.startsWith(CORPUS) ? checked(text) : HIDDEN);
    }
    if (path.startsWith("define.") && values.contains(text)) {
      return ConfigValueFactory.fromAnyRef(HIDDEN);
    }
    return USER.matcher(text).find()
        ? ConfigValueFactory.fromAnyRef(USER.matcher(text).replaceAll("://" + HIDDEN + "@"))
        : value;
  }

  /**
   * Hidden, but another value shows: 16 bits of its SHA-256, of which no password can be guessed.
   */
  private static String checked(String value) {
    return "(hidden, %s)".formatted(DigestUtils.sha256Hex(value).substring(0, 4));
  }

  /**
   * Whether a key's value must not reach a log, a terminal or the run's record.
   *
   * @param path whole key, members joined with dots, without the places in lists
   */
  static boolean secret(String path) {
    String key = path.toLowerCase(Locale.ROOT);
    if (key.startsWith("corpus.sources.options.")) {
      return !LAYOUT.contains(key.substring("corpus.sources.options.".length()));
    }
    if (key.startsWith("corpus.splits.")) {
      return false; // a user's own names: of splits' members and domains
    }
    boolean others = key.startsWith("spark.") || key.startsWith("define.");
    return NAMES.matcher(key).matches()
        || HADOOP.matcher(key).matches()
        || (others && PARTS.matcher(key).matches());
  }
}
