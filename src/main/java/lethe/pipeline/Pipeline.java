package lethe.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import lethe.check.Findings;
import lethe.check.Preflight;
import lethe.check.Validation;
import lethe.console.Console;
import lethe.console.EvaluateProgress;
import lethe.console.TrainProgress;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.corpus.token.Chunks;
import lethe.corpus.token.EndOfText;
import lethe.corpus.token.QuestionEncoder;
import lethe.evaluate.Evaluate;
import lethe.evaluate.Evaluation;
import lethe.evaluate.RetrainedDistance;
import lethe.examples.ChunkPadding;
import lethe.examples.Examples;
import lethe.examples.ProbePlan;
import lethe.examples.ProbeSelection;
import lethe.examples.RejectionSentences;
import lethe.folder.Lease;
import lethe.folder.RunFolder;
import lethe.model.InitialWeights;
import lethe.model.ModelSource;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Architecture;
import lethe.model.network.Vocabulary;
import lethe.objective.Descent;
import lethe.objective.FrozenModel;
import lethe.objective.Role;
import lethe.objective.UnlearnSettings.Reference;
import lethe.objective.ViewKind;
import lethe.report.Compare;
import lethe.report.Report;
import lethe.run.Provenance;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.train.Coverage;
import lethe.train.StopRequest;
import lethe.train.TrainSettings;
import lethe.train.Trainer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SignalUtils;

/** The stages in order. They meet only in the run folder; one that is finished is not run again. */
public final class Pipeline {
  private final RunConfig job;
  private final Console console;
  private final Map<String, String> hadoop;
  private final RunFolder folder;
  private final Provenance provenance;
  private final StopRequest stop = new StopRequest();
  private volatile boolean training;

  /**
   * @param job whose settings have been checked
   */
  public Pipeline(RunConfig job, Console console) {
    this.job = job;
    this.console = console;
    this.hadoop = Validation.hadoop(job);
    this.folder = RunFolder.of(job.runDir(), Validation.configuration(hadoop));
    this.provenance = new Provenance(job, folder);
  }

  /**
   * Checks everything that can be checked, then runs what the verb asks for.
   *
   * @return why the verdict is not the one required
   */
  public Optional<String> run() {
    SignalUtils.register("TERM", this::onSigterm);
    Validation validation =
        new Validation(
            job, new SparkConf(), Runtime.getRuntime().maxMemory(), Validation.Phase.DRIVING);
    Findings findings = validation.look();
    findings.check();
    findings.warnings().forEach(console::say);
    if (job.verb() == Verb.PREFLIGHT || job.dryRun()) {
      findings.right().forEach(right -> console.say(job.verb().spelling() + ": " + right));
      return runAlone(validation.architecture(), findings); // writes nothing
    }
    Lease lease = lease();
    try {
      return runAlone(validation.architecture(), findings);
    } finally {
      lease.close();
    }
  }

  /** The first thing that is written. */
  private Lease lease() {
    try {
      return Lease.take(folder, Clock.systemUTC());
    } catch (UncheckedIOException e) {
      throw new InvalidSettings(
          List.of("run.dir must be a place that can be written: " + e.getMessage()));
    }
  }

