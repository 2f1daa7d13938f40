package lethe.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import lethe.spark.SparkInUse;

/**
 * {@code run.json}: the settings of a run and the versions it ran with, so that it can be
 * understood and repeated years later.
 */
public final class Provenance {
  /**
   * Settings that a later invocation over the same folder may change without making its stages
   * disagree, of each section in {@link #TRAINING}.
   */
  private static final Set<String> FREE =
      Set.of(
          "workers",
          "threads",
          "aggregator-port",
          "checkpoint-every",
          "micro-batch",
          "start-timeout",
          "recovery-timeout",
          "step-timeout",
          "deterministic");

  /** Member with the settings, as far as they may be shown. */
  public static final String SETTINGS = "settings";

  /**
   * Member with the values that other trainings than unlearning have where the method brings
   * defaults of its own, see {@link Settings#withoutMethodJson}.
   */
  public static final String WITHOUT_METHOD = "settings_without_method";

  /** Member with what the weights of each training stage depend on besides. */
  public static final String ENVIRONMENTS = "environments";

  private static final String EVALUATE = "evaluate";

  private static final Set<String> TRAINING = Set.of("train", "pretrain", "finetune", "retrain");

  /** The sections that decide which model unlearning makes. */
  private static final List<String> UNLEARNED =
      List.of("model", "corpus", "sample", "pretrain", "finetune", "unlearn", "train", "stop");

  /** The stage whose result a section decides. */
  private static final Map<String, Verb> STAGE =
      Map.of(
          "corpus", Verb.PREPARE,
          "sample", Verb.PREPARE,
          "pretrain", Verb.PRETRAIN,
          "finetune", Verb.FINETUNE,
          "retrain", Verb.RETRAIN,
          "model", Verb.UNLEARN,
          "unlearn", Verb.UNLEARN,
          "train", Verb.UNLEARN,
          "stop", Verb.UNLEARN);

  private final RunConfig config;
  private final RunFolder folder;

  public Provenance(RunConfig config, RunFolder folder) {
    this.config = config;
    this.folder = folder;
  }

  /**
   * Refuses to go on with a folder whose stages were made with other settings, unless they are run
   * again. A key that an older version did not have counts as having its present default; a renamed
   * key is compared by its present name.
   *
   * @throws InvalidSettings naming each setting that differs
   */
  public void check() {
    if (!folder.files().exists(folder.provenance())) {
      return;
    }
    JsonNode before = settingsBefore();
    List<String> problems = new ArrayList<>();
    List<String> sections =
        new ArrayList<>(
            List.of("model", "corpus", "sample", "pretrain", "unlearn", "train", "stop"));
    if (folder.files().exists(folder.finetuned())) {
      sections.add("finetune");
    }
    if (folder.files().exists(folder.retrained())) {
      sections.add("retrain");
    }
    if (config.overwrite()) {
      Set<Verb> begun = begun();
      sections.removeIf(section -> begun.contains(STAGE.get(section)));
    }
    JsonNode now = json(config.settings().json());
    JsonNode defaults = json(config.settings().defaultsJson());
    for (String section : sections) {
      compare(
          section,
          before.path(section),
          now.path(section),
          defaults.path(section),
          Set.of(),
          problems);
    }
    if (!problems.isEmpty()) {
      problems.add(
          0,
          folder.root()
              + " holds a run with other settings; name another run.dir, or run their stages again with overwrite=true");
      throw new InvalidSettings(problems);
    }
  }

  /**
   * Refuses to go on with a folder whose scores were made with other settings, where they cannot be
   * made again because the models are gone.
   *
   * @throws InvalidSettings naming each setting that differs
   */
  public void checkScores() {
    List<String> problems = new ArrayList<>();
    compare(
        EVALUATE,
        settingsBefore().path(EVALUATE),
        json(config.settings().json()).path(EVALUATE),
        json(config.settings().defaultsJson()).path(EVALUATE),
        Set.of(EVALUATE + ".device"),
        problems);
    if (!problems.isEmpty()) {
      problems.add(
          0,
          folder.root()
              + " was evaluated with other settings, and its models are deleted; take these settings back, or run everything again with overwrite=true");
      throw new InvalidSettings(problems);
    }
  }

  /** The stages that this invocation runs again, and those that are made from them. */
  private Set<Verb> begun() {
    Set<Verb> begun = EnumSet.noneOf(Verb.class);
    for (Verb stage : Verb.values()) {
      if (config.does(stage)) {
        begun.add(stage);
        begun.addAll(stage.madeFrom());
      }
    }
    return begun;
  }

