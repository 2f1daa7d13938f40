package lethe.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import lethe.console.Console;
import lethe.corpus.Manifest;
import lethe.corpus.token.EndOfText;
import lethe.corpus.token.QuestionEncoder;
import lethe.evaluate.AnswerSettings;
import lethe.evaluate.EvaluateSettings;
import lethe.evaluate.ModelNames;
import lethe.folder.RunFolder;
import lethe.json.Json;
import lethe.model.EncoderSource;
import lethe.model.ModelSource;
import lethe.model.adapter.PeftFolder;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.Architectures;
import lethe.model.network.Architecture;
import lethe.objective.HiddenTerm;
import lethe.objective.Margin;
import lethe.objective.Role;
import lethe.objective.Term;
import lethe.objective.ViewKind;
import lethe.run.RunConfig;
import lethe.run.Sample;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import lethe.train.AdapterSettings;
import lethe.train.TrainSettings;
import org.apache.hadoop.fs.Path;

/**
 * The Hugging Face folders that a run reads: whether each is there, of a known kind and with
 * weights of its own, and whether they fit together. Only the headers of the weights are read.
 */
final class ModelFolders {
  private static final String TEACHER = "unlearn.teacher";

  private final RunConfig config;
  private final Optional<RunFolder> folder;
  private final Map<String, String> hadoop;
  private final ReachablePaths reach;
  private final Findings findings;
  private final Set<Path> made;
  private final List<Architecture> encoders = new ArrayList<>();

  /**
   * @param folder of the run, where it can be read
   * @param hadoop settings of file systems
   * @param made folders that stages of this run write before they are read
   */
  ModelFolders(
      RunConfig config,
      Optional<RunFolder> folder,
      Map<String, String> hadoop,
      ReachablePaths reach,
      Set<Path> made,
      Findings findings) {
    this.config = config;
    this.folder = folder;
    this.hadoop = hadoop;
    this.reach = reach;
    this.made = made;
    this.findings = findings;
  }

  /** Checks all of them; returns the network of the model that is trained, if it is known. */
  Optional<Architecture> look() {
    String setting = config.pretrain().isPresent() ? "pretrain.model" : "model.path";
    String path = config.pretrain().map(RunConfig.PretrainSettings::model).orElse(config.model());
    Optional<Architecture> template = one(setting, path, config.pretrain().isEmpty());
    boolean samples = sample(path).isPresent();
    Optional<String> tokenizer = samples || !seen(path) ? Optional.empty() : tokenizer(path);
    if (template.isPresent() && tokenizer.isPresent()) {
      ends(path, template.get());
      compare(setting, tokenizer.get());
      findings.right(
          "%s: %s, %s parameters, with tokenizer.json"
              .formatted(setting, path, Console.count((double) template.get().elements())));
    }
    config.pretrain().ifPresent(this::unused);
    template.ifPresent(this::adapters);
    template.ifPresent(this::terms);
    template.ifPresent(network -> teacher(network, tokenizer));
    others()
        .forEach(
            (name, other) -> {
              Optional<Architecture> own = one(name, other, true);
              if (own.isPresent() && template.isPresent()) {
                fits(name, other, own.get(), template.get());
              }
            });
    if (config.checks(Verb.EVALUATE)) {
      config.evaluate().models().forEach((name, other) -> evaluated(name, other, template));
      template.ifPresent(this::answers);
    }
    return template;
  }

  /** Warns of a model to unlearn in whose place another one is made and unlearned. */
  private void unused(RunConfig.PretrainSettings pretrain) {
    folder
        .map(RunFolder::original)
        .filter(original -> !config.model().equals(pretrain.model()))
        .filter(original -> reach.sees(config.model()))
        .filter(original -> !reach.path(config.model()).equals(original))
        .ifPresent(
            original ->
                findings.warning(
                    "model.path (%s) is not used: pretrain.enabled is true, so the model that pretrain makes in %s is unlearned; set pretrain.enabled=false to unlearn model.path"
                        .formatted(config.model(), original)));
  }

