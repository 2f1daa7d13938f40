package lethe.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lethe.evaluate.EvaluateSettings;
import lethe.evaluate.QuestionSet;
import lethe.json.Json;
import lethe.objective.UnlearnSettings.Reference;
import lethe.settings.Section;
import lethe.settings.Settings;
import lethe.target.Split;

/**
 * Tasks that a model forgets one after the other, each a run that begins with the model of the one
 * before.
 *
 * @param tasks in order
 * @param reference the model that terms compare with
 * @param keepModels whether the models of all tasks stay, or that of the last alone
 */
public record ContinualSettings(List<Task> tasks, Reference reference, boolean keepModels) {
  /** The block of the settings. */
  private static final String BLOCK = "continual";

  /** What a condition of a task may be, as in {@code corpus.splits.forget}. */
  private static final List<String> CONDITIONS = List.of("where", "requests", "ids");

  /** A name that is a folder's and a set of questions', too. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,99}");

  /** What else is in the folder of the tasks. */
  private static final Set<String> TAKEN = Set.of("report", "spark-local");

  /**
   * A task.
   *
   * @param name of its run's folder in that of all
   * @param conditions on the documents to forget, by key
   */
  public record Task(String name, Map<String, String> conditions) {}

  /**
   * The run of a task.
   *
   * @param name of the task
   * @param config of the whole run
   */
  public record TaskRun(String name, RunConfig config) {}

  /** Whether a run file has tasks. */
  public static boolean asked(Section root) {
    return root.section(BLOCK).has("tasks") && !root.section(BLOCK).list("tasks").isEmpty();
  }

  /** Reads {@code continual}. */
  public static ContinualSettings read(Section root) {
    Section continual = root.section(BLOCK);
    List<Task> tasks = new ArrayList<>();
    for (Section section : continual.list("tasks")) {
      tasks.add(task(section, tasks));
    }
    if (tasks.isEmpty()) {
      continual.problem(
          "tasks",
          "must name what to forget, one task after the other, as [{ name = first, where = \"task_id = '1'\" }]");
    }
    return new ContinualSettings(
        tasks, continual.choice("reference", Reference.class), continual.bool("keep-models"));
  }

  private static Task task(Section section, List<Task> before) {
    List<String> known = new ArrayList<>(List.of("name"));
    known.addAll(CONDITIONS);
    section.allowOnly(known.toArray(String[]::new));
    String name = section.string("name");
    if (!NAME.matcher(name).matches()) {
      section.problem(
          "name",
          "must be letters, digits, - and _, since it is the name of a folder, was " + name);
    } else if (TAKEN.contains(name)) {
      section.problem("name", "must not be %s, a folder beside those of tasks".formatted(name));
    }
    if (before.stream().anyMatch(other -> other.name().equals(name))) {
      section.problem("name", "must not be that of an earlier task, was " + name);
    }
    Map<String, String> conditions = new LinkedHashMap<>();
    for (String key : CONDITIONS) {
      section.optionalText(key).ifPresent(condition -> conditions.put(key, condition));
    }
    if (conditions.isEmpty()) {
      section.problem("where", "or requests or ids must say which documents the task forgets");
    }
    return new Task(name, conditions);
  }

  /** Records what a run file with tasks must not have. */
  public void check(Settings user) {
    Section root = user.root();
    Section splits = root.section("corpus").section("splits");
    if (splits.has(Split.EARLIER.key())) {
      splits.problem(
          Split.EARLIER.key(),
          "must not be set for continual, which fills it with what the tasks before have forgotten");
    }
    if (!user.isDefault("unlearn.reference")) {
      root.section("unlearn")
          .problem("reference", "must not be set for continual: continual.reference says it");
    }
    if (root.section("pretrain").bool("enabled")) {
      root.section("pretrain")
          .problem(
              "enabled", "must be false for continual, which begins with a model that is there");
    }
    if (root.bool("dry-run")) {
      root.problem(
          "dry-run",
          "must be false for continual, whose tasks need the documents of those before; validate checks a run file");
    }
    Section lora = root.section("train").section("lora");
    if (lora.isWord("write", "adapter")) {
      lora.problem(
          "write",
          "must be merged or both for continual: the next task begins with the model, not with an adapter");
    }
  }

  /**
   * The runs, in order.
   *
   * @param user the run file's settings
   * @param folder of all tasks
   * @param verb what is done in each
   */
  public List<TaskRun> runs(Settings user, String folder, Verb verb) {
    List<TaskRun> runs = new ArrayList<>();
    for (int i = 0; i < tasks.size(); i++) {
      List<String> pairs = new ArrayList<>(pairs(i, user, folder));
      if (!verb.looks()) { // which looks at the files of all sets
        questions(i, user).ifPresent(pairs::add);
      }
      runs.add(new TaskRun(tasks.get(i).name(), RunConfig.parse(verb, user.with(pairs))));
    }
    return runs;
  }

  private List<String> pairs(int number, Settings user, String folder) {
    Task task = tasks.get(number);
    boolean earlier = number > 0;
    String own = folder + "/" + task.name();
    List<String> pairs = new ArrayList<>(new KeptSplits(user).pairs(earlier));
    pairs.add("run.dir=" + Json.text(own));
    task.conditions()
        .forEach((key, value) -> pairs.add("corpus.splits.forget." + key + "=" + Json.text(value)));
    pairs.add("unlearn.reference=" + Section.spelling(reference));
    if (earlier) {
      pairs.add("corpus.splits.earlier.requests=" + Json.text(own + "/earlier.jsonl"));
      pairs.add(
          "unlearn.initial-weights="
              + Json.text(folder + "/" + tasks.get(number - 1).name() + "/model"));
    } else {
      withoutEarlier(user).ifPresent(pairs::add);
    }
    return pairs;
  }

  /** The first task has nothing before it, so the condition on that would never be met. */
  private static Optional<String> withoutEarlier(Settings user) {
    Section report = user.root().section("report");
    if (!report.has("require")) {
      return Optional.empty();
    }
    List<String> all = report.strings("require");
    if (!all.contains(Split.EARLIER.key())) {
      return Optional.empty();
    }
    List<String> rest = all.stream().filter(name -> !name.equals(Split.EARLIER.key())).toList();
    return Optional.of("report.require=" + (rest.isEmpty() ? "null" : Json.text(rest)));
  }

  /** A set of questions that has the name of a task is asked from that task on. */
  private Optional<String> questions(int number, Settings user) {
    Set<String> later =
        tasks.subList(number + 1, tasks.size()).stream()
            .map(Task::name)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    List<QuestionSet> sets = EvaluateSettings.read(user.root()).answers().questions();
    if (sets.stream().noneMatch(set -> later.contains(set.name()))) {
      return Optional.empty();
    }
    List<Map<String, Object>> asked =
        sets.stream()
            .filter(set -> !later.contains(set.name()))
            .map(ContinualSettings::written)
            .toList();
    return Optional.of("evaluate.answers.questions=" + Json.text(asked));
  }

  /** A set as a run file has it. */
  private static Map<String, Object> written(QuestionSet set) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", set.name());
    all.put("path", set.path());
    all.put("use", Section.spelling(set.use()));
    if (!set.where().isEmpty()) {
      all.put("where", set.where());
    }
    if (set.rows() != null) {
      all.put("rows", set.rows());
    }
    return all;
  }
}
