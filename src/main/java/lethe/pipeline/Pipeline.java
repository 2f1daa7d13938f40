package lethe.pipeline;

import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import lethe.check.Findings;
import lethe.check.Preflight;
import lethe.check.Validation;
import lethe.console.Console;
import lethe.console.EvaluateProgress;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.corpus.SourceTables;
import lethe.evaluate.AnswerQuestions;
import lethe.evaluate.CheckRobustness;
import lethe.evaluate.Evaluate;
import lethe.evaluate.ModelNames;
import lethe.evaluate.RelearnedModel;
import lethe.folder.Files;
import lethe.folder.Lease;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.checkpoint.HfFolder;
import lethe.model.network.Architecture;
import lethe.report.Compare;
import lethe.report.Report;
import lethe.report.ReportScores;
import lethe.run.Keep;
import lethe.run.Provenance;
import lethe.run.RunConfig;
import lethe.run.SubmitArguments;
import lethe.run.TemporaryFolder;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.settings.NotReady;
import lethe.settings.Printable;
import lethe.spark.RunningSpark;
import lethe.spark.SparkInUse;
import lethe.tracking.Tracking;
import lethe.train.Trainer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stages in order. They meet only in the run folder; one that is finished is not run again. */
public final class Pipeline {
  /** Tells operators what happened when; see conf/log4j2.properties. */
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

  private final boolean last;
  private final RunConfig config;
  private final Console console;
  private final Lease lease;
  private final RunFolder folder;
  private final RunModels models;
  private final StageCommits commits;
  private final StageInputs inputs;
  private final Provenance provenance;
  private final StageLineage lineage;
  private final StopSignal signal;

  /** The thread of a run, which {@link LeaseListener} wakes; guarded by this. */
  private Thread driving;

  /**
   * @param config whose settings have been checked
   */
  public Pipeline(RunConfig config, Console console) {
    this(config, console, true);
  }

  /** A run that others follow in the same Spark application, which it does not end. */
  public static Pipeline before(RunConfig config, Console console) {
    return new Pipeline(config, console, false);
  }

  private Pipeline(RunConfig config, Console console, boolean last) {
    this.last = last;
    this.config = config;
    this.console = console;
    Map<String, String> hadoop = Validation.hadoop(config);
    this.lease =
        new Lease(
            RunFolder.of(config.runDir(), Validation.configuration(hadoop)), new LeaseListener());
    this.folder = lease.folder();
    this.models = new RunModels(config, folder, hadoop);
    this.commits = new StageCommits(config, folder, models);
    this.inputs = new StageInputs(config, folder, models);
    this.provenance = new Provenance(config, folder);
    this.lineage = new StageLineage(config, folder, models, inputs, console, Clock.systemUTC());
    this.signal = new StopSignal(console, config.verb());
  }

  /**
   * Checks everything that can be checked, then runs what the verb asks for.
   *
   * @return why the verdict is not the one required
   */
  public Optional<String> run() {
    signal.register();
    String root = printable(folder.root().toString());
    LOG.info("{} of {} begun", config.verb().spelling(), root);
    try {
      Optional<String> unmet = checkAndRun();
      LOG.info("{} of {} ended", config.verb().spelling(), root);
      return unmet;
    } catch (InvalidSettings e) {
      LOG.error("{} refused: {}", config.verb().spelling(), printable(e.getMessage()));
      throw e;
    } catch (Exception e) { // Spark's are checked but not declared
      LOG.error("{} failed: {}", config.verb().spelling(), printable(e.getMessage()));
      throw e;
    } finally {
      signal.waitIfEnding();
    }
  }

  /** A message as a log may have it: one that quotes a file may have any characters. */
  private String printable(String message) {
    return Printable.lines(config.settings().secrets().masked(String.valueOf(message)));
  }

  private Optional<String> checkAndRun() {
    Validation validation =
        new Validation(
            config, new SparkConf(), Runtime.getRuntime().maxMemory(), Validation.Phase.DRIVING);
    Findings findings = validation.findings();
    findings.refuse();
    findings.warnings().forEach(console::say);
    if (!SubmitArguments.chosen(config, validation::size).isEmpty()) {
      console.say(
          "A small run: Java and Spark compile less than usual and start faster; your own spark.* settings win (docs/operations.md)");
    }
    if (config.verb() == Verb.PREFLIGHT || config.dryRun()) {
      findings.right().forEach(right -> console.say(config.verb().spelling() + ": " + right));
      TemporaryFolder.ofThisDriver().ifPresent(TemporaryFolder::sweep);
      return afterChecks(validation.architecture(), findings); // writes nothing
    }
    takeLease();
    drives(Thread.currentThread());
    try (lease) {
      TemporaryFolder.ofThisDriver().ifPresent(TemporaryFolder::sweep);
      return afterChecks(validation.architecture(), findings);
    } catch (Exception e) { // whatever the stages, and Spark undeclared, make of a lost lease
      if (lease.lost().isPresent()) {
        throw lease.lost().get();
      }
      throw e;
    } finally {
      drives(null);
      if (Thread.interrupted()) { // by wake, when nothing waited any more
        LOG.debug("the run had ended");
      }
    }
  }