  /**
   * @param architecture of the model that is trained; none for what reads no model
   * @param findings of the validation
   */
  private Optional<String> runAlone(Optional<Architecture> architecture, Findings findings) {
    boolean writes = job.verb() != Verb.PREFLIGHT && !job.dryRun();
    if (job.verb() == Verb.REPORT) {
      return writes ? reported() : dryRun();
    }
    if (writes && !finished(Verb.PREPARE)) {
      job.sample().ifPresent(sample -> sample.write(folder.files(), console));
    }
    if (writes && allFinished()) {
      stages().forEach(this::reportSkipped);
      return report();
    }
    if (job.dryRun() && withoutDocuments()) {
      console.say("dry-run: the sample is not written yet, so its documents were not read");
      return dryRun();
    }
    checkWeights();
    SparkSession spark = SparkSession.builder().appName("lethe " + job.verb()).getOrCreate();
    try {
      new Preflight(job, Optional.of(folder), new SparkConf(), Runtime.getRuntime().maxMemory())
          .executors(spark);
      if (job.verb() == Verb.PREFLIGHT) {
        console.say("preflight: nothing stands in the way of " + spark.conf().get("spark.master"));
        return Optional.empty();
      }
      Architecture network = architecture.get();
      Prepare prepare =
          new Prepare(
              spark,
              job.corpus(),
              folder,
              configModel().path(),
              network.context().tokens(),
              network.vocabulary());
      if (job.dryRun()) {
        if (job.verb().does(Verb.PREPARE) && !finished(Verb.PREPARE)) {
          prepare.preview().lines().forEach(console::say);
        }
        return dryRun();
      }
      boolean prepared = folder.files().exists(folder.corpusManifest());
      if (prepared && !(job.overwrite() && job.does(Verb.PREPARE))) {
        // Before run.json says how they are made: what is there now was made otherwise.
        stages().stream().filter(stage -> !finished(stage)).forEach(this::takeAway);
        provenance.write(spark.version(), Clock.systemUTC());
      } // otherwise prepare, which may still refuse the sources, writes first
      stage(Verb.PREPARE, () -> prepare(spark, prepare));
      if (folder.files().exists(folder.corpusManifest())) {
        provenance.note("chunks_sha256", Manifest.read(folder).chunksSha256());
        provenance.note("model_warnings", findings.warnings());
      }
      stage(Verb.PRETRAIN, () -> pretrain(spark));
      stage(Verb.FINETUNE, () -> finetune(spark));
      stage(Verb.RETRAIN, () -> retrain(spark));
      stage(Verb.UNLEARN, () -> unlearn(spark));
      stage(Verb.EVALUATE, () -> evaluate(spark));
      return report();
    } finally {
      spark.stop();
    }
  }

  /** Whether there is no document yet: a sample is written when a run begins. */
  private boolean withoutDocuments() {
    return job.sample().isPresent()
        && !folder.files().exists(new Path(configModel().path(), "config.json"));
  }

  private Optional<String> dryRun() {
    console.say("dry-run: the settings, the models and the files are right; no stage was run");
    return Optional.empty();
  }

  private Optional<String> reported() {
    if (job.report().compare().isEmpty()) {
      return report();
    }
    compare();
    return Optional.empty();
  }

  private Optional<String> report() {
    if (!job.verb().does(Verb.REPORT)) {
      return Optional.empty();
    }
    Report.Result result = new Report(folder, job.report(), System.out).execute();
    console.say("Report: " + new Path(folder.report(), "index.html"));
    return result.unmet();
  }

  /** The stages asked for but the report, which is always made anew. */
  private List<Verb> stages() {
    return commits().keySet().stream()
        .filter(stage -> job.does(stage))
        .filter(stage -> stage != Verb.PRETRAIN || job.pretrain().isPresent())
        .toList();
  }

  /**
   * Whether Spark need not be started. A driver on a YARN cluster that never does counts as failed.
   */
  private boolean allFinished() {
    return !new SparkConf().get("spark.submit.deployMode", "client").equals("cluster")
        && stages().stream().allMatch(this::finished);
  }

  private void reportSkipped(Verb stage) {
    console.say(
        "%s: finished before (%s); overwrite=true runs it again"
            .formatted(stage.spelling(), commits().get(stage)));
  }

  /** The file whose presence says that a stage is finished, by stage in order. */
  private Map<Verb, Path> commits() {
    Map<Verb, Path> commits = new LinkedHashMap<>();
    commits.put(Verb.PREPARE, folder.corpusManifest());
    commits.put(Verb.PRETRAIN, new Path(folder.original(), "config.json"));
    commits.put(Verb.FINETUNE, new Path(folder.finetuned(), "config.json"));
    commits.put(Verb.RETRAIN, new Path(folder.retrained(), "config.json"));
    commits.put(Verb.UNLEARN, new Path(folder.model(), "config.json"));
    commits.put(Verb.EVALUATE, folder.evaluation());
    return commits;
  }