  /** Checks what the terms of the method suppose of the model. */
  private void terms(Architecture network) {
    if (!config.checks(Verb.UNLEARN)) {
      return;
    }
    int others = network.vocabulary() - 1;
    if (config.needs(ViewKind.STORED_LABELS) && config.unlearn().stored().likeliest() > others) {
      findings.problem(
          "unlearn.stored-top-k must be at most %d, the tokens of the vocabulary other than the true one, was %d; set it lower"
              .formatted(others, config.unlearn().stored().likeliest()));
    }
    int layers = network.layers().size();
    for (Term term : config.unlearn().roles().stream().map(Role::term).distinct().toList()) {
      if (term instanceof Margin margin && margin.k() > others) {
        findings.problem(
            "unlearn.margin-k must be at most %d, the tokens of the vocabulary other than the true one, was %d; set it lower"
                .formatted(others, margin.k()));
      }
      if (term instanceof HiddenTerm hidden && hidden.layer() >= layers) {
        findings.problem(
            "unlearn.rmu-layer must be from 0 to %d, the decoder layers of the model, was %d; set it lower"
                .formatted(layers - 1, hidden.layer()));
      }
    }
  }

  /**
   * Checks the model whose predictions are learnt: it may have any shape, and has to have the
   * tokens of the one that learns them.
   *
   * @param tokenizer SHA-256 of that one's
   */
  private void teacher(Architecture network, Optional<String> tokenizer) {
    Optional<String> named = config.unlearn().stored().teacher();
    if (!config.checks(Verb.UNLEARN) || named.isEmpty()) {
      return;
    }
    Optional<Architecture> own = one(TEACHER, named.get(), true);
    if (own.isEmpty()) {
      return;
    }
    if (own.get().vocabulary() != network.vocabulary()) {
      findings.problem(
          "%s must name a model with the %d tokens of the one to unlearn, was %s, which has %d; choose one of the same tokenizer"
              .formatted(TEACHER, network.vocabulary(), named.get(), own.get().vocabulary()));
      return;
    }
    tokenizer(named.get())
        .filter(other -> tokenizer.isPresent() && !tokenizer.get().equals(other))
        .ifPresent(
            other ->
                findings.problem(
                    "%s must name a model with the tokenizer of the one to unlearn (sha256 %s), was %s, whose tokenizer.json has %s; choose one of the same tokenizer"
                        .formatted(TEACHER, tokenizer.get(), named.get(), other)));
  }

  /** Checks the adapters that the stages train: their targets, and whether they can be written. */
  private void adapters(Architecture network) {
    if (config.checks(Verb.PRETRAIN)) {
      config.pretrain().ifPresent(p -> adapter("pretrain", p.train(), network, Optional.empty()));
    }
    if (config.checks(Verb.FINETUNE)) {
      RunConfig.DescentSettings settings = config.finetune();
      adapter("finetune", settings.train(), network, settings.initialWeights().or(this::original));
    }
    if (config.checks(Verb.RETRAIN)) {
      RunConfig.DescentSettings settings = config.retrain();
      adapter("retrain", settings.train(), network, settings.initialWeights());
    }
    if (config.checks(Verb.UNLEARN)) {
      adapter(
          "train", config.train(), network, config.unlearn().initialWeights().or(this::original));
    }
  }

  private Optional<String> original() {
    return Optional.of(
        config.pretrain().isPresent()
            ? folder.map(run -> run.original().toString()).orElse("")
            : config.model());
  }

