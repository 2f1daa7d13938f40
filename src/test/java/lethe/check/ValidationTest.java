package lethe.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lethe.SmallRun;
import lethe.command.Lethe;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.run.RunConfig;
import lethe.run.RunSize;
import lethe.run.SubmitArguments;
import lethe.run.Verb;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is known before Spark starts is told then, all of it, and nothing is written. */
class ValidationTest {
  @TempDir Path folder;
  private Path conf;

  @BeforeEach
  void aRunThatIsRight() throws IOException {
    conf = SmallRun.in(folder);
  }

  @Test
  void aRunThatIsRightHasNoProblemAndWritesNothing() {
    Findings findings = look(Verb.VALIDATE);
    assertThat(findings.problems()).isEmpty();
    assertThat(findings.right())
        .contains("the settings are right", "2 sources and the files of 3 splits are there")
        .anySatisfy(line -> assertThat(line).startsWith("model.path: " + folder + "/model, "));
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void validateSaysWhatAUserMayNotHaveMeantBeforeWhatIsRight() throws IOException {
    Path config = folder.resolve("model/config.json");
    ObjectMapper json = new ObjectMapper();
    ObjectNode given = (ObjectNode) json.readTree(config.toFile());
    json.writeValue(config.toFile(), given.put("is_llama_config", true));
    PrintStream terminal = System.out;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int code;
    try {
      System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
      code = Lethe.commandLine().execute("validate", conf.toString());
    } finally {
      System.setOut(terminal);
    }
    assertThat(code).isZero();
    List<String> lines = said.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines.get(0))
        .startsWith("validate: model.path: file:" + config)
        .endsWith("so they change nothing: is_llama_config true");
    assertThat(lines.get(1)).isEqualTo("validate: the settings are right");
    assertThat(lines.get(lines.size() - 1)).startsWith("validate: all checks passed");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  /** Questions, what judges the answers, and the template that writes them. */
  @Test
  void whatAnswersNeedIsLookedAtFirst() throws IOException {
    Path questions =
        Files.writeString(folder.resolve("q.jsonl"), "{\"question\": \"q\", \"answer\": \"\"}\n");
    Path encoder = Files.createDirectories(folder.resolve("encoder"));
    Files.writeString(encoder.resolve("config.json"), "{\"model_type\": \"gpt2\"}");
    Files.writeString(encoder.resolve("tokenizer.json"), "{}");
    Files.writeString(encoder.resolve("model.safetensors"), "");
    List<String> problems =
        look(
                Verb.RUN,
                "corpus.template=chat",
                "evaluate.answers.questions=[{ name = q, path = \"%s\", use = forget }, { name = r, path = \"%s\", use = retain }]"
                    .formatted(questions, folder.resolve("no.jsonl")),
                "evaluate.answers.sentence-encoder=" + encoder,
                "evaluate.answers.entailment=" + folder.resolve("nothing"))
            .problems();
    assertThat(problems)
        .anySatisfy(
            p ->
                assertThat(p)
                    .startsWith("Cannot ask the questions of q (" + questions)
                    .contains("line 1 of q.jsonl has no answer"))
        .anySatisfy(p -> assertThat(p).contains("no.jsonl", "there is no such file"))
        .anySatisfy(
            p ->
                assertThat(p)
                    .startsWith("evaluate.answers.sentence-encoder: Cannot use ")
                    .endsWith(
                        "config.json as encoder of sentences: model_type \"gpt2\" is not supported; supported is bert"))
        .anySatisfy(
            p -> assertThat(p).startsWith("evaluate.answers.entailment").contains("nothing"))
        .anySatisfy(
            p ->
                assertThat(p)
                    .startsWith("Cannot use the chat template of ")
                    .endsWith("it has no chat_template; set corpus.template to another template"))
        .hasSize(5);
  }

  @Test
  void everyProblemIsToldAtOnce() throws IOException {
    Path task = Files.writeString(folder.resolve("wmdp.jsonl"), "{\"question\":\"q\"}\n");
    Path rejections = Files.writeString(folder.resolve("rejections.txt"), "\n \n");
    List<String> problems =
        look(
                Verb.RUN,
                "train.stepz=1",
                "train.batch=1.5",
                "unlearn.method=ascent-descent-general",
                "corpus.splits.approximate=null",
                "report.require=matched",
                "unlearn.initial-weights=" + folder.resolve("none"),
                "unlearn.rejections=" + rejections,
                "corpus.sources=[{ path = \"" + folder.resolve("no.jsonl") + "\", domain = d }]",
                "corpus.splits.forget.ids=" + folder.resolve("no.txt"),
                "corpus.chunk-tokens=512",
                "evaluate.tasks=[{ name = wmdp, path = \"" + task + "\" }]",
                "evaluate.models.other=" + folder.resolve("nowhere"),
                "spark.executor.memory=much")
            .problems();
    assertThat(problems)
        .hasSize(12)
        .anySatisfy(p -> assertThat(p).startsWith("Unknown key train.stepz"))
        .contains("train.batch must be a whole number, was 1.5")
        .anySatisfy(
            p ->
                assertThat(p)
                    .startsWith(
                        "unlearn.method ascent-descent-general needs corpus.splits.general"))
        .anySatisfy(
            p -> assertThat(p).startsWith("report.require can name damage and robustness only"))
        .anySatisfy(p -> assertThat(p).contains(folder + "/none: it has no config.json"))
        .anySatisfy(p -> assertThat(p).contains(folder + "/nowhere: it has no config.json"))
        .anySatisfy(p -> assertThat(p).contains("rejections.txt", "the file has no sentence"))
        .anySatisfy(p -> assertThat(p).contains("Cannot read source", "no.jsonl"))
        .anySatisfy(p -> assertThat(p).contains("Cannot read ids from", "no.txt"))
        .anySatisfy(p -> assertThat(p).contains("at most the model's context, 256 tokens, was 512"))
        .anySatisfy(
            p ->
                assertThat(p)
                    .startsWith("Cannot ask task wmdp")
                    .contains("line 1 of wmdp.jsonl has no query; a line must be"))
        .contains("spark.executor.memory must be a size such as 4g or 512m, was \"much\"");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
"""
UNLEARN | | run prepare first
EVALUATE | | model/config.json; run unlearn first
EVALUATE | evaluate.retrain=true | retrained/config.json; run retrain first
REPORT | | evaluation.json; run evaluate first
RUN | model.path=s3://bucket/model | model.path must begin with s3a://
RUN | run.dir=s3://bucket/run | run.dir must begin with s3a://
RUN | run.dir=a:b | run.dir must be a path, was a:b; a name with a colon is written ./a:b
RUN | unlearn.method=idk+descent | unlearn.method idk+descent needs questions and answers
RUN | unlearn.method=alternate+descent | unlearn.method alternate+descent needs questions and answers
RUN | unlearn.sharpness-radius=0.01;train.wire-dtype=bfloat16 | unlearn.sharpness-radius moves weights by less than bfloat16 can tell apart
RUN | unlearn.sharpness-radius=0.01;train.precision=bfloat16 | unlearn.sharpness-radius moves weights by less than bfloat16 can tell apart
RUN | unlearn.start-noise=0.1;train.lora.rank=4 | unlearn.start-noise needs weights that are trained
RUN | train.batch-counts=all-terms;train.batch=31 | train.batch must be a multiple of 2 with train.batch-counts=all-terms, the terms of ascent-descent-in-distribution on their splits, was 31; or set train.batch-counts=each-term
RUN | unlearn.method=mismatch | unlearn.method mismatch needs questions and answers
RUN | train.learning-rate=target | train.learning-rate can be target only with stop.at-target=true, which finds the target; set that, or a number
RUN | train.learning-rate=target;stop.at-target=true;unlearn.start-noise=0.1 | train.learning-rate must be a number with unlearn.start-noise
RUN | train.learning-rate=target;stop.at-target=true;unlearn.forget-weight=0 | train.learning-rate must be a number with unlearn.forget-weight=0
RUN | train.learning-rate=target;unlearn.method=task-vector;unlearn.reinforced-model=x | train.learning-rate must be a number for task-vector, which makes no steps
RUN | unlearn.task-vector-scale=target;unlearn.method=task-vector;unlearn.reinforced-model=x;corpus.splits.approximate=null | unlearn.task-vector-scale must be a number without corpus.splits.approximate
RUN | train.learning-rate=goal | train.learning-rate must be a number or target, was "goal"
RUN | unlearn.undial-beta=goal | unlearn.undial-beta must be a number or target, was "goal"
RUN | unlearn.task-vector-scale=goal | unlearn.task-vector-scale must be a number or target, was "goal"
RUN | unlearn.chunk-cap-nats=goal | unlearn.chunk-cap-nats must be a number or target, was "goal"
RUN | corpus.splits.forget.ids=[a,b] | corpus.splits.forget.ids must name a file with one id a line, was a list; put the ids into a file, or name a few by where = "id IN ('a', 'b')"
RUN | corpus.splits.forget.not-ids=[a,b] | corpus.splits.forget.not-ids must name a file with one id a line, was a list
FINETUNE | train.learning-rate=target | finetune.learning-rate must be a number: a range test finds the rate of unlearning alone
RUN | train.learning-rate=target;stop.at-target=true;train.range-test.lowest-rate=0.5 | train.range-test.highest-rate must be above lowest-rate (0.5), was 0.1
RUN | train.learning-rate=target;stop.at-target=true;train.range-test.steps=9 | train.range-test.steps must be at least 10, was 9
RUN | unlearn.method=undial;unlearn.undial-beta=target;stop.at-target=false | unlearn.undial-beta can be target only with stop.at-target=true
FINETUNE | finetune.splits=[general] | finetune.splits must name a split that corpus.splits has
FINETUNE | finetune.splits=[] | finetune.splits must name a split that corpus.splits has
FINETUNE | finetune.splits=[retain,general] | finetune.splits names general, which
RUN | train.freeze=*nothing* | which matches no parameter that is trained
RUN | spark.master=local-cluster[1,1,many] | spark.master must be local[threads] or
RUN | spark.executor.cores=two | spark.executor.cores must be a whole number
""")
  void whatAVerbNeedsIsMissed(Verb verb, String pair, String why) {
    assertThat(look(verb, pair == null ? new String[0] : pair.split(";")).problems())
        .anySatisfy(problem -> assertThat(problem).contains(why));
  }

  @Test
  void theTrueTokenHasNoMoreRivalsThanTheVocabularyHas() throws IOException {
    int vocabulary =
        new ObjectMapper()
            .readTree(folder.resolve("model/config.json").toFile())
            .get("vocab_size")
            .asInt();
    String most = "unlearn.margin-k=" + (vocabulary - 1);
    String more = "unlearn.margin-k=" + vocabulary;
    assertThat(look(Verb.RUN, "unlearn.method=margin", more).problems())
        .containsExactly(
            "unlearn.margin-k must be at most %d, the tokens of the vocabulary other than the true one, was %d; set it lower"
                .formatted(vocabulary - 1, vocabulary));
    assertThat(look(Verb.RUN, "unlearn.method=margin", most).problems()).isEmpty();
    assertThat(look(Verb.RUN, "unlearn.method=npo", more).problems()).isEmpty();
  }

  @Test
  void aLayerThatTheModelDoesNotHaveIsRefused() throws IOException {
    int layers =
        new ObjectMapper()
            .readTree(folder.resolve("model/config.json").toFile())
            .get("num_hidden_layers")
            .asInt();
    String last = "unlearn.rmu-layer=" + (layers - 1);
    String more = "unlearn.rmu-layer=" + layers;
    for (String method : List.of("rmu", "rmu+rmu", "npo+rmu")) {
      assertThat(look(Verb.RUN, "unlearn.method=" + method, more).problems())
          .containsExactly(
              "unlearn.rmu-layer must be from 0 to %d, the decoder layers of the model, was %d; set it lower"
                  .formatted(layers - 1, layers));
      assertThat(look(Verb.RUN, "unlearn.method=" + method, last).problems()).isEmpty();
    }
    assertThat(look(Verb.RUN, "unlearn.method=npo", more).problems()).isEmpty();
  }

  @Test
  void aModelIsNotWrittenOverItself() throws IOException {
    Path target = Files.createDirectories(folder.resolve("run/model"));
    try (Stream<Path> files = Files.list(folder.resolve("model"))) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    assertThat(look(Verb.RUN, "model.path=${run.dir}/model", "overwrite=true").problems())
        .containsExactly(
            "model.path must be another folder than file:%s, where unlearn writes its model"
                .formatted(target));
  }

  @Test
  void modelsThatDoNotFitTogetherAreNamed() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    for (String file : List.of("config.json", "tokenizer.json", "model.safetensors")) {
      Files.copy(folder.resolve("model").resolve(file), other.resolve(file));
    }
    Path config = other.resolve("config.json");
    ObjectMapper json = new ObjectMapper();
    ObjectNode wider = (ObjectNode) json.readTree(config.toFile());
    json.writeValue(config.toFile(), wider.put("intermediate_size", 32));
    preparedWith("another tokenizer");
    assertThat(look(Verb.RUN, "unlearn.initial-weights=" + other).problems())
        .anySatisfy(p -> assertThat(p).contains("mlp.gate_proj.weight with shape [24, 16]"))
        .anySatisfy(
            p -> assertThat(p).startsWith("unlearn.initial-weights must name a model of the same"))
        .anySatisfy(
            p -> assertThat(p).startsWith("unlearn.initial-weights must have the tokenizer"))
        .anySatisfy(
            p ->
                assertThat(p)
                    .startsWith("model.path must have the tokenizer")
                    .contains("another tokenizer"));
  }