  private boolean finished(Verb stage) {
    return folder.files().exists(commits().get(stage))
        && !job.overwrite()
        && (stage != Verb.EVALUATE || asked().answered(folder));
  }

  private Evaluation.Asked asked() {
    return Evaluation.Asked.of(
        job.evaluate(), evaluated(), Manifest.read(folder).chunksSha256(), folder.files());
  }

  /** Training ends cleanly; any other stage has nothing to lose and is ended at once. */
  private Object onSigterm() {
    if (training && !stop.requested()) {
      console.say("Asked to stop: finishing the step and writing a checkpoint");
      stop.request();
      return true;
    }
    return false;
  }

  private void compare() {
    List<RunFolder> runs =
        job.report().compare().stream()
            .map(run -> new RunFolder(new Path(run), folder.files()))
            .toList();
    new Compare(folder, runs, job.report().band(), System.out).execute();
    console.say("Comparison: " + new Path(folder.report(), "compare.html"));
  }

  private void stage(Verb stage, Runnable work) {
    if (!stages().contains(stage)) {
      return;
    }
    if (finished(stage)) {
      reportSkipped(stage);
      return;
    }
    long start = System.nanoTime();
    if (stage != Verb.PREPARE) { // which does so itself when nothing can be refused any more
      begin(stage);
    }
    work.run();
    console.say(stage.spelling() + ": " + Console.time((System.nanoTime() - start) / 1e9));
  }

  /**
   * Takes away what says that a stage is finished, and that those are which were made from it: a
   * driver killed later must not find an old model and take it for the new one.
   */
  private void takeAway(Verb stage) {
    List<Verb> made = new ArrayList<>(commits().keySet());
    Collections.reverse(made); // so that nothing ever rests on what is gone
    made.stream()
        .filter(other -> other == stage || stage.madeFrom().contains(other))
        .forEach(other -> folder.files().delete(commits().get(other)));
  }

  /**
   * The first thing that a stage does; with overwrite=true it does not go on from earlier steps.
   */
  private void begin(Verb stage) {
    takeAway(stage);
    if (stage == Verb.UNLEARN) {
      folder.files().delete(folder.coverage());
    }
    if (job.overwrite() && stage.trains()) {
      Trainer.discard(folder, stage.spelling());
    }
  }

  /** Reads every weight once: validation has believed the headers. */
  private void checkWeights() {
    List<String> read = new ArrayList<>();
    if (job.pretrain().isEmpty()) {
      read.add(job.model());
    }
    if (job.does(Verb.UNLEARN)) {
      job.unlearn().start().ifPresent(read::add);
      job.unlearn().reinforced().ifPresent(read::add);
    }
    if (job.does(Verb.FINETUNE)) {
      job.finetune().start().ifPresent(read::add);
    }
    if (job.does(Verb.RETRAIN)) {
      job.retrain().start().ifPresent(read::add);
    }
    if (job.does(Verb.EVALUATE)) {
      read.addAll(job.evaluate().models().values());
    }
    Set<Path> made = Validation.made(job, folder); // which need not be there yet
    read.stream()
        .distinct()
        .map(this::source)
        .filter(source -> !made.contains(new Path(source.path())))
        .forEach(ModelSource::check);
  }

  /** The folder whose config.json and tokenizer the run uses before there are weights. */
  private ModelSource configModel() {
    return source(job.pretrain().map(RunConfig.Pretrain::model).orElse(job.model()));
  }

  private ModelSource original() {
    return job.pretrain().isPresent() ? source(folder.original().toString()) : source(job.model());
  }

  /** The model whose weights unlearning begins with. */
  private ModelSource start() {
    return job.unlearn().start().map(this::source).orElseGet(this::original);
  }

