package lethe.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lethe.SmallRun;
import lethe.evaluate.QuestionSet;
import lethe.objective.UnlearnSettings.Reference;
import lethe.run.ContinualSettings.TaskRun;
import lethe.settings.Settings;
import lethe.target.Split;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContinualSettingsTest {
  private static final String TASKS =
      "continual.tasks=[{ name = one, where = \"id = 'a'\" }, { name = two, ids = \"two.txt\" }, { name = three, where = \"id = 'c'\" }]";

  @TempDir Path folder;

  private Settings settings(String... pairs) throws IOException {
    List<String> all = new ArrayList<>(List.of(TASKS));
    all.addAll(Arrays.asList(pairs));
    Path conf = folder.resolve("small.conf");
    return Settings.load(Files.exists(conf) ? conf : SmallRun.in(folder), all);
  }

  private static List<TaskRun> runs(Settings user) {
    ContinualSettings continual = ContinualSettings.read(user.root());
    continual.check(user);
    List<TaskRun> runs = continual.runs(user, "all", Verb.RUN);
    assertThat(user.problems()).isEmpty();
    return runs;
  }

  @Test
  void eachTaskBeginsWithTheModelBeforeItAndNoSplitKeepsWhatIsForgotten() throws IOException {
    List<TaskRun> runs =
        runs(
            settings(
                "corpus.splits.forget.documents=3",
                "corpus.splits.general={ where = \"true\", except = retain }",
                "report.require=[earlier, damage]"));
    assertThat(runs).extracting(TaskRun::name).containsExactly("one", "two", "three");
    RunConfig first = runs.get(0).config();
    RunConfig second = runs.get(1).config();
    RunConfig third = runs.get(2).config();
    assertThat(first.runDir()).isEqualTo("all/one");
    assertThat(first.unlearn().initialWeights()).isEmpty();
    assertThat(second.unlearn().initialWeights()).contains("all/one/model");
    assertThat(third.unlearn().initialWeights()).contains("all/two/model");
    assertThat(third.model()).isEqualTo(first.model());
    assertThat(third.unlearn().reference()).isEqualTo(Reference.START);

    assertThat(first.corpus().splits().rule(Split.FORGET).where().orElseThrow().sql())
        .isEqualTo("id = 'a'");
    assertThat(first.corpus().splits().rule(Split.EARLIER)).isNull();
    assertThat(first.corpus().splits().rule(Split.RETAIN).except()).containsOnly(Split.FORGET);
    assertThat(second.corpus().splits().rule(Split.FORGET).ids().orElseThrow().file())
        .isEqualTo("two.txt");
    assertThat(second.corpus().splits().rule(Split.EARLIER).requests().orElseThrow().file())
        .isEqualTo("all/two/earlier.jsonl");
    assertThat(second.corpus().splits().rule(Split.RETAIN).except())
        .containsOnly(Split.FORGET, Split.EARLIER);
    assertThat(second.corpus().splits().rule(Split.GENERAL).except())
        .containsOnly(Split.FORGET, Split.EARLIER, Split.RETAIN);
    assertThat(runs)
        .allSatisfy(
            run ->
                assertThat(run.config().corpus().splits().rule(Split.FORGET).capped())
                    .as("what holds for all")
                    .isTrue());

    assertThat(first.settings().root().section("report").strings("require"))
        .as("nothing is before it")
        .containsExactly("damage");
    assertThat(second.settings().root().section("report").strings("require"))
        .containsExactly("earlier", "damage");
    assertThat(
            runs(settings("report.require=earlier"))
                .get(0)
                .config()
                .settings()
                .root()
                .section("report")
                .has("require"))
        .isFalse();
  }

  @Test
  void theReferenceMayBeTheFirstModel() throws IOException {
    assertThat(runs(settings("continual.reference=original")))
        .extracting(run -> run.config().unlearn().reference())
        .containsOnly(Reference.ORIGINAL);
  }

  /** Sets with other names are asked after each task. */
  @Test
  void aSetOfQuestionsWithTheNameOfATaskIsAskedFromThatTaskOn() throws IOException {
    Settings user =
        settings(
            "evaluate.answers.questions=[{ name = three, path = q, use = forget }, { name = two, path = q, use = forget, where { task = [2, b] }, rows = 5 }, { name = kept, path = q, use = retain }]");
    List<TaskRun> runs = runs(user);
    assertThat(runs)
        .extracting(
            run ->
                run.config().evaluate().answers().questions().stream()
                    .map(QuestionSet::name)
                    .toList())
        .containsExactly(List.of("kept"), List.of("two", "kept"), List.of("three", "two", "kept"));
    assertThat(
            ContinualSettings.read(user.root())
                .runs(user, "all", Verb.VALIDATE)
                .get(0)
                .config()
                .evaluate()
                .answers()
                .questions())
        .as("whose files are looked at")
        .hasSize(3);
    assertThat(runs.get(1).config().evaluate().answers().questions().get(0))
        .isEqualTo(runs.get(2).config().evaluate().answers().questions().get(1));
  }

  /** They are in messages, and as conditions of corpus.splits in run.json anyway. */
  @Test
  void namesAndConditionsOfTasksAreNoSecrets() throws IOException {
    String said = "task 3 of 3: three, where id = 'c', two.txt";
    Settings user = settings();
    assertThat(user.secrets().masked(said)).isEqualTo(said);
    assertThat(user.json()).contains("\"three\"").contains("id = 'c'").contains("two.txt");
  }

  @Test
  void refusesWhatIsNoTask() throws IOException {
    assertThat(problems("continual.tasks=[]"))
        .containsExactly(
            "continual.tasks must name what to forget, one task after the other, as [{ name = first, where = \"task_id = '1'\" }]");
    assertThat(problems(tasks("{ name = a, where = \"true\" }, { name = a, where = \"false\" }")))
        .containsExactly("continual.tasks[1].name must not be that of an earlier task, was a");
    assertThat(problems(tasks("{ name = \"../a\", where = \"true\" }")))
        .containsExactly(
            "continual.tasks[0].name must be letters, digits, - and _, since it is the name of a folder, was ../a");
    assertThat(problems(tasks("{ name = report, where = \"true\" }")))
        .containsExactly(
            "continual.tasks[0].name must not be report, a folder beside those of tasks");
    assertThat(problems(tasks("{ name = a }")))
        .containsExactly(
            "continual.tasks[0].where or requests or ids must say which documents the task forgets");
    assertThat(problems(tasks("{ name = a, where = \"true\", documents = 3 }")))
        .containsExactly(
            "continual.tasks[0].documents is not a known key; known here: name, where, requests, ids");
    assertThat(problems("continual.reference=before"))
        .containsExactly("continual.reference must be one of original, start, was \"before\"");
    assertThat(problems("continual.keep-model=false"))
        .singleElement()
        .asString()
        .contains("continual.keep-model");
  }

  @Test
  void refusesWhatTheTasksDecide() throws IOException {
    assertThat(
            problems(
                "corpus.splits.earlier={ where = \"true\" }",
                "unlearn.reference=start",
                "pretrain.enabled=true",
                "dry-run=true",
                "train.lora={ rank = 2, write = adapter }"))
        .containsExactly(
            "corpus.splits.earlier must not be set for continual, which fills it with what the tasks before have forgotten",
            "unlearn.reference must not be set for continual: continual.reference says it",
            "pretrain.enabled must be false for continual, which begins with a model that is there",
            "dry-run must be false for continual, whose tasks need the documents of those before; validate checks a run file",
            "train.lora.write must be merged or both for continual: the next task begins with the model, not with an adapter");
  }

  private static String tasks(String list) {
    return "continual.tasks=[" + list + "]";
  }

  private List<String> problems(String... pairs) throws IOException {
    Settings user = settings(pairs);
    ContinualSettings.read(user.root()).check(user);
    return user.problems();
  }
}
