package lethe.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.check.Validation;
import lethe.console.Console;
import lethe.evaluate.ModelNames;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.report.Compare;
import lethe.run.RunConfig;
import lethe.run.SweepSettings;
import lethe.run.SweepSettings.SweptRun;
import lethe.settings.InvalidSettings;
import lethe.settings.Printable;
import lethe.settings.Settings;
import lethe.train.StoppedException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs of several methods and rates, one after the other, in folders of their own. The documents
 * are prepared once, and labels, the original model's scores, and the models that do not depend on
 * the method, are made once; a run checks what it is given as it does its own. A run that is
 * finished is not run again, so a sweep that was interrupted goes on where it was. One that fails
 * does not stop the others.
 */
public final class Sweep {
  private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

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
   */
  public void execute() {
    RunFolder into = RunFolder.of(folder, Validation.configuration(Validation.hadoop(first())));
    RunFolder start = beside(into, "start");
    try {
      Pipeline.before(sweep.prepare(settings, folder), console).run();
      List<RunFolder> finished = new ArrayList<>();
      List<SweptRun> done = new ArrayList<>();
      for (SweptRun run : runs) {
        RunFolder own = beside(into, run.name());
        say("run %d of %d: %s".formatted(runs.indexOf(run) + 1, runs.size(), run.name()));
        begin(start, own);
        if (finishes(run)) {
          share(own, start);
          finished.add(own);
          done.add(run);
        }
      }
      if (finished.isEmpty()) {
        throw new IllegalStateException("No run of the sweep has finished; see above why");
      }
      recommend(compare(into, finished), done);
    } finally {
      SparkSession.getActiveSession().foreach(Sweep::stop);
    }
  }

  private static Object stop(SparkSession spark) {
    spark.stop();
    return null;
  }

  /** Whether a run ends with a report, whatever its verdict. */
  private boolean finishes(SweptRun run) {
    try {
      Optional<String> unmet = Pipeline.before(run.config(), console).run();
      unmet.ifPresent(this::say);
      return true;
    } catch (StoppedException e) {
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

  private void recommend(Optional<String> best, List<SweptRun> done) {
    if (best.isEmpty()) {
      say(
          "no run reached its target; more train.steps, other rates or another method may (the page has each run's distance)");
      return;
    }
    RunConfig config =
        done.stream()
            .filter(run -> run.name().equals(best.get()))
            .findFirst()
            .orElseThrow()
            .config();
    say(
        "recommended, for it reached the target with the least damage: unlearn.method = \"%s\", train.learning-rate = %s"
            .formatted(
                config.unlearn().method().name(),
                SweepSettings.rate(config.train().learningRate())));
  }

  /** Gives a run what the others have made, unless it has begun. */
  private static void begin(RunFolder start, RunFolder own) {
    if (!own.files().exists(own.corpusManifest())) {
      copy(start.original(), own.original(), own.files());
      copy(start.retrained(), own.retrained(), own.files());
      copy(start.labels(), own.labels(), own.files());
      copy(start.scores(ModelNames.ORIGINAL), own.scores(ModelNames.ORIGINAL), own.files());
      copy(start.documents(), own.documents(), own.files());
      copy(start.rejects(), own.rejects(), own.files());
      copy(start.duplicates(), own.duplicates(), own.files());
      copy(start.requests(), own.requests(), own.files());
      copy(start.chunks(), own.chunks(), own.files());
      copy(start.corpusManifest(), own.corpusManifest(), own.files()); // their commit
    }
  }

  /** Keeps what a run has made for those that follow; each table has its own hashes. */
  private static void share(RunFolder own, RunFolder start) {
    Files files = start.files();
    if (files.exists(own.labels())) {
      for (Path labels : files.folders(own.labels())) {
        copy(labels, new Path(start.labels(), labels.getName()), files);
      }
    }
    copy(own.scores(ModelNames.ORIGINAL), start.scores(ModelNames.ORIGINAL), files);
    copy(own.original(), start.original(), files);
    copy(own.retrained(), start.retrained(), files);
  }

  private static void copy(Path from, Path to, Files files) {
    if (files.exists(from) && !files.exists(to)) {
      files.copy(from, to);
    }
  }

  private static RunFolder beside(RunFolder into, String name) {
    return new RunFolder(new Path(into.root(), name), into.files());
  }

  private void say(String sentence) {
    console.say("sweep: " + sentence);
  }
}