  @Test
  void storedLabelsHaveNoMoreTokensThanTheVocabulary() throws IOException {
    int vocabulary =
        new ObjectMapper()
            .readTree(folder.resolve("model/config.json").toFile())
            .get("vocab_size")
            .asInt();
    String most = "unlearn.stored-top-k=" + (vocabulary - 1);
    String more = "unlearn.stored-top-k=" + vocabulary;
    assertThat(look(Verb.RUN, "unlearn.method=stored-labels", more).problems())
        .containsExactly(
            "unlearn.stored-top-k must be at most %d, the tokens of the vocabulary other than the true one, was %d; set it lower"
                .formatted(vocabulary - 1, vocabulary));
    assertThat(look(Verb.RUN, "unlearn.method=stored-labels", most).problems()).isEmpty();
    assertThat(look(Verb.RUN, "unlearn.method=npo", more).problems()).isEmpty();
  }

  @Test
  void aTeacherMayHaveAnotherShapeButNotAnotherTokenizer() throws IOException {
    String method = "unlearn.method=stored-labels";
    String most = "unlearn.stored-top-k=2";
    Path other = Files.createDirectory(folder.resolve("other"));
    for (String file : List.of("config.json", "tokenizer.json", "model.safetensors")) {
      Files.copy(folder.resolve("model").resolve(file), other.resolve(file));
    }
    assertThat(look(Verb.RUN, method, most, "unlearn.teacher=" + other).problems()).isEmpty();
    ModelSource small = TinyLlama.write(folder.resolve("small"), 1);
    Path tokenizer = folder.resolve("small/tokenizer.json");
    Files.deleteIfExists(tokenizer);
    Files.copy(other.resolve("tokenizer.json"), tokenizer);
    assertThat(look(Verb.RUN, method, most, "unlearn.teacher=" + small.path()).problems())
        .anySatisfy(
            problem ->
                assertThat(problem)
                    .startsWith("unlearn.teacher must name a model with the")
                    .endsWith("choose one of the same tokenizer"));
    Files.writeString(
        other.resolve("tokenizer.json"),
        Files.readString(other.resolve("tokenizer.json")) + "\n"); // other bytes
    assertThat(look(Verb.RUN, method, most, "unlearn.teacher=" + other).problems())
        .singleElement()
        .asString()
        .startsWith("unlearn.teacher must name a model with the tokenizer of the one to unlearn");
    assertThat(look(Verb.RUN, method, most, "unlearn.teacher=/nowhere").problems())
        .anySatisfy(problem -> assertThat(problem).startsWith("unlearn.teacher"));
  }

