package lethe.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.console.Console;
import lethe.evaluate.ModelNames;
import lethe.folder.Files;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.model.checkpoint.HfFolder;
import lethe.report.Compare;
import lethe.run.RunConfig;
import lethe.run.SweepSettings;
import lethe.run.SweepSettings.SweptRun;
import lethe.settings.InvalidSettings;
import lethe.settings.Printable;
import lethe.settings.Settings;
import lethe.train.StoppedException;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs of several methods and rates, one after the other, in folders of their own. The documents
 * are prepared once, and labels, the models that do not depend on the method, and the scores of
 * those models, are made once; a run checks what it is given as it does its own. A run that is
 * finished is not run again, so a sweep that was interrupted goes on where it was. One that fails
 * does not stop the others.
 */
public final class Sweep {
  private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

  /** Models that are the same in each run. */
  private static final List<String> SHARED_MODELS =
      List.of(ModelNames.ORIGINAL, ModelNames.RETRAINED, ModelNames.RETRAINED_AGAIN);

  private final Settings settings;
  private final SweepSettings sweep;
  private final Console console;
  private final String folder;
  private final List<SweptRun> runs;

  /**
   * @param settings of the run file; each run has them, but for its folder, its method and its rate
   * @throws InvalidSettings when any of the runs could not be run
   */
  public Sweep(Settings settings, Console console) {
    this.settings = settings;
    this.console = console;
    this.sweep = SweepSettings.read(settings.root());
    this.folder = settings.root().section("run").string("dir");
    settings.check();
    this.runs = sweep.runs(settings, folder);
    runs.forEach(run -> run.config().settings().check());
  }

  /** The first run, which has the Spark settings of all. */
  public RunConfig first() {
    return runs.get(0).config();
  }

  /**
   * Runs what is not finished, and compares.
   *
   * @throws IllegalStateException when no run has finished
   * @throws StoppedException when the sweep was asked to stop
   * @throws LeaseLostException when another driver has taken the sweep over
   */
  public void execute() {
    new FolderOfRuns(folder, first(), this::say)
        .under(
            into -> {
              all(into);
              return into;
            });
  }

  private void all(RunFolder into) {
    RunFolder start = FolderOfRuns.run(into, "start");
    Pipeline.before(sweep.prepare(settings, folder), console).run();
    List<RunFolder> finished = new ArrayList<>();
    List<SweptRun> done = new ArrayList<>();
    for (SweptRun run : runs) {
      RunFolder own = FolderOfRuns.run(into, run.name());
      say("run %d of %d: %s".formatted(runs.indexOf(run) + 1, runs.size(), run.name()));
      if (finishes(run, own, start)) {
        finished.add(own);
        done.add(run);
      }
    }
    if (finished.isEmpty()) {
      throw new IllegalStateException("No run of the sweep has finished; see above why");
    }
    recommend(compare(into, finished), done, finished);
  }

  /** Whether a run ends with a report, whatever its verdict. */
  private boolean finishes(SweptRun run, RunFolder own, RunFolder start) {
    try {
      begin(start, own);
      Optional<String> unmet = Pipeline.before(run.config(), console).run();
      unmet.ifPresent(this::say);
      share(own, start);
      return true;
    } catch (StoppedException | LeaseLostException e) {
      throw e;
    } catch (Exception e) { // Spark's are checked but not declared
      LOG.error("run {} failed", run.name(), e);
      say("%s failed and is left out: %s".formatted(run.name(), Printable.line(e.getMessage())));
      return false;
    }
  }

  private Optional<String> compare(RunFolder into, List<RunFolder> finished) {
    Optional<String> best =
        new Compare(into, finished, first().report().compareBand(), System.out).execute();
    console.say("Comparison: " + new Path(into.report(), "compare.html"));
    return best;
  }

  private void recommend(Optional<String> best, List<SweptRun> done, List<RunFolder> folders) {
    if (best.isEmpty()) {
      say(
          "no run reached its target; more train.steps, other rates or another method may (the page has each run's distance)");
      return;
    }
    int place = done.stream().map(SweptRun::name).toList().indexOf(best.get());
    RunConfig config = done.get(place).config();
    double rate =
        config.train().rangeTest().isPresent()
            ? RangeTest.rate(folders.get(place)).orElseThrow()
            : config.train().learningRate();
    say(
        "recommended, for it reached the target with the least damage: unlearn.method = \"%s\", train.learning-rate = %s"
            .formatted(config.unlearn().method().name(), SweepSettings.rate(rate)));
  }

  /** Gives a run what the others have made, unless it has it. */
  private static void begin(RunFolder start, RunFolder own) {
    Files files = own.files();
    copyModel(start.original(), own.original(), files);
    copyModel(start.retrained(), own.retrained(), files);
    copyTables(start, own);
    if (!files.exists(own.corpusManifest())) {
      replace(start.documents(), own.documents(), files);
      replace(start.rejects(), own.rejects(), files);
      replace(start.duplicates(), own.duplicates(), files);
      replace(start.requests(), own.requests(), files);
      replace(start.chunks(), own.chunks(), files);
      files.copy(start.corpusManifest(), own.corpusManifest()); // their commit
    }
  }

  /** Keeps what a run has made for those that follow. */
  private static void share(RunFolder own, RunFolder start) {
    copyModel(own.original(), start.original(), own.files());
    copyModel(own.retrained(), start.retrained(), own.files());
    copyTables(own, start);
  }

  private static void copyTables(RunFolder from, RunFolder to) {
    Files files = to.files();
    if (files.exists(from.labels())) {
      for (Path labels : files.folders(from.labels())) {
        copyTable(labels, new Path(to.labels(), labels.getName()), files);
      }
    }
    for (String model : SHARED_MODELS) {
      copyTable(from.scores(model), to.scores(model), files);
      copyTable(from.divergences(model), to.divergences(model), files);
    }
  }

  /** Whoever reads a table compares its parts with their hashes. */
  private static void copyTable(Path from, Path to, Files files) {
    if (files.exists(from) && !files.exists(to)) {
      files.copy(from, to);
    }
  }

  /** A model is there when its config.json is, which therefore comes last. */
  private static void copyModel(Path from, Path to, Files files) {
    Path commit = new Path(to, HfFolder.CONFIG);
    if (files.exists(new Path(from, HfFolder.CONFIG)) && !files.exists(commit)) {
      files.delete(to);
      for (Path file : files.list(from)) {
        if (!file.getName().equals(HfFolder.CONFIG)) {
          files.copy(file, new Path(to, file.getName()));
        }
      }
      files.copy(new Path(from, HfFolder.CONFIG), commit);
    }
  }

  private static void replace(Path from, Path to, Files files) {
    files.delete(to);
    if (files.exists(from)) {
      files.copy(from, to);
    }
  }

  private void say(String sentence) {
    console.say("sweep: " + sentence);
  }
}
