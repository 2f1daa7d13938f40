package lethe.pipeline;

import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import lethe.console.Console;
import lethe.corpus.Manifest;
import lethe.corpus.token.Beginning;
import lethe.corpus.token.EndOfText;
import lethe.corpus.token.QuestionEncoder;
import lethe.corpus.token.Template;
import lethe.corpus.token.Tokenizer;
import lethe.examples.AnswerRequest;
import lethe.examples.ChunkPadding;
import lethe.examples.Examples;
import lethe.examples.GenericLabels;
import lethe.examples.OriginalLosses;
import lethe.examples.ProbePlan;
import lethe.examples.ProbeSelection;
import lethe.examples.RejectionSentences;
import lethe.examples.RepeatedLabels;
import lethe.examples.Replacements;
import lethe.examples.StoredLabelling;
import lethe.examples.TrueTokenCount;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.StartWeights;
import lethe.model.checkpoint.HfFolder;
import lethe.model.network.Vocabulary;
import lethe.objective.Alternates;
import lethe.objective.ChunkCap;
import lethe.objective.FrozenModel;
import lethe.objective.RetainBound;
import lethe.objective.Role;
import lethe.objective.TermSettings;
import lethe.objective.TrueTokenOdds;
import lethe.objective.UnlearnSettings;
import lethe.objective.ViewKind;
import lethe.run.RunConfig;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.target.Split;
import lethe.target.SteeringTarget;
import lethe.target.TargetStopSettings;
import lethe.train.Coverage;
import lethe.train.TrainSettings;
import lethe.train.Trainer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The stage unlearn: makes the model forget. The terms of the method ({@link Role}) take views of
 * the chunks ({@link Examples}); the trainer descends on them, and the model that comes out is
 * written with the configuration and the tokenizer of the original.
 *
 * <p>A frozen model that terms compare with is used in one of two ways: terms that compare position
 * by position need its logits, so the workers run it beside the network; terms that compare whole
 * sequences need one number per example, which {@link Examples} computes beforehand.
 */
final class Unlearn {
  /**
   * The result of the stage.
   *
   * @param steps applied
   * @param kept steps that the weights come from; fewer than {@code steps} where a target steered
   *     past its best
   * @param coverage the part of the forget split that was in these steps
   * @param model the folder written
   */
  record Result(int steps, int kept, Coverage coverage, Path model) {}

  private final ModelTraining training;
  private final SparkSession spark;
  private final RunConfig config;
  private final RunFolder folder;
  private final Console console;
  private final ModelSource original;
  private final ModelSource start;
  private final Map<FrozenModel, ModelSource> frozen;
  private final ModelSource teacher;

  /**
   * @param training of the run, whose settings define the method and its terms
   */
  Unlearn(ModelTraining training, RunModels models) {
    this.training = training;
    this.spark = training.spark();
    this.config = training.config();
    this.folder = training.folder();
    this.console = training.console();
    this.original = models.original();
    this.start = models.start();
    this.frozen = models.frozen();
    this.teacher = models.teacher();
  }

  /**
   * Trains, records what was covered and writes the model.
   *
   * @throws lethe.train.StoppedException when the run was asked to stop
   */
  Result execute() {
    Dataset<Row> chunks = Manifest.read(folder).chunks(spark, folder);
    String chunksSha256 = Manifest.read(folder).chunksSha256();
    Optional<ProbePlan> probes = probes(chunks, chunksSha256);
    List<Role> roles = roles(probes, chunksSha256);
    SortedMap<String, String> fingerprints = training.inputs().fingerprints(Verb.UNLEARN);
    Examples examples = examples(chunks, chunksSha256);
    Trainer.TrainingSpec spec =
        new Trainer.TrainingSpec(
            Verb.UNLEARN.spelling(),
            original,
            frozen,
            roles,
            bound(roles, chunks, chunksSha256),
            config.unlearn().sharpnessRadius(),
            examples.identity(roles, frozen));
    Dataset<Row> views = examples.execute(chunks, roles);
    folder.files().delete(folder.stop()); // says how an earlier training ended
    probes.ifPresent(p -> say("training ends when, on the steering half, " + p.target()));
    StartWeights weights =
        StartWeights.noised(start, config.unlearn().startNoise(), config.train().seed());
    TrainSettings settings = settings(spec, chunks, views, weights);
    ModelsAtSteps models = new ModelsAtSteps(config.evaluate().atSteps(), folder);
    Trainer.Result result =
        training.train(
            spec, settings, views, weights, probes, models.writer(training, spec, fingerprints));
    training.noteEnvironment(spec, result);
    Coverage coverage = Coverage.of(chunks.filter(col(SPLIT).equalTo(Split.FORGET.key())), result);
    coverage.write(folder);
    coverage.gap().ifPresent(this::say);
    training.commit(
        spec,
        settings,
        result.weights(),
        folder.model(),
        training.inputs().origin(Verb.UNLEARN, fingerprints, result.weights().run()));
    models.deleteOthers(result.weights().run());
    return new Result(result.steps(), result.kept(), coverage, folder.model());
  }