  /**
   * The settings that decide which model unlearning makes and that differ from a record, a line
   * each.
   *
   * @param record settings as {@link Settings#json} wrote them
   * @param except keys that may differ
   */
  public static List<String> differences(String record, Settings now, Set<String> except) {
    List<String> differences = new ArrayList<>();
    JsonNode before = json(record);
    JsonNode after = json(now.json());
    JsonNode defaults = json(now.defaultsJson());
    for (String section : UNLEARNED) {
      compare(
          section,
          before.path(section),
          after.path(section),
          defaults.path(section),
          except,
          differences);
    }
    return differences;
  }

  private static void compare(
      String path,
      JsonNode before,
      JsonNode now,
      JsonNode standard,
      Set<String> except,
      List<String> problems) {
    if (except.contains(path)) {
      return;
    }
    if (before.isObject() && now.isObject()) {
      Set<String> names = new TreeSet<>();
      before.fieldNames().forEachRemaining(names::add);
      now.fieldNames().forEachRemaining(names::add);
      if (TRAINING.contains(path)) {
        names.removeAll(FREE);
      }
      names.forEach(
          name ->
              compare(
                  path + "." + name,
                  before.path(name),
                  now.path(name),
                  standard.path(name),
                  except,
                  problems));
    } else if (!before.equals(now)
        && !(empty(before) && empty(now))
        && !(before.isMissingNode() && now.equals(standard))) {
      problems.add("  " + path + " was " + said(before) + ", is " + said(now));
    }
  }

  private static String said(JsonNode node) {
    return node.isMissingNode() ? "not there" : node.toString();
  }

  private static boolean empty(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  /** Writes run.json; the notes of earlier stages stay in it. */
  public void write(SparkInUse spark, Clock clock) {
    ObjectNode record =
        folder.files().exists(folder.provenance()) && !config.overwrite()
            ? record()
            : Json.MAPPER.createObjectNode();
    Build build = Build.ofThisProgram();
    record.put("lethe", build.version());
    record.put("commit", build.commit());
    record.put("java", Runtime.version().toString());
    record.put("processor", Processor.ofThisHost());
    record.put("spark", spark.version());
    record.put("spark_encryption", spark.encryption());
    record.put("committer", spark.committer());
    record.put("driver", folder.files().driver());
    record.put("last_started", clock.instant().toString());
    record.set(SETTINGS, json(config.settings().json()));
    record.set(WITHOUT_METHOD, json(config.settings().withoutMethodJson()));
    folder.files().writeJson(folder.provenance(), record);
  }

  /**
   * Notes what a stage found out, for example the hash of its input.
   *
   * @return whether it was not noted before
   */
  public boolean note(Map<String, Object> findings) {
    ObjectNode before = record();
    ObjectNode after = before.deepCopy();
    new TreeMap<>(findings).forEach((key, value) -> after.set(key, Json.MAPPER.valueToTree(value)));
    if (after.equals(before)) {
      return false;
    }
    folder.files().writeJson(folder.provenance(), after);
    return true;
  }

  /**
   * Notes what the weights of a training stage depend on besides settings and inputs.
   *
   * @param environment of its workers: processor or GPU, threads, precision, libraries
   */
  public void noteEnvironment(String stage, String environment) {
    ObjectNode all =
        record().path(ENVIRONMENTS).deepCopy() instanceof ObjectNode before
            ? before
            : Json.MAPPER.createObjectNode();
    all.put(stage, environment);
    note(Map.of(ENVIRONMENTS, all));
  }

  private JsonNode settingsBefore() {
    String text = record().path(SETTINGS).toString();
    try {
      return json(Settings.respelled(text));
    } catch (InvalidSettings e) {
      throw damaged();
    }
  }

  private ObjectNode record() {
    try {
      JsonNode read = folder.files().readJson(folder.provenance());
      if (read instanceof ObjectNode record && record.path(SETTINGS).isObject()) {
        return record;
      }
      throw damaged();
    } catch (InvalidSettings e) {
      throw damaged();
    }
  }

  private InvalidSettings damaged() {
    return new InvalidSettings(
        "Cannot read the settings that the stages in %s were made with: %s is damaged; restore it, or delete it if they were made with these"
            .formatted(folder.root(), folder.provenance()));
  }

  private static JsonNode json(String text) {
    try {
      return Json.LENIENT.readTree(text);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read the settings as JSON", e);
    }
  }
}