  private synchronized void drives(Thread thread) {
    driving = thread;
  }

  /**
   * Ends the wait for a job that Spark took while it was stopped, and which nothing else would end.
   */
  private synchronized void wake() {
    if (driving != null && driving != Thread.currentThread()) {
      driving.interrupt();
    }
  }

  /** Takes the run folder's lease, which is the first file that a run writes. */
  private void takeLease() {
    try {
      lease.take();
    } catch (UncheckedIOException e) {
      throw new NotReady("run.dir must be a place that can be written: " + e.getMessage());
    }
  }

  /** Ends the run when another driver has taken the run folder over. */
  private final class LeaseListener implements Lease.Listener {
    @Override
    public void notice(String sentence) {
      LOG.warn("{}", Printable.line(sentence));
      console.say(sentence);
    }

    @Override
    public void lost(LeaseLostException why) {
      LOG.error("{}", Printable.line(why.getMessage()));
      signal.request().request();
      // Executors write to the run folder, too, and without Spark no work of theirs begins.
      RunningSpark.stop();
      wake();
    }
  }

  /**
   * @param architecture of the model that is trained; none for what reads no model
   * @param findings of the validation
   */
  private Optional<String> afterChecks(Optional<Architecture> architecture, Findings findings) {
    boolean writes = config.verb() != Verb.PREFLIGHT && !config.dryRun();
    if (config.verb() == Verb.REPORT) {
      return writes ? reportOrCompare() : dryRun();
    }
    if (writes && !commits.finished(Verb.PREPARE)) {
      config.sample().ifPresent(sample -> sample.write(folder.files(), console));
    }
    if (writes && allFinished()) {
      noteCorpus(findings); // in place of a driver that died between the stage's end and this
      commits.asked().forEach(this::skip);
      return report();
    }
    if (config.dryRun() && withoutDocuments()) {
      console.say("dry-run: the sample is not written yet, so its documents were not read");
      return dryRun();
    }
    requireIntermediateFiles();
    models.checkWeights();
    SparkSession spark = SparkSession.builder().appName("lethe " + config.verb()).getOrCreate();
    try {
      new Preflight(config, Optional.of(folder), new SparkConf(), Runtime.getRuntime().maxMemory())
          .executors(spark);
      reportTable(spark).ifPresent(ReportTable::check);
      if (config.verb() == Verb.PREFLIGHT) {
        console.say("preflight: " + described(inUse(spark)));
        console.say("preflight: all checks passed on " + spark.conf().get("spark.master"));
        return Optional.empty();
      }
      Prepare prepare = newPrepare(spark, architecture.get());
      if (config.dryRun()) {
        if (config.verb().does(Verb.PREPARE) && !commits.finished(Verb.PREPARE)) {
          prepare.preview().lines().forEach(console::say);
        }
        return dryRun();
      }
      stages(spark, prepare, findings);
      return report();
    } finally {
      stop(spark);
    }
  }

  private SparkInUse inUse(SparkSession spark) {
    return SparkInUse.of(spark, folder.root().toUri());
  }

  private static String described(SparkInUse spark) {
    return "Spark %s, committer of files: %s, encryption of Spark's messages: %s"
        .formatted(spark.version(), spark.committer(), spark.encryption());
  }

  /** Refuses stages whose input was deleted after an earlier report; prepare makes it again. */
  private void requireIntermediateFiles() {
    List<Verb> unfinished = commits.asked().stream().filter(s -> !commits.finished(s)).toList();
    if (!unfinished.isEmpty() && unfinished.get(0) != Verb.PREPARE) {
      new IntermediateFiles(folder).require(unfinished.get(0).spelling());
    }
  }