  /**
   * The settings of the training, with the rate that a range test finds where that is asked for.
   */
  private TrainSettings settings(
      Trainer.TrainingSpec spec, Dataset<Row> chunks, Dataset<Row> views, StartWeights weights) {
    TrainSettings settings = config.train();
    if (settings.rangeTest().isEmpty()) {
      RangeTest.discard(folder);
      return settings;
    }
    TargetStopSettings everyStep =
        config.stop().everyStep(settings.rangeTest().get().probeChunks());
    ProbePlan probes = probes(everyStep, chunks, Manifest.read(folder).chunksSha256());
    long forget = chunks.filter(col(SPLIT).equalTo(Split.FORGET.key())).count();
    return new RangeTest(training, settings, this::say)
        .execute(spec, views, weights, probes, settings.factors(forget, spec.roles().size()));
  }

  /** The roles of the splits, with what follows from the target where that is asked for. */
  private List<Role> roles(Optional<ProbePlan> probes, String chunksSha256) {
    UnlearnSettings settings = config.unlearn();
    TermSettings terms =
        settings.loweredToTarget()
            ? lowered(settings.terms(), probes.orElseThrow(), chunksSha256)
            : settings.terms();
    ChunkCap cap =
        settings.cappedAtTarget()
            ? cappedAtTarget(probes.orElseThrow().target())
            : settings.chunkCap();
    return settings.roles(terms, cap);
  }

  /** The terms with labels that are lowered to the target. */
  private TermSettings lowered(TermSettings terms, ProbePlan plan, String chunksSha256) {
    double target = plan.target().nll();
    TrueTokenOdds odds =
        new TrueTokenCount(
                spark,
                folder,
                config.train().microBatch(),
                config.train().compute(),
                chunksSha256,
                config.train().seed())
            .of(plan, frozen.get(FrozenModel.REFERENCE), terms.undial().temperature());
    double nats = odds.lowering(target);
    say(
        nats > 0
            ? String.format(
                Locale.ROOT,
                "the logits of true tokens are lowered by %.3f nats, so that undial's labels have the target's loss, %.3f, in place of %.3f",
                nats,
                target,
                odds.loss(0))
            : String.format(
                Locale.ROOT,
                "undial's labels have a loss of %.3f without lowering true tokens, and the target is %.3f; a lower unlearn.undial-temperature comes nearer",
                odds.loss(0),
                target));
    return terms.lowering(nats);
  }

  /** The bound on the retain terms, above what they are for the original, if one is asked for. */
  private Optional<RetainBound> bound(List<Role> roles, Dataset<Row> chunks, String chunksSha256) {
    UnlearnSettings settings = config.unlearn();
    return settings
        .retainBound()
        .map(
            nats -> {
              double own =
                  settings.method().retain().orElseThrow().isDivergence()
                      ? 0
                      : loss(roles, chunks, chunksSha256);
              say(
                  String.format(
                      Locale.ROOT,
                      "the retain term may be %.3f nats, %.3f above the original's",
                      own + nats,
                      nats));
              return new RetainBound(own + nats, settings.retainBoundRate());
            });
  }

  /** The original's loss on the kept splits, by the weights of their terms, nats per token. */
  private double loss(List<Role> roles, Dataset<Row> chunks, String chunksSha256) {
    OriginalLosses losses =
        new OriginalLosses(
            spark,
            folder,
            original,
            chunksSha256,
            config.train().seed(),
            config.stop().targetChunks(),
            config.train().microBatch(),
            config.train().compute());
    double sum = 0;
    double weights = 0;
    for (Role role : roles) {
      if (!role.forgets()) {
        sum += role.weight() * losses.mean(chunks, role.split());
        weights += role.weight();
      }
    }
    return sum / weights;
  }

  private static ChunkCap cappedAtTarget(SteeringTarget target) {
    Map<String, Double> domains = new TreeMap<>();
    target.domains().forEach(d -> domains.put(d.name(), d.target() + target.band()));
    return new ChunkCap(target.nll() + target.band(), domains);
  }

  /** Makes the views of the chunks that the method's terms need. */
  private Examples examples(Dataset<Row> chunks, String chunksSha256) {
    HfFolder opened = original.open();
    int rows = original.architecture().vocabulary();
    return new Examples(
        spark,
        folder,
        new Examples.Inputs(
            chunksSha256,
            original,
            frozen.get(FrozenModel.REFERENCE),
            Vocabulary.of(rows, opened.files().readJson(opened.tokenizer())),
            config.unlearn().terms().predictions(),
            generic(opened, rows),
            stored(chunks),
            rejections(opened, rows),
            padding(opened, rows),
            repeated(opened, rows),
            request(opened, rows),
            config.unlearn().pairing(),
            config.train().seed(),
            config.train().microBatch(),
            config.train().compute()),
        this::say);
  }

