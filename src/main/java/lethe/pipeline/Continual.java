package lethe.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.check.Validation;
import lethe.console.Console;
import lethe.corpus.DocumentsInTwoSplits;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.ModelOrigin;
import lethe.pipeline.ForgottenTasks.Forgotten;
import lethe.report.Compare;
import lethe.run.ContinualSettings;
import lethe.run.ContinualSettings.TaskRun;
import lethe.run.Provenance;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import lethe.train.StoppedException;
import org.apache.hadoop.fs.Path;

/**
 * Tasks that a model forgets one after the other, each a run of its own that begins with the model
 * of the one before. What earlier tasks have forgotten is in the split {@code earlier} of each run:
 * no run keeps it, and each run scores it again, task by task.
 *
 * <p>The corpora of all tasks are prepared before the first is forgotten, so that a task which
 * selects nothing, or what another one has, costs no training. Killed at any moment, the same call
 * goes on: a task that is done is not run again, another one goes on in its folder.
 */
public final class Continual {
  private static final String START = "start";

  private final ContinualSettings settings;
  private final Console console;
  private final String folder;
  private final List<TaskRun> preparing;
  private final List<TaskRun> runs;

  /**
   * @param user the settings of the run file
   * @throws InvalidSettings when any of the runs could not be run
   */
  public Continual(Settings user, Console console) {
    this.console = console;
    this.settings = ContinualSettings.read(user.root());
    this.folder = user.root().section("run").string("dir");
    settings.check(user);
    user.check();
    this.preparing = settings.runs(user, folder, Verb.PREPARE);
    this.runs = settings.runs(user, folder, Verb.RUN);
    user.check(); // the runs' settings have the same list of problems
  }

  /** The first run, which has the Spark settings of all. */
  public RunConfig first() {
    return runs.get(0).config();
  }

  /**
   * Forgets what is not forgotten yet, and compares.
   *
   * @return which conditions of {@code report.require} are not met, a line each
   * @throws InvalidSettings when a task's settings are not those that it was done with, or its
   *     documents are none, or another task's
   * @throws StoppedException when it was asked to stop
   * @throws LeaseLostException when another driver has taken the folder over
   */
  public Optional<String> execute() {
    return new FolderOfRuns(folder, first(), this::say).under(all -> new Work(all).all());
  }

  private void say(String sentence) {
    console.say("continual: " + sentence);
  }

  /** What is done under the lease. */
  private final class Work {
    private final RunFolder all;
    private final List<TaskDocuments> documents;
    private ForgottenTasks done;

    Work(RunFolder all) {
      this.all = all;
      this.documents =
          runs.stream().map(run -> new TaskDocuments(run.name(), own(all, run))).toList();
      this.done = ForgottenTasks.read(all);
    }

    private static RunFolder own(RunFolder all, TaskRun run) {
      return FolderOfRuns.run(all, run.name());
    }

    private RunFolder own(int task) {
      return own(all, runs.get(task));
    }

    private String name(int task) {
      return runs.get(task).name();
    }

    Optional<String> all() {
      boolean anew = first().overwrite();
      for (int task = 0; task < runs.size(); task++) {
        int number = task;
        of(task, () -> new Provenance(runs.get(number).config(), own(number)).check());
      }
      if (anew) {
        ForgottenTasks.delete(all);
        done = ForgottenTasks.read(all);
      }
      deleteModels();
      for (int task = 0; task < runs.size(); task++) {
        prepare(task);
      }
      List<String> unmet = new ArrayList<>();
      for (int task = 0; task < runs.size(); task++) {
        String name = name(task);
        forget(task).ifPresent(why -> why.lines().forEach(l -> unmet.add(name + ": " + l)));
        deleteModels();
      }
      new Compare(
              all,
              runs.stream().map(run -> own(all, run)).toList(),
              first().report().compareBand(),
              System.out)
          .execute();
      console.say("Comparison: " + new Path(all.report(), "compare.html"));
      return unmet.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", unmet));
    }