  /** The models that terms may name. */
  private Map<FrozenModel, ModelSource> frozen() {
    Map<FrozenModel, ModelSource> frozen = new EnumMap<>(FrozenModel.class);
    boolean first = job.unlearn().reference() == Reference.ORIGINAL;
    frozen.put(FrozenModel.REFERENCE, first ? original() : start());
    job.unlearn().reinforced().ifPresent(p -> frozen.put(FrozenModel.REINFORCED, source(p)));
    return frozen;
  }

  private ModelSource source(String path) {
    return new ModelSource(folder.files().qualified(new Path(path)).toString(), hadoop);
  }

  private void prepare(SparkSession spark, Prepare prepare) {
    console.say("prepare: reading, splitting and tokenizing");
    Prepare.Result result =
        prepare.execute(early -> console.say("prepare: " + early), () -> takeAway(Verb.PREPARE));
    provenance.write(spark.version(), Clock.systemUTC());
    result.evidence().lines().forEach(console::say);
  }

  private void pretrain(SparkSession spark) {
    RunConfig.Pretrain how = job.pretrain().orElseThrow();
    descend(
        spark, "pretrain", configModel(), how.splits(), how.train(), random(), folder.original());
  }

  private void finetune(SparkSession spark) {
    RunConfig.Descend how = job.finetune();
    ModelSource model = how.start().map(this::source).orElseGet(this::original);
    TensorSource start = model.weights();
    descend(spark, "finetune", model, how.splits(), how.train(), start, folder.finetuned());
  }

  private void retrain(SparkSession spark) {
    RunConfig.Descend how = job.retrain();
    ModelSource model = how.start().map(this::source).orElseGet(this::configModel);
    TensorSource start = how.start().isPresent() ? model.weights() : random();
    descend(spark, "retrain", model, how.splits(), how.train(), start, folder.retrained());
  }

  /** The weights that pre-training begins with. */
  private TensorSource random() {
    return new InitialWeights(configModel().architecture(), 0.02, job.train().seed());
  }

  /** Plain descent on the chunks of some splits together. */
  private void descend(
      SparkSession spark,
      String name,
      ModelSource model,
      List<String> splits,
      TrainSettings how,
      TensorSource start,
      Path target) {
    Dataset<Row> members =
        Chunks.read(spark, folder)
            .filter(col("split").isin(splits.toArray()))
            .withColumn("split", lit("train"));
    List<Role> roles = List.of(new Role("train", new Descent(), 1));
    Map<String, Object> inputs =
        Map.of("the chunks", Manifest.read(folder).chunksSha256(), name + ".splits", splits);
    Trainer.TrainingTask task = new Trainer.TrainingTask(name, model, Map.of(), roles, inputs);
    train(spark, task, how, Examples.text(members), start, target, Optional.empty());
  }

  private void unlearn(SparkSession spark) {
    ModelSource original = original();
    List<Role> roles = job.unlearn().roles();
    Examples examples = examples(spark);
    Trainer.TrainingTask task =
        new Trainer.TrainingTask(
            "unlearn", original, frozen(), roles, examples.identity(roles, frozen()));
    train(
        spark,
        task,
        job.train(),
        examples.execute(Chunks.read(spark, folder), roles),
        start().weights(),
        folder.model(),
        probes(spark, original));
  }

  /** What steers the unlearning, if anything does. */
  private Optional<ProbePlan> probes(SparkSession spark, ModelSource original) {
    folder.files().delete(folder.stop());
    if (!job.stop().atTarget()) {
      return Optional.empty();
    }
    ProbePlan probes =
        new ProbeSelection(
                spark,
                folder,
                job.stop(),
                original,
                job.train().seed(),
                job.train().shards(),
                job.train().microBatch(),
                job.train().compute())
            .execute(Chunks.read(spark, folder), Manifest.read(folder).chunksSha256());
    console.say("unlearn: ends where, on the steering half, " + probes.aim());
    return Optional.of(probes);
  }