  @Test
  void whatASampleWillWriteIsNotMissed() throws IOException {
    Path quickstart = folder.resolve("quickstart.conf");
    Files.copy(Path.of("conf/quickstart.conf"), quickstart);
    SparkConf spark = new SparkConf(false).set("spark.master", "local-cluster[2,1,4096]");
    RunConfig config =
        RunConfig.read(Verb.RUN, quickstart, List.of("run.dir=" + folder.resolve("q")));
    Validation validation = new Validation(config, spark, 2L << 30, Validation.Phase.DRIVING);
    assertThat(validation.findings().problems()).isEmpty();
    assertThat(validation.architecture()).isPresent();
    assertThat(folder.resolve("q")).doesNotExist();
  }

  @Test
  void theProcessBeforeSparkLooksAtThisMachineAlone() {
    String[] pairs = {
      "run.dir=hdfs://nowhere:9/run", "model.path=hdfs://nowhere:9/model", "train.batch=0"
    };
    assertThat(look(Validation.Phase.SUBMITTING, Verb.RUN, pairs).problems())
        .containsExactly("train.batch must be at least 1, was 0");
  }

  @Test
  void whereTheDriverIsElsewhereNoPathMayDependOnItsFolder() {
    String[] pairs = {
      "spark.master=yarn",
      "spark.submit.deployMode=cluster",
      "run.dir=runs/a",
      "corpus.sources=[{path=data/a.jsonl,domain=a},{path=t,format=table,domain=b}]",
      "corpus.splits.forget={requests=asked.jsonl}",
      "corpus.splits.retain={not-ids=gone.txt}"
    };
    assertThat(look(Validation.Phase.SUBMITTING, Verb.RUN, pairs).problems())
        .extracting(problem -> problem.replaceFirst(" must be .*, was ", " "))
        .containsExactlyInAnyOrder(
            "run.dir runs/a",
            "corpus.sources[0].path data/a.jsonl",
            "corpus.splits.forget.requests asked.jsonl",
            "corpus.splits.retain.not-ids gone.txt");
    pairs[2] = "run.dir=hdfs://host/r";
    assertThat(look(Validation.Phase.SUBMITTING, Verb.RUN, pairs).problems())
        .contains(
            "corpus.sources[0].path must be an absolute path with spark.submit.deployMode=cluster, whose driver works in a folder of its own, was data/a.jsonl")
        .hasSize(3);
    String[] onHdfs = Arrays.copyOf(pairs, pairs.length + 1);
    onHdfs[pairs.length] = "spark.hadoop.fs.defaultFS=hdfs://host";
    assertThat(look(Validation.Phase.SUBMITTING, Verb.RUN, onHdfs).problems())
        .as("below the user's folder, wherever the driver is")
        .isEmpty();
    assertThat(look(Validation.Phase.SUBMITTING, Verb.REPORT, onHdfs).problems())
        .singleElement(InstanceOfAssertFactories.STRING)
        .startsWith("Cannot report with spark.submit.deployMode=cluster: report starts no Spark");
  }