  /**
   * Checks the adapter of a stage.
   *
   * @param section of its settings
   * @param start the model that the adapter lies over; empty for random weights
   */
  private void adapter(
      String section, TrainSettings settings, Architecture network, Optional<String> start) {
    if (settings.adapter().isEmpty()) {
      return;
    }
    findings.look(() -> settings.adapted(network, section + ".lora.targets"));
    if (settings.adapter().get().write() == AdapterSettings.Written.MERGED) {
      return;
    }
    if (start.isEmpty()) {
      findings.problem(
          "%s.lora.write must be merged, was %s: random weights are no base model that a reader could find"
              .formatted(section, Section.spelling(settings.adapter().get().write())));
    } else if (seen(start.get()) && PeftFolder.is(reach.path(start.get()), reach.files())) {
      findings.problem(
          "%s.lora.write must be merged, was %s: the model that training starts from, %s, is itself an adapter"
              .formatted(section, Section.spelling(settings.adapter().get().write()), start.get()));
    }
  }

  /** The models besides the one that is trained, by the settings that name them. */
  private Map<String, String> others() {
    Map<String, String> others = new TreeMap<>();
    if (config.checks(Verb.UNLEARN)) {
      config
          .unlearn()
          .initialWeights()
          .ifPresent(path -> others.put("unlearn.initial-weights", path));
      config
          .unlearn()
          .reinforcedModel()
          .ifPresent(path -> others.put("unlearn.reinforced-model", path));
    }
    if (config.checks(Verb.FINETUNE)) {
      config
          .finetune()
          .initialWeights()
          .ifPresent(path -> others.put("finetune.initial-weights", path));
    }
    if (config.checks(Verb.RETRAIN)) {
      config
          .retrain()
          .initialWeights()
          .ifPresent(path -> others.put("retrain.initial-weights", path));
    }
    return others;
  }

  private Optional<Architecture> one(String setting, String path, boolean weights) {
    Optional<Sample> sample = sample(path);
    if (sample.isPresent()) {
      JsonNode described = Json.MAPPER.valueToTree(sample.get().model().config());
      return findings.look(() -> Architectures.of(new ModelConfig("sample.model", described)));
    }
    if (!seen(path)) {
      return Optional.empty();
    }
    ModelSource source = source(path);
    Optional<Architecture> architecture = named(setting, source::architecture);
    if (architecture.isPresent()) {
      named(setting, () -> weights ? source.checkHeaders() : source.checkDescription())
          .orElse(List.of())
          .forEach(warning -> findings.warning(setting + ": " + warning));
    }
    return architecture;
  }

  /** Checks the folder that a setting names; each problem begins with the setting. */
  private <T> Optional<T> named(String setting, Supplier<T> check) {
    return findings.look(
        () -> {
          try {
            return check.get();
          } catch (InvalidSettings e) {
            throw new InvalidSettings(
                e.problems().stream().map(problem -> setting + ": " + problem).toList());
          }
        });
  }

  private void evaluated(String name, String path, Optional<Architecture> template) {
    String setting = EvaluateSettings.setting(name);
    Optional<Architecture> own = one(setting, path, true);
    if (own.isPresent() && !config.evaluate().tasks().isEmpty()) {
      findings.look(() -> source(path).open().tokenizer()); // questions are text
    }
    if (own.isPresent() && template.isPresent() && ModelNames.isRetrained(name)) {
      fits(setting, path, own.get(), template.get()); // predictions are compared token by token
    }
  }

  /** The networks that judge answers, as far as they could be read; after {@link #look}. */
  List<Architecture> encoders() {
    return List.copyOf(encoders);
  }

  /** Checks what asking questions needs: how they are written, and the judges of the answers. */
  private void answers(Architecture template) {
    AnswerSettings answers = config.evaluate().answers();
    String model = config.pretrain().map(RunConfig.PretrainSettings::model).orElse(config.model());
    if (answers.any() && sample(model).isEmpty() && seen(model)) {
      findings.look(
          () -> {
            HfFolder folder = source(model).withoutAdapter().open();
            folder.tokenizer();
            QuestionEncoder.of(
                config.corpus().template(),
                config.corpus().beginning(),
                folder.files(),
                folder.path(),
                template.vocabulary());
          });
    }
    encoder("sentence-encoder", answers.sentenceEncoder(), EncoderSource.Use.SENTENCES);
    encoder("entailment", answers.entailment(), EncoderSource.Use.CLASSIFIER);
  }