  private void stages(SparkSession spark, Prepare prepare, Findings findings) {
    boolean prepared = folder.files().exists(folder.corpusManifest());
    if (prepared && !(config.overwrite() && config.does(Verb.PREPARE))) {
      // Before run.json gets the new settings: unfinished stages may have output of other ones.
      commits.asked().stream().filter(stage -> !commits.finished(stage)).forEach(commits::takeAway);
      provenance.write(inUse(spark), Clock.systemUTC());
    } // otherwise prepare, which may still refuse the sources, writes first
    stage(Verb.PREPARE, () -> "chunks " + prepare(prepare, spark).chunksSha256());
    noteCorpus(findings);
    ModelTraining training = new ModelTraining(spark, config, folder, inputs, console, signal);
    stage(Verb.PRETRAIN, () -> pretrain(training).toString());
    stage(Verb.FINETUNE, () -> finetune(training).toString());
    stage(Verb.RETRAIN, () -> retrain(training).toString());
    stage(
        Verb.UNLEARN,
        () ->
            config.unlearn().method().trains()
                ? new Unlearn(training, models).execute().toString()
                : "model " + new TaskVector(training, models).execute());
    stage(Verb.EVALUATE, () -> evaluate(spark, training));
  }

  private void noteCorpus(Findings findings) {
    Files files = folder.files();
    if (files.exists(folder.corpusManifest()) && files.exists(folder.provenance())) {
      Manifest manifest = Manifest.read(folder);
      Map<String, Object> notes = new TreeMap<>();
      notes.put("chunks_sha256", manifest.chunksSha256());
      notes.put("model_warnings", findings.warnings());
      if (manifest.tables() != null) {
        notes.put("tables", manifest.tables());
      }
      provenance.note(notes);
    }
  }

  /** Whether there is no document yet, because a sample is written only when a run begins. */
  private boolean withoutDocuments() {
    return config.sample().isPresent()
        && !folder.files().exists(new Path(models.template().path(), HfFolder.CONFIG));
  }

  private Optional<String> dryRun() {
    console.say("dry-run: the settings, the models and the files are right; no stage was run");
    return Optional.empty();
  }

  private Optional<String> reportOrCompare() {
    if (config.report().compare().isEmpty()) {
      return report();
    }
    compare();
    return Optional.empty();
  }

  private Optional<String> report() {
    if (!config.verb().does(Verb.REPORT)) {
      return Optional.empty();
    }
    signal.begun(Verb.REPORT);
    Report.Result result =
        lineage.around(
            Verb.REPORT, () -> new Report(folder, config.report(), System.out).execute());
    console.say("Report: " + new Path(folder.report(), "index.html"));
    if (config.report().table().isPresent()) {
      append(result.scores());
    }
    new Tracking(
            config.track(),
            folder,
            Clock.systemUTC(),
            Optional.ofNullable(System.getenv("MLFLOW_TRACKING_TOKEN")),
            console::say)
        .show(config.settings().changed());
    if (config.keep() == Keep.MINIMAL && result.unmet().isEmpty()) {
      String deleted = new IntermediateFiles(folder).delete(Clock.systemUTC());
      if (!deleted.isEmpty() && provenance.note(Map.of("deleted", deleted))) {
        console.say(
            "run.keep=minimal: deleted %s, listed in %s".formatted(deleted, folder.deleted()));
      }
    }
    return result.unmet();
  }

  private Optional<ReportTable> reportTable(SparkSession spark) {
    return config
        .report()
        .table()
        .filter(name -> config.checks(Verb.REPORT))
        .map(name -> new ReportTable(spark, name));
  }

  /**
   * Appends the report's figures to a table, with the run's Spark or, after a report alone, one.
   */
  private void append(ReportScores scores) {
    SparkSession spark = SparkSession.builder().appName("lethe report").getOrCreate();
    try {
      String name = config.report().table().orElseThrow();
      long rows = new ReportTable(spark, name).append(scores, Clock.systemUTC());
      console.say(
          rows == 0
              ? "Report: %s has these scores already".formatted(name)
              : "Report: appended %d rows to %s".formatted(rows, name));
    } finally {
      stop(spark); // nothing of this run comes after a report
    }
  }

  private void stop(SparkSession spark) {
    if (last) {
      spark.stop();
    }
  }

  private void compare() {
    List<RunFolder> runs =
        config.report().compare().stream()
            .map(run -> new RunFolder(new Path(run), folder.files()))
            .toList();
    new Compare(folder, runs, config.report().compareBand(), System.out).execute();
    console.say("Comparison: " + new Path(folder.report(), "compare.html"));
  }

  /**
   * Whether Spark need not be started. A driver on a YARN cluster that never does counts as failed.
   */
  private boolean allFinished() {
    return !new SparkConf().get("spark.submit.deployMode", "client").equals("cluster")
        && commits.asked().stream().allMatch(commits::finished);
  }