  @Test
  void aLocaleThatCannotWriteANameIsToldAtOnce() {
    RunConfig config =
        RunConfig.read(Verb.RUN, conf, List.of("evaluate.models.m=/tmp/mod\u00e8le"));
    assertThat(FileNames.problems(config, "ANSI_X3.4-1968"))
        .containsExactly(
            "Cannot use evaluate.models.m = /tmp/mod\u00e8le: Java was started in a locale whose file names are ANSI_X3.4-1968; set LC_ALL=C.UTF-8 in its environment, on every host");
    assertThat(FileNames.problems(config, "UTF-8")).isEmpty();
    RunConfig text =
        RunConfig.read(Verb.RUN, conf, List.of("corpus.splits.retain.where=a = '\u00fc'"));
    assertThat(FileNames.problems(text, "ANSI_X3.4-1968")).isEmpty();
  }

  @Test
  void onlyInvalidSettingsAreTheCallersMistake() {
    Findings findings = new Findings();
    assertThatThrownBy(
            () ->
                findings.look(
                    (Runnable)
                        () -> {
                          throw new IllegalArgumentException("of a library");
                        }))
        .hasMessage("of a library");
    assertThat(
            findings.look(
                (Runnable)
                    () -> {
                      throw new InvalidSettings(java.util.Collections.nCopies(12, "a file"));
                    }))
        .isFalse();
    assertThat(findings.problems()).containsExactly("a file", "... and 2 more of the kind");
  }