  private void encoder(String key, String path, EncoderSource.Use use) {
    if (path != null && seen(path)) {
      named(
          "evaluate.answers." + key,
          () -> {
            EncoderSource encoder = new EncoderSource(path, use, source(path).hadoop());
            encoder.check();
            encoders.add(encoder.architecture());
            return path;
          });
    }
  }

  /** The sample that is to be written to a folder, if one is. */
  private Optional<Sample> sample(String path) {
    return config
        .sample()
        .filter(sample -> seen(path) && seen(sample.directory()))
        .filter(
            sample ->
                reach.path(path).equals(reach.path(sample.directory() + "/model"))
                    && !reach.files().exists(new Path(path, "config.json")));
  }

  private boolean seen(String path) {
    return !path.isEmpty() && reach.sees(path) && !made.contains(reach.path(path));
  }

  private void fits(String setting, String path, Architecture own, Architecture template) {
    boolean added = // to weights
        setting.equals("unlearn.reinforced-model") && !config.unlearn().method().trains();
    if (!own.tensors().equals(template.tensors())
        || (added && !own.type().equals(template.type()))) {
      findings.problem(
          "%s must name a model of the same shape as the one to unlearn, %s, was %s: %s"
              .formatted(
                  setting,
                  config.pretrain().map(RunConfig.PretrainSettings::model).orElse(config.model()),
                  path,
                  template.difference(own).orElseThrow()));
    }
    if (sample(path).isPresent()) {
      return; // it is written before it is read
    }
    findings.look(
        () -> {
          HfFolder opened = source(path).open();
          if (opened.hasTokenizer()) {
            compare(setting, reach.files().sha256(opened.tokenizer()));
          }
        });
  }

  /** SHA-256 of a model's tokenizer; nothing where its file holds none. */
  private Optional<String> tokenizer(String path) {
    if (!reach.files().exists(new Path(path, HfFolder.CONFIG))
        && !PeftFolder.is(reach.path(path), reach.files())) {
      return Optional.empty(); // which has been reported
    }
    return findings.look(
        () -> {
          Path file = source(path).open().tokenizer();
          if (!reach.files().readJson(file).path("model").isObject()) {
            findings.problem("Cannot tokenize: %s has no model".formatted(file));
          }
          return reach.files().sha256(file);
        });
  }

  /** Checks that there is a token to end answers and padded texts, if there are any. */
  private void ends(String path, Architecture network) {
    if (config.corpus().hasQuestions() || config.needs(ViewKind.PADDED)) {
      findings.look(
          () -> EndOfText.of(reach.files(), source(path).open().path(), network.vocabulary()));
    }
  }

  /** Compares with the tokenizer that the corpus was prepared with, if that corpus is kept. */
  private void compare(String setting, String sha256) {
    boolean anew = config.overwrite() && config.checks(Verb.PREPARE);
    folder
        .filter(run -> !anew && run.files().exists(run.corpusManifest()))
        .flatMap(run -> findings.look(() -> Manifest.read(run)))
        .map(Manifest::tokenizerSha256)
        .filter(corpus -> !corpus.equals(sha256))
        .ifPresent(
            corpus ->
                findings.problem(
                    "%s must have the tokenizer that the corpus in %s was prepared with (sha256 %s), its tokenizer.json has %s"
                        .formatted(setting, folder.get().corpus(), corpus, sha256)));
  }

  private ModelSource source(String path) {
    String base = original().filter(this::seen).map(p -> reach.path(p).toString()).orElse("");
    return new ModelSource(reach.path(path).toString(), hadoop).resolved(base);
  }
}