    /** Makes the corpus of a task, unless it has one. */
    private void prepare(int task) {
      RunConfig config = preparing.get(task).config();
      TaskDocuments own = documents.get(task);
      List<TaskDocuments> before = documents.subList(0, task);
      if (config.overwrite()) {
        own.forget();
      }
      if (task > 0) {
        own.follow(before);
      }
      if (own.known()) {
        return;
      }
      say("task %d of %d: %s, its documents".formatted(task + 1, runs.size(), name(task)));
      try {
        of(task, () -> Pipeline.before(config, console).run());
      } catch (InvalidSettings e) {
        if (e.getCause() instanceof DocumentsInTwoSplits twice
            && twice.forgottenTwice().isPresent()) {
          throw own.claimedTwice(twice.forgottenTwice().get(), before, e);
        }
        throw e;
      }
      own.note();
      if (config.overwrite()) {
        RunConfig whole = runs.get(task).config();
        new StageCommits(
                whole, own(task), new RunModels(whole, own(task), Validation.hadoop(whole)))
            .begin(Verb.UNLEARN);
      }
    }

    /** Names the task that a problem is of. */
    private void of(int task, Runnable work) {
      try {
        work.run();
      } catch (InvalidSettings e) {
        List<String> problems = new ArrayList<>(e.problems());
        problems.set(0, "Task %s: %s".formatted(name(task), problems.get(0)));
        InvalidSettings named = new InvalidSettings(problems);
        named.initCause(e);
        throw named;
      }
    }

    /** Does a task, or the rest of it; one that is done and whose models are gone stays. */
    private Optional<String> forget(int task) {
      if (isClosed(task)) {
        RunConfig config = runs.get(task).config();
        of(task, () -> new Provenance(config, own(task)).checkScores());
        say(
            "task %d of %d: %s was forgotten before, and the model it began with or its own is deleted (continual.keep-models=false)"
                .formatted(task + 1, runs.size(), name(task)));
        return Pipeline.before(with(config, Verb.REPORT, "report.compare=[]"), console).run();
      }
      if (task > 0 && !hasModel(task - 1)) {
        throw new InvalidSettings(
            "Cannot forget task %s: it begins with the model of %s, which is deleted (continual.keep-models=false); run everything again with overwrite=true"
                .formatted(name(task), name(task - 1)));
      }
      say("task %d of %d: %s".formatted(task + 1, runs.size(), name(task)));
      Optional<String> unmet = Pipeline.before(prepared(task), console).run();
      ModelOrigin origin = ModelOrigin.read(own(task).model(), all.files()).orElseThrow();
      done =
          done.with(
              new Forgotten(name(task), origin.made().models().get(START), origin.fingerprint()),
              all);
      return unmet;
    }

    /** The settings of a task's run whose corpus is there. */
    private RunConfig prepared(int task) {
      RunConfig config = runs.get(task).config();
      return config.overwrite() ? with(config, Verb.RUN, "overwrite=false") : config;
    }

    private static RunConfig with(RunConfig config, Verb verb, String pair) {
      return RunConfig.parse(verb, config.settings().with(List.of(pair)));
    }

    /**
     * Whether a task is done and a model is gone that its run would read, so that the run itself
     * cannot say that it is finished.
     */
    private boolean isClosed(int task) {
      Optional<Forgotten> own = done.of(name(task));
      if (own.isEmpty()
          || !all.files().exists(new Path(own(task).report(), "report.json"))
          || (hasModel(task) && (task == 0 || hasModel(task - 1)))) {
        return false;
      }
      boolean follows =
          task == 0
              || done.of(name(task - 1))
                  .filter(before -> before.model().equals(own.get().start()))
                  .isPresent();
      return follows && (!hasModel(task) || own.get().model().equals(fingerprint(task)));
    }

    private String fingerprint(int task) {
      return ModelFingerprint.of(
          new ModelSource(own(task).model().toString(), Validation.hadoop(first())));
    }

    private boolean hasModel(int task) {
      return all.files().exists(commit(task));
    }

    private Path commit(int task) {
      return new Path(own(task).model(), HfFolder.CONFIG);
    }

    /** Deletes the models of tasks that the next one has followed. */
    private void deleteModels() {
      if (settings.keepModels()) {
        return;
      }
      for (int task = 0; task + 1 < runs.size(); task++) {
        Optional<Forgotten> own = done.of(name(task));
        boolean followed =
            own.isPresent()
                && done.of(name(task + 1))
                    .filter(next -> own.get().model().equals(next.start()))
                    .isPresent();
        if (followed && all.files().exists(own(task).model())) {
          all.files().delete(commit(task)); // first: without it the folder is no model
          all.files().delete(own(task).model());
          say("deleted the model of %s (continual.keep-models=false)".formatted(name(task)));
        }
      }
    }
  }
}
