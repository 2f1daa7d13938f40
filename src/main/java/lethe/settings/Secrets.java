package lethe.settings;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * What run.json, the report, logs and messages may show of a run's settings. The rule is a list of
 * what is shown; everything else appears by its name alone:
 *
 * <ul>
 *   <li>Lethe's own keys, none of which takes a secret, show their values;
 *   <li>of keys that other programs or the user name ({@code spark.*}, the options of a source,
 *       {@code define.*}) only those that are listed here as harmless do;
 *   <li>within any text, credentials are taken out ({@link CredentialText}), and so is the value of
 *       every hidden key that is called a credential.
 * </ul>
 */
public final class Secrets {
  static final String HIDDEN = "(hidden)";

  /** Hidden values that are not looked for in other texts, which have them for other reasons. */
  private static final Pattern COMMON =
      Pattern.compile(".{0,3}|true|false|null|-?[0-9.]+[a-z]{0,2}");

  private static final Set<String> OWN = Set.copyOf(Settings.knownKeys());

  /** Sections whose members have the user's names, and values as harmless as other settings'. */
  private static final List<String> NAMED =
      List.of("corpus.splits.", "evaluate.models.", "unlearn.retain-weights.");

  /** Members of the objects in lists. */
  private static final Set<String> MEMBERS =
      Set.of(
          "continual.tasks.name",
          "continual.tasks.where",
          "continual.tasks.requests",
          "continual.tasks.ids",
          "corpus.sources.path",
          "corpus.sources.format",
          "corpus.sources.glob",
          "corpus.sources.domain",
          "corpus.sources.text",
          "corpus.sources.id",
          "corpus.sources.question",
          "corpus.sources.answer",
          "corpus.sources.url",
          "evaluate.answers.questions.name",
          "evaluate.answers.questions.path",
          "evaluate.answers.questions.use",
          "evaluate.answers.questions.rows",
          "evaluate.tasks.name",
          "evaluate.tasks.path",
          "evaluate.tasks.examples",
          "evaluate.tasks.shots");

  private static final String OPTIONS = "corpus.sources.options.";

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

  /** Spark's settings that size, place or switch something. */
  private static final Pattern SPARK =
      Pattern.compile(
          "spark\\.(master|submit\\.deployMode|app\\.name|cores\\.max|default\\.parallelism|local\\.dir"
              + "|authenticate|speculation|dynamicAllocation\\.enabled|io\\.encryption\\.enabled"
              + "|network\\.(timeout|crypto\\.(enabled|cipher))|ui\\.(enabled|port)|locality\\.wait"
              + "|driver\\.(memory|memoryOverhead|cores|maxResultSize|host|bindAddress|port)"
              + "|executor\\.(memory|memoryOverhead|memoryOverheadFactor|cores|instances)"
              + "|(driver|executor|worker|task)\\.resource\\.gpu\\.(amount|discoveryScript|vendor)"
              + "|buffer\\.pageSize|memory\\.(fraction|storageFraction|offHeap\\.(enabled|size))"
              + "|task\\.(cpus|maxFailures)|shuffle\\.compress|eventLog\\.(enabled|compress)"
              + "|sql\\.(shuffle\\.partitions|codegen\\.(wholeStage|factoryMode)|adaptive\\.enabled"
              + "|warehouse\\.dir|files\\.(maxPartitionBytes|openCostInBytes))"
              + "|yarn\\.(queue|maxAppAttempts)|kubernetes\\.namespace)");

  /** What processes get in their environment from Lethe, and what names PyTorch's libraries. */
  private static final Pattern ENVIRONMENT =
      Pattern.compile(
          "spark\\.(executorEnv|yarn\\.appMasterEnv|kubernetes\\.driverEnv)\\.(OPT_OUT_TRACKING"
              + "|OMP_NUM_THREADS|OMP_DYNAMIC|MKL_DYNAMIC|MKL_CBWR|GLIBC_TUNABLES|DJL_CACHE_DIR"
              + "|PYTORCH_(LIBRARY_PATH|VERSION|FLAVOR)|LETHE_FAULT)");

  /** What names of credentials contain, in lower case, in the keys that are hidden. */
  private static final Pattern CREDENTIAL =
      Pattern.compile(
          ".*(secret|passw|passphrase|pwd|token|credential|private|signature"
              + "|(api|access|account|encryption)[._-]?key).*"
              + "|(.*[._-])?(keys?|sas|auth|pass)([._-].*)?");

  private final Set<String> credentials = new HashSet<>();
  private final Set<String> others = new HashSet<>();
  private final ConfigObject shown;

  private Secrets(ConfigObject settings) {
    collect("", settings);
    Set<String> texts = new HashSet<>();
    shown = (ConfigObject) shown("", settings, texts);
    others.removeIf(value -> texts.stream().anyMatch(text -> text.contains(value)));
  }