  @Test
  void theSizeOfARunIsThatOfItsSourcesAndOfItsModel() throws IOException {
    assertThat(size(Verb.RUN)).isEqualTo(RunSize.SMALL);
    assertThat(size(Verb.PREPARE)).isEqualTo(RunSize.SMALL);
    Path large = folder.resolve("data/large.jsonl.gz");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(7 << 20); // some 70 MiB of text
    }
    String source = "{ path = \"%s\", domain = paper%s }";
    assertThat(size(Verb.RUN, "corpus.sources=[" + source.formatted(large, "") + "]"))
        .isEqualTo(RunSize.ORDINARY);
    for (String unknown :
        List.of(
            source.formatted("a.table", ", format = table"),
            source.formatted("s3a://bucket/paper.jsonl", ""),
            source.formatted(folder.resolve("none.jsonl"), ", format = orb"))) {
      assertThat(size(Verb.RUN, "corpus.sources=[" + unknown + "]"))
          .as(unknown)
          .isEqualTo(RunSize.ORDINARY);
    }
  }

  @Test
  void aSampleHasASizeBeforeItIsWritten() {
    String sources = "corpus.sources=[{ path = \"%s/sample/paper.jsonl\", domain = paper }]";
    String[] pairs = {
      "sample.directory=" + folder.resolve("sample"),
      sources.formatted(folder),
      "pretrain.enabled=true",
      "pretrain.model=" + folder.resolve("sample/model")
    };
    assertThat(size(Verb.RUN, pairs)).isEqualTo(RunSize.SMALL);
    assertThat(size(Verb.RUN, with(pairs, "sample.documents.general=100000")))
        .isEqualTo(RunSize.ORDINARY);
    assertThat(size(Verb.RUN, with(pairs, "sample.model.inner-width=30000")))
        .isEqualTo(RunSize.ORDINARY);
  }

  @Test
  void aModelInWhosePlaceAnotherIsMadeAndUnlearnedIsNamed() throws IOException {
    Path template = folder.resolve("template");
    try (Stream<Path> files = Files.walk(folder.resolve("model"))) {
      for (Path file : files.toList()) {
        Files.copy(file, template.resolve(folder.resolve("model").relativize(file)));
      }
    }
    String[] pairs = {"pretrain.enabled=true", "pretrain.model=" + template};
    assertThat(look(Verb.RUN, pairs).warnings())
        .anySatisfy(
            warning ->
                assertThat(warning)
                    .startsWith("model.path (" + folder.resolve("model") + ") is not used: ")
                    .contains("/run/original is unlearned; set pretrain.enabled=false"));
    assertThat(
            look(Verb.RUN, with(pairs, "model.path=" + folder.resolve("run/original"))).warnings())
        .noneMatch(warning -> warning.contains("is not used"));
    assertThat(look(Verb.RUN).warnings()).noneMatch(warning -> warning.contains("is not used"));
  }

  @Test
  void oneProcessPreparesForAnyNumberOfWorkers() {
    assertThat(look(Verb.PREPARE, "train.workers=2").problems()).isEmpty();
    assertThat(look(Verb.RUN, "train.workers=2").problems())
        .singleElement()
        .asString()
        .startsWith("Cannot run train.workers=2 on spark.master=local[1]: it is one process");
  }

  private static String[] with(String[] pairs, String more) {
    return Stream.concat(Arrays.stream(pairs), Stream.of(more)).toArray(String[]::new);
  }

  private RunSize size(Verb verb, String... pairs) {
    Validation validation =
        new Validation(
            RunConfig.parse(verb, conf, List.of(pairs)),
            new SparkConf(false),
            2L << 30,
            Validation.Phase.SUBMITTING);
    validation.findings();
    return validation.size();
  }

  /** The manifest of a corpus without a chunk. */
  private void preparedWith(String tokenizer) throws IOException {
    RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
    run.files()
        .writeJson(
            run.corpusManifest(),
            Map.of(
                "version", lethe.corpus.Manifest.VERSION,
                "tokenizer_sha256", tokenizer,
                "beginning_of_text", List.of(),
                "chunks_sha256", "",
                "rejects", Map.of(),
                "counts", List.of(),
                "duplicates", List.of(),
                "warnings", List.of(),
                "parts", List.of()));
  }

  private Findings look(Verb verb, String... pairs) {
    return look(Validation.Phase.DRIVING, verb, pairs);
  }

  private Findings look(Validation.Phase phase, Verb verb, String... pairs) {
    RunConfig config = RunConfig.parse(verb, conf, List.of(pairs));
    SparkConf spark = new SparkConf(false);
    SubmitArguments.of(config).forEach(spark::set);
    return new Validation(config, spark, 2L << 30, phase).findings();
  }
}
