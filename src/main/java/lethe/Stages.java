package lethe;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.corpus.Answers;
import lethe.corpus.Chunks;
import lethe.corpus.EndOfText;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.evaluate.Evaluate;
import lethe.evaluate.GroundTruth;
import lethe.folder.Lease;
import lethe.folder.RunFolder;
import lethe.model.Architecture;
import lethe.model.HfFolder;
import lethe.model.HfWriter;
import lethe.model.InitialWeights;
import lethe.model.ModelSource;
import lethe.model.TensorSource;
import lethe.model.Vocabulary;
import lethe.objective.Descent;
import lethe.objective.FrozenModel;
import lethe.objective.Role;
import lethe.objective.UnlearnSettings.Reference;
import lethe.objective.ViewKind;
import lethe.report.Compare;
import lethe.report.Report;
import lethe.settings.InvalidSettings;
import lethe.train.Examples;
import lethe.train.Padding;
import lethe.train.ProbeChunks;
import lethe.train.Probes;
import lethe.train.Rejections;
import lethe.train.StopRequest;
import lethe.train.TrainSettings;
import lethe.train.Trainer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SignalUtils;

/** The stages in order. They meet only in the run folder; one that is finished is not run again. */
final class Stages {
  /** The stages whose output is made from a stage's. */
  private static final Map<Verb, Set<Verb>> MADE_FROM =
      Map.of(
          Verb.PREPARE,
          Set.of(Verb.PRETRAIN, Verb.FINETUNE, Verb.RETRAIN, Verb.UNLEARN, Verb.EVALUATE),
          Verb.PRETRAIN,
          Set.of(Verb.FINETUNE, Verb.UNLEARN, Verb.EVALUATE),
          Verb.RETRAIN,
          Set.of(Verb.EVALUATE),
          Verb.UNLEARN,
          Set.of(Verb.EVALUATE));

  private final Job job;
  private final Console console;
  private final Map<String, String> hadoop = new HashMap<>();
  private final RunFolder folder;
  private final Provenance provenance;
  private final StopRequest stop = new StopRequest();
  private volatile boolean training;

  Stages(Job job, Console console) {
    this.job = job;
    this.console = console;
    Configuration configuration = new Configuration();
    job.settings()
        .spark()
        .forEach(
            (key, value) -> {
              if (key.startsWith("spark.hadoop.")) {
                hadoop.put(key.substring("spark.hadoop.".length()), value);
                configuration.set(key.substring("spark.hadoop.".length()), value);
              }
            });
    this.folder = RunFolder.of(job.runDir(), configuration);
    this.provenance = new Provenance(job, folder);
  }