  /** The rule for a run's settings. */
  static Secrets of(ConfigObject settings) {
    return new Secrets(settings);
  }

  /** The rule where there are no settings, or none yet. */
  public static Secrets ofNothing() {
    return new Secrets(ConfigValueFactory.fromMap(Map.of()));
  }

  /** The settings with only those values that may be shown. */
  ConfigObject shown() {
    return shown;
  }

  /**
   * A text that may quote settings, such as a library's message, without credentials. Hidden values
   * are found when they have at least four characters and are no number; those of keys that are not
   * called a credential stay where a setting that is shown has them, too.
   */
  public String masked(String text) {
    return without(others, without(credentials, CredentialText.masked(text)));
  }

  /** The same stream, through which texts go as {@link #masked}. */
  public PrintStream stream(PrintStream out) {
    return new PrintStream(out, true, StandardCharsets.UTF_8) {
      @Override
      public void print(String text) {
        super.print(masked(String.valueOf(text)));
      }
    };
  }

  private static String without(Set<String> values, String text) {
    String masked = text;
    List<String> longestFirst = new ArrayList<>(values);
    longestFirst.sort(Comparator.comparing(String::length).reversed());
    for (String value : longestFirst) {
      masked = masked.replace(value, HIDDEN);
    }
    return masked;
  }

  /** Notes the values of all hidden keys. */
  private void collect(String path, ConfigValue value) {
    if (value instanceof ConfigObject object) {
      object.forEach((name, member) -> collect(below(path, name), member));
    } else if (value instanceof ConfigList list) {
      list.forEach(element -> collect(path, element));
    } else if (!harmless(path)) {
      String text = String.valueOf(value.unwrapped());
      if (!COMMON.matcher(text).matches()) {
        (credential(path) ? credentials : others).add(text);
      }
    }
  }

  /**
   * @param texts gets the texts that are shown
   */
  private ConfigValue shown(String path, ConfigValue value, Set<String> texts) {
    if (value instanceof ConfigObject object) {
      ConfigObject all = object;
      for (Map.Entry<String, ConfigValue> member : object.entrySet()) {
        String inner = below(path, member.getKey());
        all = all.withValue(member.getKey(), shown(inner, member.getValue(), texts));
      }
      return all;
    }
    if (value instanceof ConfigList list) {
      List<ConfigValue> all = new ArrayList<>();
      list.forEach(element -> all.add(shown(path, element, texts)));
      return ConfigValueFactory.fromIterable(all);
    }
    if (value.valueType() == ConfigValueType.NULL) {
      return value;
    }
    if (!harmless(path)) {
      return ConfigValueFactory.fromAnyRef(hidden(path, String.valueOf(value.unwrapped())));
    }
    if (value.valueType() != ConfigValueType.STRING) {
      return value;
    }
    String text = String.valueOf(value.unwrapped());
    String masked = without(credentials, CredentialText.masked(text));
    texts.add(masked);
    return masked.equals(text) ? value : ConfigValueFactory.fromAnyRef(masked);
  }

  private static String below(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /**
   * A hidden option of a source may decide which texts are read, so that another value must be
   * noticed: 16 bits of the SHA-256 of the value without credentials are shown. Whoever knows a
   * list of likely values can rule out all but one in 65,536 of them, so a password shows nothing;
   * it does not decide what is read.
   */
  private static String hidden(String path, String value) {
    return path.startsWith(OPTIONS) && !credential(path)
        ? "(hidden, %s)"
            .formatted(DigestUtils.sha256Hex(CredentialText.without(value)).substring(0, 4))
        : HIDDEN;
  }

  /** Whether a key is called what credentials are called. */
  private static boolean credential(String path) {
    String name = path.startsWith(OPTIONS) ? path.substring(OPTIONS.length()) : path;
    return CREDENTIAL.matcher(name.toLowerCase(Locale.ROOT)).matches();
  }

  /**
   * Whether a setting that is given in the clear where others can read it would give a secret away.
   *
   * @param path whole key, members joined with dots
   */
  static boolean givesAway(String path) {
    return !harmless(path) && credential(path);
  }

  /**
   * Whether the value of a key may be shown.
   *
   * @param path whole key, members joined with dots, without the places in lists
   */
  static boolean harmless(String path) {
    if (path.startsWith(OPTIONS)) {
      return LAYOUT.contains(path.substring(OPTIONS.length()).toLowerCase(Locale.ROOT));
    }
    return OWN.contains(path)
        || NAMED.stream().anyMatch(path::startsWith)
        || MEMBERS.contains(path)
        || SPARK.matcher(path).matches()
        || ENVIRONMENT.matcher(path).matches();
  }
}
