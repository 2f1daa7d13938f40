package lethe.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Settings on a command line: key, equals sign, value. A value is taken literally (two slashes, a
 * hash and a comma have no meaning of their own, unlike in HOCON), except that
 *
 * <ul>
 *   <li>numbers, true, false and null mean what they mean in a run file;
 *   <li>a value that begins with a bracket, a brace or a double quote is HOCON;
 *   <li>a dollar sign and a key in braces are replaced by the value of that key.
 * </ul>
 */
final class CommandLinePairs {
  private static final Pattern VALUE =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null");

  private static final Pattern REFERENCE = Pattern.compile("\\$\\{\\??[A-Za-z0-9_.\"-]+}");

  private static final String THREE_QUOTES = "\"\"\"";

  /** Characters of a pair that a message repeats. */
  private static final int PAIR_CHARACTERS = 200;

  /** So that a value can say where it was set. */
  private static final String ORIGIN = "the command line";

  private static final ConfigParseOptions PARSED =
      ConfigParseOptions.defaults().setOriginDescription(ORIGIN);

  private CommandLinePairs() {}

  /** All pairs, later ones first; a pair that cannot be read becomes a problem. */
  static Config of(List<String> pairs, Problems problems) {
    Config all = ConfigFactory.empty();
    for (String pair : pairs) {
      try {
        all = one(pair).withFallback(all);
      } catch (InvalidSettings e) {
        problems.addAll(e.problems());
      }
    }
    return all;
  }

  private static Config one(String pair) {
    int equals = pair.indexOf('=');
    if (equals < 1) {
      throw cannot(pair, "settings on the command line are written key=value");
    }
    String key = pair.substring(0, equals).strip();
    String value = pair.substring(equals + 1);
    try {
      ConfigUtil.splitPath(key);
    } catch (ConfigException e) {
      throw cannot(pair, "\"" + key + "\" is not a key");
    }
    String text = value.strip();
    if (VALUE.matcher(text).matches()) {
      return ConfigFactory.parseString(key + " = " + text, PARSED);
    }
    if (text.matches("(?s)[\\[{\"].*")) {
      return hocon(pair, key, text);
    }
    return REFERENCE.matcher(value).find()
        ? ConfigFactory.parseString(key + " = " + referring(value), PARSED)
        : ConfigFactory.empty().withValue(key, ConfigValueFactory.fromAnyRef(value, ORIGIN));
  }

  /** Exactly one value: a comment or a second setting would be dropped silently. */
  private static Config hocon(String pair, String key, String text) {
    String quote = "; to pass a text literally, put it in double quotes inside those of the shell";
    String comment = comment(text);
    if (!comment.isEmpty()) {
      throw cannot(pair, "the text after its " + comment + " would be a comment" + quote);
    }
    ConfigObject alone;
    if (!text.startsWith("\"") && !text.matches("(?s).*[]}]")) { // HOCON ignores what follows
      throw cannot(pair, "it begins like a " + kind(text) + " but is not one" + quote);
    }
    try {
      alone = ConfigFactory.parseString("value = " + text).root();
    } catch (ConfigException e) {
      throw cannot(pair, "it begins like a " + kind(text) + " but is not one" + quote);
    }
    if (alone.size() != 1 || !alone.containsKey("value")) {
      throw cannot(pair, "it holds more than one setting" + quote);
    }
    return ConfigFactory.parseString(key + " = " + text, PARSED);
  }

  /** What begins a comment outside of quoted texts; empty where nothing does. */
  private static String comment(String text) {
    int at = 0;
    while (at < text.length()) {
      if (text.charAt(at) == '#') {
        return "#";
      }
      if (text.startsWith("//", at)) {
        return "//";
      }
      at = text.charAt(at) == '"' ? quotedEnd(text, at) : at + 1;
    }
    return "";
  }

  /** The place after a quoted text, which may be one in three quotes. */
  private static int quotedEnd(String text, int from) {
    if (text.startsWith(THREE_QUOTES, from)) {
      int end = text.indexOf(THREE_QUOTES, from + THREE_QUOTES.length());
      int after = end < 0 ? text.length() : end + THREE_QUOTES.length();
      while (after < text.length() && text.charAt(after) == '"') { // it ends with the last of them
        after++;
      }
      return after;
    }
    int at = from + 1;
    while (at < text.length() && text.charAt(at) != '"') {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    return at + 1;
  }

  private static String kind(String text) {
    return text.startsWith("[") ? "list" : text.startsWith("{") ? "object" : "quoted text";
  }

  /** The text with its references as HOCON, everything else quoted. */
  private static String referring(String value) {
    StringBuilder hocon = new StringBuilder();
    Matcher reference = REFERENCE.matcher(value);
    int from = 0;
    while (reference.find()) {
      quote(value.substring(from, reference.start()), hocon);
      hocon.append(reference.group());
      from = reference.end();
    }
    quote(value.substring(from), hocon);
    return hocon.toString();
  }

  private static void quote(String text, StringBuilder to) {
    if (!text.isEmpty()) {
      to.append(ConfigUtil.quoteString(text));
    }
  }

  /** Keys on the command line that take a credential, and have it there in the clear. */
  static List<String> credentials(List<String> pairs) {
    return pairs.stream()
        .filter(pair -> pair.indexOf('=') > 0 && !REFERENCE.matcher(pair).find())
        .map(pair -> plain(pair.substring(0, pair.indexOf('='))))
        .filter(Secrets::givesAway)
        .distinct()
        .toList();
  }

  /** A key as {@link Secrets} names it; as it is written where it is not one. */
  private static String plain(String key) {
    try {
      return String.join(".", ConfigUtil.splitPath(key.strip()));
    } catch (ConfigException e) {
      return key;
    }
  }

  private static InvalidSettings cannot(String pair, String why) {
    int equals = pair.indexOf('=');
    String key = equals < 1 ? pair : plain(pair.substring(0, equals));
    boolean shown = Settings.open(key).isEmpty() || Secrets.harmless(key);
    String whole = shown ? CredentialText.masked(pair) : pair.substring(0, equals + 1);
    String quoted =
        whole.length() <= PAIR_CHARACTERS ? whole : whole.substring(0, PAIR_CHARACTERS) + "...";
    return new InvalidSettings(
        "Cannot read \"" + quoted + (shown ? "" : Secrets.HIDDEN) + "\": " + why);
  }
}