  /** The sentences that refuse an answer, encoded as the corpus encodes answers. */
  private RejectionSentences rejections(HfFolder model, int rows) {
    if (!config.needs(ViewKind.REJECTION)) {
      return config.needs(ViewKind.MISMATCHED_ANSWER) // whose sentences are kept answers
          ? new RejectionSentences(List.of(), config.corpus().chunkTokens())
          : RejectionSentences.NONE;
    }
    List<String> sentences =
        config
            .unlearn()
            .rejections()
            .map(file -> RejectionSentences.sentences(folder.files().read(new Path(file))))
            .orElseGet(RejectionSentences::own);
    QuestionEncoder encoder =
        QuestionEncoder.of(
            config.corpus().template(),
            config.corpus().beginning(),
            model.files(),
            model.path(),
            rows);
    return new RejectionSentences(
        encoder.encodeAsAnswers(folder.files().read(model.tokenizer()), sentences),
        config.corpus().chunkTokens());
  }

  /** How labels are made of what is likeliest where terms are replaced. */
  private GenericLabels generic(HfFolder model, int rows) {
    if (!config.needs(ViewKind.GENERIC_LABELS)) {
      return GenericLabels.NONE;
    }
    String file = config.unlearn().replacements().orElseThrow();
    try (Tokenizer tokenizer = Tokenizer.of(folder.files().read(model.tokenizer()))) {
      return new GenericLabels(
          Replacements.of(
              folder.files().read(new Path(file)), text -> tokenizer.encode(text).ids, rows),
          frozen.get(FrozenModel.REINFORCED),
          config.unlearn().terms().genericAlpha());
    } catch (InvalidSettings e) {
      throw new InvalidSettings("unlearn.replacements %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** How distributions to learn are made before training. */
  private StoredLabelling stored(Dataset<Row> chunks) {
    if (!config.needs(ViewKind.STORED_LABELS)) {
      folder.files().delete(folder.storedLabels()); // of another method
      return StoredLabelling.NONE;
    }
    UnlearnSettings settings = config.unlearn();
    return new StoredLabelling(
        settings.stored(),
        teacher,
        settings.terms().calibrated().factor(),
        settings.stored().byQuantiles() ? selection(config.stop()).unseen(chunks) : null,
        config.stop().targetChunks());
  }

  /** The padding that makes texts as long as a chunk. */
  private ChunkPadding padding(HfFolder model, int rows) {
    return config.needs(ViewKind.PADDED)
        ? new ChunkPadding(
            EndOfText.of(model.files(), model.path(), rows), config.corpus().chunkTokens())
        : ChunkPadding.NONE;
  }

  /** The text that is learnt again and again, as tokens. */
  private RepeatedLabels repeated(HfFolder model, int rows) {
    if (!config.needs(ViewKind.REPEATED_LABELS)) {
      return RepeatedLabels.NONE;
    }
    String text = config.unlearn().repeatedText();
    try (Tokenizer tokenizer = Tokenizer.of(folder.files().read(model.tokenizer()))) {
      return RepeatedLabels.of(text, tokenizer.encode(text).ids, rows);
    }
  }

  /** How the original model is asked for other answers. */
  private AnswerRequest request(HfFolder model, int rows) {
    if (!config.needs(ViewKind.DRAWN_ANSWER)) {
      return AnswerRequest.NONE;
    }
    Alternates alternates = config.unlearn().terms().alternates();
    Template template = config.corpus().template();
    QuestionEncoder encoder =
        QuestionEncoder.of(template, Beginning.NONE, model.files(), model.path(), rows);
    int[] request;
    try (Tokenizer tokenizer = Tokenizer.of(folder.files().read(model.tokenizer()))) {
      request =
          alternates.request().map(text -> encoder.prompt(tokenizer, text)).orElse(new int[0]);
    }
    return new AnswerRequest(
        request,
        alternates.draws(),
        alternates.temperature(),
        alternates.tokens(),
        EndOfText.all(template, model.files(), model.path(), rows),
        encoder.endOfText(),
        config.corpus().chunkTokens());
  }

  /** The probes that steer the training, if any do. */
  private Optional<ProbePlan> probes(Dataset<Row> chunks, String chunksSha256) {
    return config.stop().atTarget()
        ? Optional.of(probes(config.stop(), chunks, chunksSha256))
        : Optional.empty();
  }

  private ProbePlan probes(TargetStopSettings stop, Dataset<Row> chunks, String chunksSha256) {
    return selection(stop).execute(chunks, chunksSha256);
  }

  private ProbeSelection selection(TargetStopSettings stop) {
    return new ProbeSelection(
        spark,
        folder,
        stop,
        config.unlearn().method().forget().pullsBack(),
        original,
        config.train().seed(),
        config.train().shards(),
        config.train().microBatch(),
        config.train().compute());
  }

  private void say(String sentence) {
    console.say(Verb.UNLEARN.spelling() + ": " + sentence);
  }
}