  /**
   * Checks everything that can be checked, then runs what the verb asks for.
   *
   * @return why the verdict is not the one required
   */
  Optional<String> run() {
    SignalUtils.register("TERM", this::terminated);
    provenance.check();
    Lease lease = lease();
    try {
      return runAlone();
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

  private Optional<String> runAlone() {
    if (job.verb() == Verb.REPORT && !job.report().compare().isEmpty() && !job.dryRun()) {
      compare();
      return Optional.empty();
    }
    job.sample().ifPresent(sample -> sample.write(folder.files(), console));
    Architecture architecture = checkModel();
    Preflight preflight =
        new Preflight(job, folder, console, new SparkConf(), Runtime.getRuntime().maxMemory());
    preflight.check(architecture, models());
    if (nothingLeft()) {
      stages().forEach(this::saidFinished);
      return report();
    }
    SparkSession spark = SparkSession.builder().appName("lethe " + job.verb()).getOrCreate();
    try {
      preflight.executors(spark);
      if (job.verb() == Verb.PREFLIGHT) {
        console.say("preflight: nothing stands in the way of " + spark.conf().get("spark.master"));
        return Optional.empty();
      }
      Prepare prepare =
          new Prepare(
              spark,
              job.corpus(),
              folder,
              template().path(),
              architecture.context().tokens(),
              architecture.vocabulary());
      if (job.verb().does(Verb.PREPARE) && !finished(folder.corpusManifest())) {
        prepare.check();
      }
      if (job.dryRun()) {
        if (job.verb().does(Verb.PREPARE) && !finished(folder.corpusManifest())) {
          prepare.preview().lines().forEach(console::say);
        }
        console.say("dry-run: the settings, the model and the sources are right; no stage was run");
        return Optional.empty();
      }
      boolean prepared = folder.files().exists(folder.corpusManifest());
      if (prepared && !(job.overwrite() && job.does(Verb.PREPARE))) {
        provenance.write(spark.version(), Clock.systemUTC());
      } // otherwise prepare, which may still refuse the sources, writes first
      stage(Verb.PREPARE, () -> prepare(spark, prepare));
      if (folder.files().exists(folder.corpusManifest())) {
        provenance.note("chunks_sha256", Manifest.read(folder).chunksSha256());
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
  private boolean nothingLeft() {
    return !new SparkConf().get("spark.submit.deployMode", "client").equals("cluster")
        && job.verb() != Verb.PREFLIGHT
        && !job.dryRun()
        && stages().stream().allMatch(stage -> finished(commits().get(stage)));
  }

  private void saidFinished(Verb stage) {
    console.say(
        "%s: finished before (%s); overwrite=true runs it again"
            .formatted(stage.name().toLowerCase(Locale.ROOT), commits().get(stage)));
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

  private boolean finished(Path commit) {
    return folder.files().exists(commit) && !job.overwrite();
  }

  /** Training ends cleanly; any other stage has nothing to lose and is ended at once. */
  private Object terminated() {
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
    Path commit = commits().get(stage);
    if (finished(commit)) {
      saidFinished(stage);
      return;
    }
    long start = System.nanoTime();
    work.run();
    // What other stages made of the output that was there before is no longer true.
    MADE_FROM
        .getOrDefault(stage, Set.of())
        .forEach(other -> folder.files().delete(commits().get(other)));
    console.say(
        stage.name().toLowerCase(Locale.ROOT)
            + ": "
            + Console.time((System.nanoTime() - start) / 1e9));
  }

  private Architecture checkModel() {
    Architecture architecture = template().architecture();
    if (job.pretrain().isEmpty()) {
      template().check(architecture);
    }
    if (job.does(Verb.EVALUATE)) {
      job.evaluate()
          .models()
          .values()
          .forEach(path -> source(path).check(source(path).architecture()));
    }
    return architecture;
  }

  /** The folder whose config.json and tokenizer the run uses before there are weights. */
  private ModelSource template() {
    return source(job.pretrain().map(Job.Pretrain::model).orElse(job.model()));
  }

  private ModelSource original() {
    return job.pretrain().isPresent() ? source(folder.original().toString()) : source(job.model());
  }

  /** The model whose weights unlearning begins with. */
  private ModelSource start() {
    return job.unlearn().start().map(this::source).orElseGet(this::original);
  }

  /** The folders that must be there before the verb begins, by the settings that name them. */
  private Map<String, ModelSource> models() {
    Map<String, ModelSource> models = new TreeMap<>();
    String model = job.pretrain().isPresent() ? "pretrain.model" : "model.path";
    models.put(model, template());
    if (job.does(Verb.UNLEARN) || job.verb() == Verb.PREFLIGHT) {
      job.unlearn().start().ifPresent(p -> models.put("unlearn.start", source(p)));
      job.unlearn().reinforced().ifPresent(p -> models.put("unlearn.reinforced", source(p)));
    }
    if (job.does(Verb.FINETUNE)) {
      job.finetune().start().ifPresent(p -> models.put("finetune.start", source(p)));
    }
    if (job.does(Verb.RETRAIN)) {
      job.retrain().start().ifPresent(p -> models.put("retrain.start", source(p)));
    }
    return models;
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
    Prepare.Result result = prepare.execute(early -> console.say("prepare: " + early));
    provenance.write(spark.version(), Clock.systemUTC());
    result.evidence().lines().forEach(console::say);
  }

  private void pretrain(SparkSession spark) {
    Job.Pretrain how = job.pretrain().orElseThrow();
    descend(spark, "pretrain", template(), how.splits(), how.train(), random(), folder.original());
  }

  private void finetune(SparkSession spark) {
    Job.Descend how = job.finetune();
    ModelSource model = how.start().map(this::source).orElseGet(this::original);
    TensorSource start = model.open().weights();
    descend(spark, "finetune", model, how.splits(), how.train(), start, folder.finetuned());
  }

  private void retrain(SparkSession spark) {
    Job.Descend how = job.retrain();
    ModelSource model = how.start().map(this::source).orElseGet(this::template);
    TensorSource start = how.start().isPresent() ? model.open().weights() : random();
    descend(spark, "retrain", model, how.splits(), how.train(), start, folder.retrained());
  }

  /** The weights that pre-training begins with. */
  private TensorSource random() {
    return new InitialWeights(template().architecture(), 0.02, job.train().seed());
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
    train(spark, name, model, roles, how, Examples.text(members), start, target, Optional.empty());
  }

  private void unlearn(SparkSession spark) {
    ModelSource original = original();
    train(
        spark,
        "unlearn",
        original,
        job.unlearn().roles(),
        job.train(),
        examples(spark),
        start().open().weights(),
        folder.model(),
        probes(spark, original));
  }

  /** What steers the unlearning, if anything does. */
  private Optional<Probes> probes(SparkSession spark, ModelSource original) {
    folder.files().delete(folder.stop());
    if (!job.stop().atTarget()) {
      return Optional.empty();
    }
    Probes probes =
        new ProbeChunks(spark, folder, job.stop(), original, job.train())
            .execute(Chunks.read(spark, folder), Manifest.read(folder).chunksSha256());
    console.say("unlearn: ends where " + probes.aim());
    return Optional.of(probes);
  }

  /** The sentences that refuse an answer, as the corpus writes answers. */
  private Rejections rejections(HfFolder model) {
    if (!needed(ViewKind.REJECTION)) {
      return Rejections.NONE;
    }
    List<String> sentences =
        job.unlearn()
            .rejections()
            .map(file -> Rejections.sentences(folder.files().read(new Path(file))))
            .orElseGet(Rejections::own);
    Answers answers =
        Answers.of(
            job.corpus(), model.files(), model.path(), original().architecture().vocabulary());
    return new Rejections(
        answers.inPlace(folder.files().read(model.tokenizer()), sentences),
        job.corpus().chunkTokens());
  }

  /** What fills texts up to a chunk. */
  private Padding padding(HfFolder model) {
    return needed(ViewKind.PADDED)
        ? new Padding(
            EndOfText.of(model.files(), model.path(), original().architecture().vocabulary()),
            job.corpus().chunkTokens())
        : Padding.NONE;
  }

  private boolean needed(ViewKind kind) {
    return job.unlearn().roles().stream().anyMatch(role -> role.term().views().contains(kind));
  }

  /** The chunks with what the method's terms need of them. */
  private Dataset<Row> examples(SparkSession spark) {
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
                job.train().compute()))
        .execute(Chunks.read(spark, folder), job.unlearn().roles());
  }

  private void train(
      SparkSession spark,
      String name,
      ModelSource model,
      List<Role> roles,
      TrainSettings how,
      Dataset<Row> chunks,
      TensorSource start,
      Path target,
      Optional<Probes> probes) {
    console.say(
        name
            + ": "
            + roles.stream().map(Role::name).collect(Collectors.joining(", "))
            + " with "
            + how.workers()
            + " workers of "
            + how.threads()
            + " threads");
    Trainer.Task task =
        new Trainer.Task(name, model, frozen(), roles, Manifest.read(folder).chunksSha256());
    training = true;
    Trainer.Result result =
        new Trainer(spark, how, folder, task, new TrainProgress(name, console), stop)
            .train(chunks, start, probes);
    new HfWriter(target, model.open(), job.dtype(), job.shardBytes())
        .write(model.architecture().tensors(), result.weights());
    result.discardCheckpoints().run();
    training = false;
  }

  private void evaluate(SparkSession spark) {
    Map<String, ModelSource> models = new LinkedHashMap<>();
    models.put("original", original());
    models.put("unlearned", source(folder.model().toString()));
    if (job.evaluate().groundTruth()) {
      models.put(GroundTruth.RETRAINED, source(folder.retrained().toString()));
    }
    job.evaluate().models().forEach((name, path) -> models.put(name, source(path)));
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