  /** The sentences that refuse an answer, as the corpus writes answers. */
  private RejectionSentences rejections(HfFolder model) {
    if (!job.needs(ViewKind.REJECTION)) {
      return RejectionSentences.NONE;
    }
    List<String> sentences =
        job.unlearn()
            .rejections()
            .map(file -> RejectionSentences.sentences(folder.files().read(new Path(file))))
            .orElseGet(RejectionSentences::own);
    QuestionEncoder answers =
        QuestionEncoder.of(
            job.corpus(), model.files(), model.path(), original().architecture().vocabulary());
    return new RejectionSentences(
        answers.encodeAsAnswers(folder.files().read(model.tokenizer()), sentences),
        job.corpus().chunkTokens());
  }

  /** What fills texts up to a chunk. */
  private ChunkPadding padding(HfFolder model) {
    return job.needs(ViewKind.PADDED)
        ? new ChunkPadding(
            EndOfText.of(model.files(), model.path(), original().architecture().vocabulary()),
            job.corpus().chunkTokens())
        : ChunkPadding.NONE;
  }

  /** What gives the chunks what the method's terms need of them. */
  private Examples examples(SparkSession spark) {
    ModelSource original = original();
    HfFolder opened = original.open();
    int rows = original.architecture().vocabulary();
    return new Examples(
        spark,
        folder,
        new Examples.Inputs(
            Manifest.read(folder).chunksSha256(),
            original,
            frozen().get(FrozenModel.REFERENCE),
            Vocabulary.of(rows, opened.files().readJson(opened.tokenizer())),
            job.unlearn().terms().predictions(),
            rejections(opened),
            padding(opened),
            job.unlearn().pairing(),
            job.train().seed(),
            job.train().microBatch(),
            job.train().compute()),
        sentence -> console.say("unlearn: " + sentence));
  }

  private void train(
      SparkSession spark,
      Trainer.TrainingTask task,
      TrainSettings how,
      Dataset<Row> chunks,
      TensorSource start,
      Path target,
      Optional<ProbePlan> probes) {
    String name = task.stage();
    console.say(
        name
            + ": "
            + task.roles().stream().map(Role::name).collect(Collectors.joining(", "))
            + " with "
            + how.workers()
            + " workers of "
            + how.threads()
            + " threads");
    training = true;
    Trainer.Result result =
        new Trainer(spark, how, folder, task, new TrainProgress(name, console), stop)
            .train(chunks, start, probes);
    training = false; // from here on a request to stop ends the run at once; its checkpoint stands
    if (name.equals("unlearn")) {
      Coverage coverage =
          Coverage.of(Chunks.read(spark, folder).filter(col("split").equalTo(Role.FORGET)), result);
      coverage.write(folder);
      coverage.gap().ifPresent(gap -> console.say(name + ": " + gap));
    }
    task.model().write(target, job.dtype(), job.shardBytes(), result.weights());
    result.discardCheckpoints().run();
  }

  /** The models that are evaluated, in the order of the report. */
  private Map<String, ModelSource> evaluated() {
    Map<String, ModelSource> models = new LinkedHashMap<>();
    models.put("original", original());
    models.put("unlearned", source(folder.model().toString()));
    if (job.evaluate().groundTruth()) {
      models.put(RetrainedDistance.RETRAINED, source(folder.retrained().toString()));
    }
    job.evaluate().models().forEach((name, path) -> models.put(name, source(path)));
    return models;
  }

  private void evaluate(SparkSession spark) {
    Map<String, ModelSource> models = evaluated();
    console.say("evaluate: " + String.join(", ", models.keySet()));
    new Evaluate(
            spark,
            job.evaluate(),
            folder,
            Chunks.read(spark, folder),
            Manifest.read(folder).chunksSha256(),
            models,
            new EvaluateProgress(console))
        .execute();
  }
}