  /** Takes over what a finished stage made. */
  private void skip(Verb stage) {
    if (stage.trains()) {
      inputs.check(stage);
    }
    LOG.info("stage {} skipped: finished before", stage.spelling());
    console.say(
        "%s: finished before (%s); overwrite=true runs it again"
            .formatted(stage.spelling(), commits.files().get(stage)));
    if (stage.trains()) { // what a driver left that died after it had written the model
      Trainer.discardCheckpoints(folder, stage.spelling());
    }
    if (stage == Verb.EVALUATE) {
      sayMissing();
    }
    signal.finished(stage);
  }

  /**
   * Runs a stage, unless it is finished or not asked for.
   *
   * @param work returns the outcome in a few words for the log
   */
  private void stage(Verb stage, Supplier<String> work) {
    if (!commits.asked().contains(stage)) {
      return;
    }
    if (commits.finished(stage)) {
      skip(stage);
      return;
    }
    commits.sources(stage).forEach(inputs::check);
    signal.begun(stage);
    LOG.info("stage {} begun", stage.spelling());
    long start = System.nanoTime();
    if (stage != Verb.PREPARE) { // which does so itself when nothing can be refused any more
      commits.begin(stage);
    }
    String outcome = lineage.around(stage, work);
    String time = Console.time((System.nanoTime() - start) / 1e9);
    LOG.info("stage {} ended after {}: {}", stage.spelling(), time, outcome);
    console.say(stage.spelling() + ": " + time);
    signal.finished(stage);
  }

  private Prepare newPrepare(SparkSession spark, Architecture network) {
    return new Prepare(
        spark,
        config.corpus(),
        folder,
        models.template().withoutAdapter().path(),
        network.context().tokens(),
        network.vocabulary(),
        config.overwrite() ? List.of() : SourceTables.interrupted(folder));
  }

  private Prepare.Result prepare(Prepare prepare, SparkSession spark) {
    console.say("prepare: reading, splitting and tokenizing");
    Prepare.Result result =
        prepare.execute(
            early -> console.say("prepare: " + early),
            () -> commits.begin(Verb.PREPARE),
            () -> provenance.write(inUse(spark), Clock.systemUTC()));
    result.summary().lines().forEach(console::say);
    return result;
  }

  private Descend.Result pretrain(ModelTraining training) {
    RunConfig.PretrainSettings settings = config.pretrain().orElseThrow();
    return new Descend(training, Descend.Inputs.pretrain(settings, models, folder)).execute();
  }

  private Descend.Result finetune(ModelTraining training) {
    return new Descend(training, Descend.Inputs.finetune(config.finetune(), models, folder))
        .execute();
  }

  private Descend.Result retrain(ModelTraining training) {
    return new Descend(training, Descend.Inputs.retrain(config.retrain(), models, folder))
        .execute();
  }

  /**
   * Says which of the models that are asked for on the way are not there, unless all were deleted.
   */
  private void sayMissing() {
    if (!folder.files().exists(folder.deleted())) {
      new ModelsAtSteps(config.evaluate().atSteps(), folder)
          .missing()
          .ifPresent(sentence -> console.say("evaluate: " + sentence));
    }
  }

  private String evaluate(SparkSession spark, ModelTraining training) {
    Map<String, ModelSource> evaluated = models.evaluated();
    console.say("evaluate: " + String.join(", ", evaluated.keySet()));
    sayMissing();
    Manifest manifest = Manifest.read(folder);
    Dataset<Row> chunks = manifest.chunks(spark, folder);
    new Evaluate(
            spark,
            config.evaluate(),
            folder,
            chunks,
            manifest.chunksSha256(),
            evaluated,
            new EvaluateProgress(console))
        .execute();
    if (config.evaluate().answers().any()) {
      new AnswerQuestions(
              spark, folder, commits.answers(config.evaluate()), new EvaluateProgress(console))
          .execute();
    }
    if (config.evaluate().robustness().any()) {
      List<RelearnedModel> relearned =
          new Relearn(
                  training,
                  config.finetune().train(),
                  config.evaluate().robustness().relearnSteps())
              .execute(manifest, chunks, evaluated);
      new CheckRobustness(
              spark,
              config.evaluate(),
              folder,
              chunks,
              manifest.beginningOfText(),
              commits.robustness(),
              ModelNames.withoutSteps(evaluated),
              relearned,
              new EvaluateProgress(console))
          .execute();
    }
    return "scores of " + String.join(", ", evaluated.keySet());
  }
}
