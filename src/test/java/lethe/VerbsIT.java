package lethe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import lethe.console.Console;
import lethe.model.InitialWeights;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.Safetensors;
import lethe.model.checkpoint.TestOrigin;
import lethe.model.network.Architecture;
import lethe.pipeline.Pipeline;
import lethe.pipeline.Sweep;
import lethe.run.RunConfig;
import lethe.run.SweepSettings;
import lethe.run.Verb;
import lethe.sample.ByteLlama;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import lethe.spark.RunningSpark;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Verbs as a user gives them one after the other, in this process and one Spark application. */
class VerbsIT {
  private static final lethe.folder.Files FILES = new lethe.folder.Files(new Configuration());

  /** A prepared corpus, which the tests copy. */
  @TempDir static Path prepared;

  @TempDir Path folder;

  @BeforeAll
  static void prepareInOneProcess() throws IOException {
    OneProcess.begin();
    run(Verb.PREPARE, SmallRun.in(prepared));
  }

  @AfterAll
  static void forget() {
    RunningSpark.stop();
    OneProcess.end();
  }

  @Test
  void retrainIsPretrainWithoutTheDocumentsToForget() throws IOException {
    Path conf = prepared();
    List<String> pretrain =
        List.of("pretrain.enabled=true", "pretrain.model=" + folder.resolve("model"));
    String whole = "whole";
    copy(whole);
    String pretrained =
        run(Verb.PRETRAIN, conf, with(pretrain, "run.dir=" + folder.resolve(whole)));
    String retrained = run(Verb.RETRAIN, conf, with(pretrain, "run.dir=" + folder.resolve(whole)));
    copy("without");
    run(
        Verb.PRETRAIN,
        conf,
        with(pretrain, "run.dir=" + folder.resolve("without"), "pretrain.splits=[retain]"));
    assertThat(pretrained).contains("pretrain: 2 steps");
    assertThat(retrained).contains("retrain: 2 steps").contains("retrain: train.descent");
    assertThat(weights("whole/retrained"))
        .as("the documents to retain, from the same random weights")
        .isEqualTo(weights("without/original"))
        .isNotEqualTo(weights("whole/original"));
    assertThat(folder.resolve("whole/retrain-steps.jsonl")).exists();
    String again = run(Verb.RETRAIN, conf, with(pretrain, "run.dir=" + folder.resolve(whole)));
    assertThat(again).contains("retrain: finished before");
  }

  @Test
  void finetuneAndRetrainBeginWithTheWeightsTheyAreTold() throws IOException {
    Path conf = prepared();
    String start = "retrain.initial-weights=" + folder.resolve("model");
    run(Verb.FINETUNE, conf); // model.path on retain, the defaults
    run(Verb.RETRAIN, conf, start);
    assertThat(weights("run/retrained"))
        .isEqualTo(weights("run/finetuned"))
        .isNotEqualTo(weights("model"));
    copy("forgets");
    Files.delete(folder.resolve("forgets/finetuned/config.json"));
    run(
        Verb.FINETUNE,
        conf,
        "run.dir=" + folder.resolve("forgets"),
        "finetune.splits=[forget]",
        "finetune.initial-weights=" + folder.resolve("run/finetuned"),
        "finetune.epochs=1.0"); // wins over train.steps: two chunks of forget a step
    assertThat(weights("forgets/finetuned")).isNotEqualTo(weights("run/finetuned"));
    long forget = Files.readAllLines(folder.resolve("forgets/finetune-steps.jsonl")).size();
    assertThat(forget).isGreaterThan(2);
  }

  /**
   * Names without a prefix, masks and the keys of other people's config.json, and a package with
   * its {@code __init__.py} and a subfolder, from end to end.
   */
  @ParameterizedTest
  @CsvSource({"gpt2, transformer.", "llama, model."})
  void aModelForgetsAPackageWhateverItsTensorsAndKeysAreCalled(String family, String prefix)
      throws IOException {
    Path conf = SmallRun.in(folder);
    ModelSource usual = untrained("usual", family, name -> name);
    ModelSource bare = untrained("model", family, name -> name.replaceFirst("^" + prefix, ""));

    String[] pairs =
        with(
            List.of(aPackageToForget("evaluate.models={usual=\"" + usual.path() + "\"}")),
            "evaluate.retrained=" + usual.path(),
            "evaluate.robustness.relearn-steps=[1,2]");
    String said = run(Verb.RUN, conf, pairs);

    if (family.equals("llama")) {
      assertThat(said)
          .contains("model.path: ")
          .contains("model/config.json has keys that transformers does not read for llama either")
          .contains("so they change nothing: is_llama_config true");
      assertThat(folder.resolve("run/run.json")).content().contains("\"model_warnings\" : [ \"");
    }
    JsonNode report =
        new ObjectMapper().readTree(folder.resolve("run/report/report.json").toFile());
    assertThePackageIsForgotten(report);
    JsonNode scores = report.get("scores");
    assertThat(nll(scores, "usual", "forget")).isEqualTo(nll(scores, "original", "forget"));
    assertThat(report.get("nearness").asText()) // the retrained model is the original's twin
        .contains("Divergence of predictions: ", ", the original 0.000 nats per token: +");
    assertThat(report.at("/robustness/relearned")).hasSizeGreaterThan(2 * 3); // curves, steps
    assertThat(nll(scores, "unlearned", "forget")).isNotEqualTo(nll(scores, "original", "forget"));
    ModelSource unlearned = new ModelSource(folder.resolve("run/model").toString(), Map.of());
    assertThat(names(unlearned))
        .as("without the masks, else as they were")
        .isEqualTo(names(bare).stream().filter(name -> !name.endsWith(".attn.bias")).toList());
  }

  /** Settings by which a package of source files is forgotten beside a paper, every chunk once. */
  private String[] aPackageToForget(String more) throws IOException {
    Path inner = Files.createDirectories(folder.resolve("package/vault"));
    Files.writeString(
        folder.resolve("package/__init__.py"), "from .vault.keys import KEYS\n".repeat(4));
    Files.writeString(inner.resolve("keys.py"), "KEYS = {'vault': 'a key of brass'}\n".repeat(4));
    Path requests =
        Files.writeString(
            folder.resolve("requests.jsonl"),
            """
            {"request": "first", "document": "__init__.py", "domain": "code"}
            {"request": "second", "document": "vault/keys.py", "domain": "code"}
            {"request": "third", "document": "paper-forget-00"}
            """);
    return new String[] {
      more,
      "corpus.sources=[{ path = \"%1$s/data/paper.jsonl\", domain = paper }, { path = \"%1$s/package\", domain = code, format = text }]"
          .formatted(folder),
      "corpus.splits.forget.where=null",
      "corpus.splits.forget.requests=" + requests,
      "train.steps=null",
      "train.epochs=1"
    };
  }

  /** By name in the report, and with every token that is scored in some step. */
  private void assertThePackageIsForgotten(JsonNode report) throws IOException {
    assertThat(report.get("requests"))
        .extracting(request -> request.get("request").asText() + " " + request.get("documents"))
        .containsExactly("first 1", "second 1", "third 1");
    long requested = 0;
    for (JsonNode request : report.get("requests")) {
      assertThat(request.get("unmet")).isEmpty();
      assertThat(request.at("/nll/unlearned").asDouble())
          .as("loss of %s", request)
          .isPositive()
          .isNotEqualTo(request.at("/nll/original").asDouble());
      requested += request.get("tokens").asLong();
    }
    ObjectMapper json = new ObjectMapper();
    JsonNode coverage = json.readTree(folder.resolve("run/coverage.json").toFile());
    assertThat(coverage.at("/asked/documents").asInt()).isEqualTo(3);
    assertThat(coverage.get("trained")).isEqualTo(coverage.get("asked"));
    long stepped = 0;
    for (String step : Files.readAllLines(folder.resolve("run/steps.jsonl"))) {
      stepped += json.readTree(step).at("/counts/forget.ascent").asLong();
    }
    assertThat(stepped).as("tokens to forget in all steps").isEqualTo(requested);
  }

  private static double nll(JsonNode scores, String model, String split) {
    for (JsonNode row : scores) {
      if (row.path("model").asText().equals(model)
          && row.path("split").asText().equals(split)
          && row.path("domain").asText().equals("*")) {
        return row.path("nll").asDouble();
      }
    }
    throw new AssertionError("no score of " + model + " on " + split);
  }

  private static List<String> names(ModelSource model) {
    return Safetensors.open(new org.apache.hadoop.fs.Path(model.path(), "model.safetensors"), FILES)
        .tensors()
        .stream()
        .map(NamedShape::name)
        .sorted()
        .toList();
  }

  /** A tied model of random weights in the layout of the original GPT-2, or with SmolLM2's keys. */
  private ModelSource untrained(String name, String family, UnaryOperator<String> rename)
      throws IOException {
    org.apache.hadoop.fs.Path given = new org.apache.hadoop.fs.Path(folder + "/model");
    ObjectNode config =
        (ObjectNode) FILES.readJson(new org.apache.hadoop.fs.Path(given, "config.json"));
    if (family.equals("gpt2")) {
      config.retain("vocab_size", "bos_token_id", "eos_token_id");
      config.put("model_type", "gpt2").put("n_ctx", 256).put("n_positions", 256);
      config.put("n_embd", 16).put("n_head", 2).put("n_layer", 1);
    } else {
      config.put("is_llama_config", true).put("rope_interleaved", false);
      config.putObject("transformers.js_config").put("dtype", "q4");
      config.put("tie_word_embeddings", true);
    }
    org.apache.hadoop.fs.Path template =
        new org.apache.hadoop.fs.Path(folder + "/template-" + name);
    FILES.writeJson(new org.apache.hadoop.fs.Path(template, "config.json"), config);
    FILES.write(
        new org.apache.hadoop.fs.Path(template, "tokenizer.json"),
        FILES.read(new org.apache.hadoop.fs.Path(given, "tokenizer.json")));
    Architecture network = new ModelSource(template.toString(), Map.of()).architecture();
    InitialWeights weights = new InitialWeights(network, 0.1, 1);
    Map<String, String> own = new LinkedHashMap<>();
    List<NamedShape> stored = new ArrayList<>();
    for (NamedShape tensor : network.tensors()) {
      own.put(rename.apply(tensor.name()), tensor.name());
      stored.add(new NamedShape(rename.apply(tensor.name()), tensor.shape()));
    }
    if (family.equals("gpt2")) {
      stored.add(NamedShape.of(rename.apply("transformer.h.0.attn.bias"), 1, 1, 256, 256));
    }
    new HfWriter(
            new org.apache.hadoop.fs.Path(folder.resolve(name).toString()),
            HfFolder.open(template, FILES),
            Dtype.FLOAT32,
            TinyLlama.SHARD_BYTES)
        .write(
            stored,
            (tensor, from, to, offset, count) -> {
              if (own.containsKey(tensor)) {
                weights.read(own.get(tensor), from, to, offset, count);
              }
            },
            TestOrigin.MADE);
    return new ModelSource(folder.resolve(name).toString(), Map.of());
  }

  @Test
  void aKilledUnlearningLeavesNoOldModelAndGoesOnUnlessItIsToBeginAnew() throws IOException {
    Path conf = prepared();
    String[] first = {"train.checkpoint-every=1", "evaluate.at-steps=[1]"};
    run(Verb.UNLEARN, conf, first);
    byte[] before = weights("run/model");
    byte[] onTheWay = weights("run/model-at-steps/1");
    assertThat(onTheWay).isNotEqualTo(before).isNotEqualTo(weights("model"));
    Path evaluation =
        Files.createDirectories(folder.resolve("run/scores")).resolve("evaluation.json");
    Files.writeString(evaluation, "{}");

    String[] other = {
      "train.checkpoint-every=1", "unlearn.method=gradient-ascent", "evaluate.at-steps=[1]"
    };
    dies(Verb.UNLEARN, conf, with(List.of(other), "overwrite=true"));
    assertThat(folder.resolve("run/model/config.json")).as("the old model's commit").doesNotExist();
    assertThat(evaluation).as("what was made from it").doesNotExist();
    assertThat(folder.resolve("run/checkpoints/unlearn/step-00000001")).exists();
    // Killed again: overwrite=true begins anew each time.
    assertThat(dies(Verb.UNLEARN, conf, with(List.of(other), "overwrite=true")))
        .doesNotContain("Resuming");
    assertThat(run(Verb.UNLEARN, conf, other))
        .contains("Resuming from the checkpoint of step 1 of 2")
        .doesNotContain("finished before");
    assertThat(weights("run/model")).isNotEqualTo(before);
    assertThat(weights("run/model-at-steps/1"))
        .as("kept before the checkpoint from which the last driver went on")
        .isNotEqualTo(onTheWay)
        .isNotEqualTo(weights("run/model"));
    assertThat(Files.readAllLines(folder.resolve("run/steps.jsonl"))).hasSize(2);

    String[] fast = {"unlearn.method=gradient-ascent", "train.learning-rate=0.3"};
    run(Verb.UNLEARN, conf, with(List.of(fast), "overwrite=true"));
    assertThat(folder.resolve("run/model-at-steps")).as("not asked for any more").doesNotExist();
    run(Verb.EVALUATE, conf, fast);
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    List<String> asked = List.of(with(List.of(fast), "report.require=[matched,damage]"));
    assertThat(
            Pipeline.before(
                    RunConfig.read(Verb.REPORT, conf, asked),
                    new Console(new PrintStream(said, true, StandardCharsets.UTF_8)))
                .run())
        .as("ascent ruins what is to be kept")
        .hasValueSatisfying(
            why ->
                assertThat(why)
                    .contains("report.require is matched, the verdict is undecided")
                    .containsPattern(
                        "report.limits.damage is 0.3, .*the loss on retain rose by [1-9][0-9.]* nats per token"));
  }

  /** An adapter that is written alone is the model that it is merged into elsewhere. */
  @Test
  void anAdapterIsWrittenAloneOrMergedAndReported() throws IOException {
    Path conf = prepared();
    List<String> lora =
        List.of("train.lora.rank=2", "train.lora.alpha=8", "train.learning-rate=0.1");
    copy("alone");
    String[] alone =
        with(
            lora,
            "run.dir=" + folder.resolve("alone"),
            "train.lora.write=adapter",
            "evaluate.at-steps=[1,2,7]");
    run(Verb.UNLEARN, conf, alone);
    assertThat(folder.resolve("alone/model/config.json")).doesNotExist();
    assertThat(run(Verb.UNLEARN, conf, alone)).contains("unlearn: finished before");

    String[] both =
        with(
            lora,
            "train.lora.write=both",
            "evaluate.models={other=\"" + folder.resolve("alone/model") + "\"}");
    run(Verb.UNLEARN, conf, both);
    assertThat(Files.readAllBytes(folder.resolve("run/model/adapter/adapter_model.safetensors")))
        .isEqualTo(Files.readAllBytes(folder.resolve("alone/model/adapter_model.safetensors")));
    run(Verb.EVALUATE, conf, both);
    run(Verb.REPORT, conf, both);
    assertThat(folder.resolve("run/report/summary.md"))
        .content()
        .contains(
            "trained: an adapter of rank 2, alpha 8.0, on all-linear; written: the model with the adapter merged into it, and the adapter beside it");
    JsonNode report =
        new ObjectMapper().readTree(folder.resolve("run/report/report.json").toFile());
    double unlearned = nll(report.get("scores"), "unlearned", "forget");
    assertThat(unlearned)
        .isEqualTo(nll(report.get("scores"), "other", "forget"))
        .isNotEqualTo(nll(report.get("scores"), "original", "forget"));

    assertThat(run(Verb.EVALUATE, conf, alone))
        .contains("evaluate: original, unlearned, step-1, step-2")
        .contains("evaluate: no model after step 7 was kept: the training ended sooner, or ");
    assertThat(
            Files.readAllBytes(folder.resolve("alone/model-at-steps/2/adapter_model.safetensors")))
        .isEqualTo(Files.readAllBytes(folder.resolve("alone/model/adapter_model.safetensors")));
    assertThat(run(Verb.EVALUATE, conf, alone)).contains("evaluate: finished before");
    assertThat(run(Verb.REPORT, conf, alone)).doesNotContain("step-1");
    JsonNode course =
        new ObjectMapper()
            .readTree(folder.resolve("alone/report/report.json").toFile())
            .get("over_training");
    assertThat(course.get("steps")).hasToString("[0,1,2]");
    JsonNode losses = curve(course, "scores.nll", "forget");
    assertThat(losses.get(0).asDouble())
        .isEqualTo(nll(report.get("scores"), "original", "forget"))
        .isNotEqualTo(losses.get(1).asDouble());
    assertThat(losses.get(2).asDouble())
        .isEqualTo(unlearned)
        .isNotEqualTo(losses.get(1).asDouble());
    assertThat(folder.resolve("alone/report/summary.md"))
        .content()
        .contains(
            "written: the adapter alone: whoever leaves it out has the model that forgot nothing");
    assertThat(
            nll(
                new ObjectMapper()
                    .readTree(folder.resolve("alone/report/report.json").toFile())
                    .get("scores"),
                "unlearned",
                "forget"))
        .isEqualTo(unlearned);

    String[] minimal = with(List.of(alone), "run.keep=minimal");
    assertThat(run(Verb.REPORT, conf, minimal)).contains("run.keep=minimal: deleted ");
    assertThat(folder.resolve("alone/model-at-steps")).doesNotExist();
    assertThat(run(Verb.EVALUATE, conf, minimal))
        .contains("evaluate: finished before")
        .doesNotContain("no model after step");

    run(Verb.UNLEARN, conf, "overwrite=true");
    assertThat(folder.resolve("run/model/adapter")).as("of the model before").doesNotExist();
  }

  @Test
  void anAdapterThatCannotBeTrainedOrWrittenIsRefusedBeforeAnything() throws IOException {
    Path conf = prepared();
    assertRefused(Verb.UNLEARN, conf, "train.lora.rank=2", "train.lora.targets=[c_attn]")
        .contains("train.lora.targets has \"c_attn\", which is no module of the model");
    assertRefused(Verb.UNLEARN, conf, "train.lora.rank=2", "train.lora.alpha=0")
        .contains("train.lora.alpha must not be 0");
    assertRefused(
            Verb.PRETRAIN,
            conf,
            "pretrain.enabled=true",
            "pretrain.model=" + folder.resolve("model"),
            "pretrain.lora.rank=2",
            "train.lora.write=adapter")
        .contains(
            "pretrain.lora.write must be merged, was adapter: random weights are no base model");
    assertThat(folder.resolve("run/model")).doesNotExist();
  }

  @Test
  void aModelMadeFromOtherInputsOrDamagedIsRefusedByEveryLaterStage() throws IOException {
    Path conf = prepared();
    run(Verb.UNLEARN, conf);
    assertThat(run(Verb.UNLEARN, conf)).contains("unlearn: finished before");

    byte[] original = weights("model");
    byte[] other = original.clone();
    other[other.length - 1] ^= 1; // the sign of a weight's last byte: another model
    Files.write(folder.resolve("model/model.safetensors"), other);
    for (Verb verb : List.of(Verb.UNLEARN, Verb.EVALUATE)) {
      assertRefused(verb, conf)
          .contains("run/model: unlearn made it from other inputs (original model: was ")
          .contains("run unlearn again with overwrite=true");
    }
    Files.write(folder.resolve("model/model.safetensors"), original);

    byte[] unlearned = weights("run/model");
    byte[] damaged = unlearned.clone();
    damaged[damaged.length / 2] ^= 1;
    Files.write(folder.resolve("run/model/model.safetensors"), damaged);
    assertRefused(Verb.EVALUATE, conf)
        .contains("run/model: model.safetensors changed since unlearn wrote it");
    Files.write(folder.resolve("run/model/model.safetensors"), unlearned);
    run(Verb.EVALUATE, conf);
    run(Verb.REPORT, conf);

    Path manifest = folder.resolve("run/corpus/manifest.json");
    String chunks = new ObjectMapper().readTree(manifest.toFile()).path("chunks_sha256").asText();
    Files.writeString(manifest, Files.readString(manifest).replace(chunks, "0".repeat(64)));
    assertRefused(Verb.REPORT, conf)
        .contains("scores/evaluation.json is of other files than the run folder has")
        .contains("run/corpus: scored %s, is %s".formatted(chunks, "0".repeat(64)))
        .doesNotContain("run/model:");
    assertRefused(Verb.UNLEARN, conf)
        .contains("other inputs (chunks: was " + chunks.substring(0, 12));
  }

  private static AbstractStringAssert<?> assertRefused(Verb verb, Path conf, String... pairs) {
    InvalidSettings refused =
        catchThrowableOfType(InvalidSettings.class, () -> run(verb, conf, pairs));
    return assertThat(refused.getMessage()).as(verb.spelling());
  }

  /** From the finetuned model to the report, with no worker and no step. */
  @Test
  void aTaskVectorIsTakenOffWithoutTraining() throws IOException {
    Path conf = prepared();
    copy("taught");
    String[] forget = {"run.dir=" + folder.resolve("taught"), "finetune.splits=[forget]"};
    run(Verb.FINETUNE, conf, with(List.of(forget), "train.learning-rate=0.01"));
    Path taught = folder.resolve("taught/finetuned");
    List<String> taskVector =
        List.of(
            "unlearn.method=task-vector",
            "unlearn.reinforced-model=" + taught,
            "train.workers=7"); // more than local[1] has room for
    String[] half = with(taskVector, "unlearn.task-vector-scale=0.5");
    String said = run(Verb.UNLEARN, conf, half);
    assertThat(said)
        .contains("without 0.5 times what file:" + taught + " has more than")
        .doesNotContain("worker", "step 1");
    assertThat(folder.resolve("run/coverage.json")).as("nothing was trained on").doesNotExist();
    assertThat(folder.resolve("run/steps.jsonl")).doesNotExist();
    float[] w = values("model");
    float[] f = values("taught/finetuned");
    float[] made = values("run/model");
    for (int i = 0; i < w.length; i++) {
      assertThat(made[i]).isEqualTo((float) (w[i] - 0.5 * ((double) f[i] - w[i])));
    }
    assertThat(made).isNotEqualTo(w);
    JsonNode origin = new ObjectMapper().readTree(folder.resolve("run/model/lethe.json").toFile());
    assertThat(origin.at("/made/stage").asText()).isEqualTo("unlearn");
    assertThat(origin.at("/made/models/reinforced").asText()).hasSize(64);
    assertThat(origin.at("/made/run/parts/unlearn.task-vector-scale").asDouble()).isEqualTo(0.5);

    assertThat(run(Verb.UNLEARN, conf, half)).contains("unlearn: finished before");
    assertRefused(Verb.UNLEARN, conf, with(taskVector, "unlearn.task-vector-scale=1"))
        .contains("unlearn.task-vector-scale was 0.5, is 1")
        .contains("overwrite=true");
    run(Verb.EVALUATE, conf, with(List.of(half), "train.workers=1"));
    run(Verb.REPORT, conf, half);
    JsonNode report =
        new ObjectMapper().readTree(folder.resolve("run/report/report.json").toFile());
    assertThat(nll(report.get("scores"), "unlearned", "forget"))
        .isGreaterThan(nll(report.get("scores"), "original", "forget"));

    String[] once = with(taskVector, "unlearn.task-vector-scale=1", "overwrite=true");
    run(Verb.UNLEARN, conf, once);
    assertThat(values("run/model")).isNotEqualTo(made);
    Files.delete(folder.resolve("taught/run.json")); // it holds to the settings of the first
    run(Verb.FINETUNE, conf, with(List.of(forget), "train.steps=1", "overwrite=true"));
    assertRefused(Verb.UNLEARN, conf, with(taskVector, "unlearn.task-vector-scale=1"))
        .contains("(reinforced model: was ");
  }

  /** The multiple with which the forget loss is that of unseen text. */
  @Test
  void aTaskVectorsScaleIsFoundByTheLossItBrings() throws IOException {
    Path conf = prepared();
    copy("known");
    copy("taught");
    copy("by-hand");
    // A model that knows the text to forget, and one that knows it better.
    String[] known = {"run.dir=" + folder.resolve("known"), "finetune.splits=[forget]"};
    run(Verb.FINETUNE, conf, with(List.of(known), "train.learning-rate=0.01", "train.steps=30"));
    String model = "model.path=" + folder.resolve("known/finetuned");
    String[] taught = {"run.dir=" + folder.resolve("taught"), "finetune.splits=[forget]", model};
    run(Verb.FINETUNE, conf, with(List.of(taught), "train.learning-rate=0.01", "train.steps=10"));
    List<String> asked =
        List.of(
            model,
            "unlearn.method=task-vector",
            "unlearn.reinforced-model=" + folder.resolve("taught/finetuned"));
    String target = "unlearn.task-vector-scale=target";
    String said = run(Verb.UNLEARN, conf, with(asked, target));
    JsonNode found =
        new ObjectMapper().readTree(folder.resolve("run/task-vector-scale.json").toFile());
    double scale = found.get("scale").asDouble();
    assertThat(said)
        .contains("unlearn: unlearn.task-vector-scale is " + SweepSettings.rate(scale))
        .contains("unlearn: task-vector: without 1 times, the forget loss");
    double nll = Double.NaN;
    for (JsonNode tried : found.get("tried")) {
      nll = tried.get("scale").asDouble() == scale ? tried.get("nll").asDouble() : nll;
    }
    assertThat(nll).isCloseTo(found.get("target").asDouble(), within(0.15));
    assertThat(folder.resolve("run/task-vector-trial")).doesNotExist();
    JsonNode origin = new ObjectMapper().readTree(folder.resolve("run/model/lethe.json").toFile());
    assertThat(origin.at("/made/run/parts/unlearn.task-vector-scale").asDouble()).isEqualTo(scale);
    run(
        Verb.UNLEARN,
        conf,
        with(asked, "unlearn.task-vector-scale=" + scale, "run.dir=" + folder.resolve("by-hand")));
    assertThat(weights("run/model")).isEqualTo(weights("by-hand/model"));

    // What was tried is not tried again.
    Files.delete(folder.resolve("run/model/config.json"));
    assertThat(run(Verb.UNLEARN, conf, with(asked, target))).doesNotContain("task-vector: without");
    assertThat(new ObjectMapper().readTree(folder.resolve("run/task-vector-scale.json").toFile()))
        .isEqualTo(found);

    // The vector of a model that is the reference itself leads nowhere.
    assertRefused(
            Verb.UNLEARN,
            conf,
            model,
            "unlearn.method=task-vector",
            "unlearn.reinforced-model=" + folder.resolve("known/finetuned"),
            target,
            "overwrite=true")
        .contains("Cannot find unlearn.task-vector-scale: none brings the forget loss from ")
        .contains("Scales and losses: 1 ");
    assertThat(folder.resolve("run/model/config.json")).doesNotExist();
  }

  /** From a model that knows the forget split by heart to one that is at its target. */
  @Test
  void aRangeTestFindsTheRateOnceAndTrainingBeginsAnew() throws IOException {
    Path conf = prepared();
    copy("taught");
    copy("by-hand");
    copy("short");
    String[] forget = {"run.dir=" + folder.resolve("taught"), "finetune.splits=[forget]"};
    run(Verb.FINETUNE, conf, with(List.of(forget), "train.learning-rate=0.01", "train.steps=30"));
    List<String> asked =
        List.of(
            "model.path=" + folder.resolve("taught/finetuned"),
            "unlearn.method=gradient-ascent",
            "stop.at-target=true",
            "train.steps=40",
            "train.lr-schedule=constant",
            "train.warmup-ratio=0",
            "train.checkpoint-every=20");
    String target = "train.learning-rate=target";
    String said = run(Verb.UNLEARN, conf, with(asked, target));
    JsonNode found = new ObjectMapper().readTree(folder.resolve("run/range-test.json").toFile());
    double rate = found.get("rate").asDouble();
    assertThat(said)
        .contains("unlearn: a range test finds the learning rate: at most 30 steps at rates from")
        .contains("unlearn: train.learning-rate is " + SweepSettings.rate(rate) + ": rates that")
        .doesNotContain("range-test: Warning");
    assertThat(found.get("factors").asDouble()).isEqualTo(40);
    JsonNode points = found.at("/curve/points");
    assertThat(points.get(0).get("nll").asDouble())
        .isLessThan(found.at("/curve/target").asDouble());
    assertThat(points.get(0).at("/losses/forget.ascent").asDouble()).isNegative();
    assertThat(folder.resolve("run/checkpoints/range-test")).doesNotExist();
    JsonNode stop = new ObjectMapper().readTree(folder.resolve("run/stop.json").toFile());
    assertThat(stop.get("steps").asInt()).as("of the 40 that the rate is for").isBetween(10, 40);

    // The same rate, given as a number, makes the same model.
    run(
        Verb.UNLEARN,
        conf,
        with(asked, "train.learning-rate=" + rate, "run.dir=" + folder.resolve("by-hand")));
    assertThat(weights("run/model")).isEqualTo(weights("by-hand/model"));
    assertThat(folder.resolve("by-hand/range-test.json")).doesNotExist();

    // A run that goes on takes what was found; without the file it is found again.
    Files.delete(folder.resolve("run/model/config.json"));
    assertThat(run(Verb.UNLEARN, conf, with(asked, target)))
        .contains(", as found before: ")
        .doesNotContain("range-test:");
    Files.delete(folder.resolve("run/model/config.json"));
    Files.delete(folder.resolve("run/range-test.json"));
    assertThat(run(Verb.UNLEARN, conf, with(asked, target))).contains("range-test: 30 steps");
    assertThat(new ObjectMapper().readTree(folder.resolve("run/range-test.json").toFile()))
        .isEqualTo(found);

    sweepsWithTheRateThatIsFound(conf, asked, rate);

    // A term of which each step brings less than the one before is given more.
    String fading = "run.dir=" + folder.resolve("fading");
    copy(prepared.resolve("run"), "fading");
    run(Verb.UNLEARN, conf, with(asked, target, fading, "unlearn.method=weighted-ascent"));
    JsonNode faded = new ObjectMapper().readTree(folder.resolve("fading/range-test.json").toFile());
    assertThat(faded.get("finding").asText()).contains("; small steps are given 3 times that");
    double sum =
        Double.parseDouble(faded.get("finding").asText().replaceAll(".* up to (\\S+) .*", "$1"));
    assertThat(faded.get("rate").asDouble())
        .isCloseTo(3 * sum / (2.0 / 3 * 40), withinPercentage(1));

    // An adapter begins as its base does, and needs higher rates.
    copy(prepared.resolve("run"), "adapted");
    String adapted =
        run(
            Verb.UNLEARN,
            conf,
            with(
                asked,
                target,
                "train.lora.rank=2",
                "train.range-test.highest-rate=5",
                "run.dir=" + folder.resolve("adapted")));
    JsonNode adapter =
        new ObjectMapper().readTree(folder.resolve("adapted/range-test.json").toFile());
    assertThat(adapter.get("rate").asDouble()).isGreaterThan(rate);
    assertThat(adapted).contains(SweepSettings.rate(adapter.get("rate").asDouble()) + ": rates");
    assertThat(adapter.at("/curve/points/0/nll").asDouble())
        .isEqualTo(points.at("/0/nll").asDouble());

    assertRefused(
            Verb.UNLEARN,
            conf,
            with(
                asked,
                target,
                "train.range-test.highest-rate=2e-5",
                "run.dir=" + folder.resolve("short")))
        .contains("Cannot find a learning rate, for the forget loss came from ")
        .contains("at rates up to 2.0e-05; nothing was trained. Rates and forget losses: 1.")
        .contains("range-test.json has the whole range test");
    assertThat(folder.resolve("short/model")).doesNotExist();
  }

  private void sweepsWithTheRateThatIsFound(Path conf, List<String> asked, double rate)
      throws IOException {
    Settings settings =
        Settings.load(
            conf,
            Stream.concat(
                    asked.stream(),
                    Stream.of(
                        "sweep.rates=target",
                        "train.learning-rate=target",
                        "report.band=10",
                        "run.dir=" + folder.resolve("swept")))
                .toList());
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    new Sweep(settings, new Console(new PrintStream(said, true, StandardCharsets.UTF_8))).execute();
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("sweep: run 1 of 1: gradient-ascent-target")
        .contains(
            "unlearn.method = \"gradient-ascent\", train.learning-rate = "
                + SweepSettings.rate(rate));
    JsonNode compared =
        new ObjectMapper().readTree(folder.resolve("swept/report/compare.json").toFile());
    assertThat(compared.at("/runs/0/learning_rate").asDouble()).isEqualTo(rate);
  }

  @Test
  void namesAreReplacedByADictionaryWhoseBrokenLineIsNamed() throws IOException {
    Path conf = prepared();
    copy("taught");
    String[] forget = {"run.dir=" + folder.resolve("taught"), "finetune.splits=[forget]"};
    run(Verb.FINETUNE, conf, with(List.of(forget), "train.learning-rate=0.01"));
    Path dictionary = Files.writeString(folder.resolve("terms.tsv"), "the\ta\nof of\n");
    String[] method = {
      "unlearn.method=whos-harry-potter+kl",
      "unlearn.reinforced-model=" + folder.resolve("taught/finetuned"),
      "unlearn.replacements=" + dictionary
    };
    assertRefused(Verb.UNLEARN, conf, method)
        .contains("unlearn.replacements " + dictionary)
        .contains("line 2 must be a term, one tab and its replacement, was \"of of\"");
    assertThat(folder.resolve("run/labels")).doesNotExist();
    Files.writeString(dictionary, "the\ta\n");
    assertThat(run(Verb.UNLEARN, conf, method)).contains("unlearn: forget.whos-harry-potter");
    String sha256 = FILES.sha256(new org.apache.hadoop.fs.Path(dictionary.toString()));
    assertThat(folder.resolve("run/labels/generic-forget/_manifest.json"))
        .content()
        .contains(sha256);
    assertThat(weights("run/model")).isNotEqualTo(weights("model"));
    copy(prepared.resolve("run"), "plain");
    run(Verb.UNLEARN, conf, "run.dir=" + folder.resolve("plain"));
    assertThat(firstCount("run", "forget.whos-harry-potter"))
        .as("positions with labels in the same chunks, of which some are within names")
        .isPositive()
        .isLessThan(firstCount("plain", "forget.ascent"));
  }

  /** From a model of another shape, whose labels outlast what is made of them. */
  @Test
  void labelsOfAnotherModelAreMadeOnceAndReported() throws IOException {
    Path conf = prepared();
    org.apache.hadoop.fs.Path wide =
        new org.apache.hadoop.fs.Path(folder.resolve("wide").toString());
    new ByteLlama(32, 1, 2, 1, 48, 256, 0.02).write(wide, FILES);
    ModelSource teacher = new ModelSource(wide.toString(), Map.of());
    new HfWriter(
            new org.apache.hadoop.fs.Path(folder.toString(), "wide-weights"),
            HfFolder.open(wide, FILES),
            Dtype.FLOAT32,
            TinyLlama.SHARD_BYTES)
        .write(
            teacher.architecture().tensors(),
            new InitialWeights(teacher.architecture(), 0.02, 5),
            TestOrigin.MADE);
    Files.copy(
        folder.resolve("wide-weights/model.safetensors"), folder.resolve("wide/model.safetensors"));
    List<String> asked =
        List.of(
            "unlearn.method=stored-labels",
            "unlearn.teacher=" + folder.resolve("wide"),
            "unlearn.stored-copies=2",
            "unlearn.stored-noise=0.3",
            "unlearn.stored-ascent-weight=0.5",
            "train.learning-rate=0.01");
    assertThat(run(Verb.UNLEARN, conf, with(asked)))
        .contains(
            "unlearn: labels of ", "outside of the 64 likeliest tokens", "forget.stored-labels");
    Path manifest = folder.resolve("run/labels/stored-forget/_manifest.json");
    var written = Files.getLastModifiedTime(manifest);
    byte[] first = weights("run/model");
    JsonNode made = new ObjectMapper().readTree(folder.resolve("run/stored-labels.json").toFile());
    assertThat(made.path("positions").asLong())
        .as("of all chunks, of which the first step has some")
        .isGreaterThanOrEqualTo(firstCount("run", "forget.stored-labels"));
    assertThat(made.path("rest_mean").asDouble())
        .isBetween(1e-6, made.path("rest_most").asDouble());
    assertThat(made.path("error_mean").asDouble()).isPositive();
    JsonNode origin = new ObjectMapper().readTree(folder.resolve("run/model/lethe.json").toFile());
    assertThat(origin.at("/made/models/teacher").asText())
        .isEqualTo(made.path("teacher").asText())
        .hasSize(64);

    Files.delete(folder.resolve("run/model/config.json")); // as if killed before the end
    run(Verb.UNLEARN, conf, with(asked));
    assertThat(weights("run/model")).isEqualTo(first);
    assertThat(Files.getLastModifiedTime(manifest)).as("made once").isEqualTo(written);
    run(Verb.EVALUATE, conf, with(asked));
    run(Verb.REPORT, conf, with(asked));
    JsonNode report =
        new ObjectMapper().readTree(folder.resolve("run/report/report.json").toFile());
    assertThat(report.path("stored_labels")).isEqualTo(made);
    assertThat(folder.resolve("run/report/summary.md"))
        .content()
        .contains("Labels were made once before training (2 copies, noise 0.3, seed 42");

    copy("quantiles");
    assertRefused(
            Verb.UNLEARN,
            conf,
            with(
                asked,
                "unlearn.calibrated-factor=quantiles",
                "corpus.splits.approximate=null",
                "run.dir=" + folder.resolve("quantiles")))
        .contains("unlearn.calibrated-factor must be a number without corpus.splits.approximate");
  }

  @Test
  void aTaskVectorRefusesWhatStepsAreFor() throws IOException {
    Path conf = prepared();
    List<String> taskVector =
        List.of(
            "unlearn.method=task-vector", "unlearn.reinforced-model=" + folder.resolve("other"));
    assertRefused(
            Verb.UNLEARN,
            conf,
            with(taskVector, "stop.at-target=true", "train.lora.rank=2", "evaluate.at-steps=[1]"))
        .contains("stop.at-target must be false for task-vector, which makes no steps")
        .contains("train.lora.rank must be 0 for task-vector, which trains no adapter")
        .contains("evaluate.at-steps must be empty for task-vector, which makes no steps");
    untrained("other", "gpt2", name -> name);
    assertRefused(Verb.UNLEARN, conf, with(taskVector))
        .contains(
            "unlearn.reinforced-model must name a model of the same shape as the one to unlearn, %s, was %s: one is a llama, the other a gpt2"
                .formatted(folder.resolve("model"), folder.resolve("other")));
    assertThat(folder.resolve("run/model")).doesNotExist();
  }

  private long firstCount(String run, String term) throws IOException {
    String step = Files.readAllLines(folder.resolve(run).resolve("steps.jsonl")).get(0);
    return new ObjectMapper().readTree(step).path("counts").path(term).asLong();
  }

  private float[] values(String model) {
    ModelSource source = new ModelSource(folder.resolve(model).toString(), Map.of());
    float[] values = new float[Math.toIntExact(source.architecture().elements())];
    source.read(
        source.architecture(),
        (offset, piece, from, count) ->
            System.arraycopy(piece, from, values, Math.toIntExact(offset), count));
    return values;
  }

  @Test
  void whatWasForgottenIsCountedAgainstWhatWasAsked() throws IOException {
    Path conf = prepared();
    String said = run(Verb.UNLEARN, conf); // two steps of two
    JsonNode coverage = new ObjectMapper().readTree(folder.resolve("run/coverage.json").toFile());
    long asked = coverage.at("/asked/chunks").asLong();
    assertThat(asked).isGreaterThan(4);
    assertThat(coverage.at("/version").asInt()).isEqualTo(1);
    assertThat(coverage.at("/steps").asInt()).isEqualTo(2);
    assertThat(coverage.at("/trained/chunks").asLong()).isEqualTo(4);
    assertThat(coverage.at("/trained/tokens").asLong())
        .isLessThan(coverage.at("/asked/tokens").asLong());
    long documents = coverage.at("/asked/documents").asLong();
    assertThat(coverage.at("/trained/documents").asLong()).isBetween(1L, documents);
    assertThat(said)
        .contains("Warning: %d of %d chunks of forget are in no step".formatted(asked - 4, asked))
        .contains("train.steps=%d would use them all".formatted((asked + 1) / 2))
        .contains("Warning: %d of %d forget chunks (".formatted(asked - 4, asked));

    said = run(Verb.UNLEARN, conf, "overwrite=true", "train.steps=null", "train.epochs=1");
    coverage = new ObjectMapper().readTree(folder.resolve("run/coverage.json").toFile());
    assertThat(coverage.get("trained")).isEqualTo(coverage.get("asked"));
    assertThat(coverage.at("/steps").asLong()).isEqualTo((asked + 1) / 2);
    assertThat(said).doesNotContain("Warning");
  }

  @Test
  void refusesWhatWouldNotBeRetraining() throws IOException {
    Path conf = SmallRun.in(folder);
    assertThatThrownBy(() -> RunConfig.read(Verb.RETRAIN, conf, List.of()))
        .hasMessageContaining("retrain.initial-weights must name the Hugging Face folder");
    assertThatThrownBy(() -> RunConfig.read(Verb.UNLEARN, conf, List.of("retrain.splits=[forget]")))
        .hasMessageContaining("retrain.splits must not name forget");
    assertThatThrownBy(
            () -> RunConfig.read(Verb.FINETUNE, conf, List.of("finetune.splits=[retian]")))
        .hasMessageContaining("finetune.splits names \"retian\"; the splits are forget, retain");
  }

  @Test
  void anEvaluationAskedForMoreIsNotFinishedBefore() throws IOException {
    Path conf = SmallRun.in(folder);
    assertThat(run(Verb.RUN, conf, "dry-run=true")).contains("dry-run: the settings");
    assertThat(folder.resolve("run")).as("a dry run writes nothing").doesNotExist();
    copy(prepared.resolve("run"), "run");
    run(Verb.UNLEARN, conf);
    assertThat(run(Verb.EVALUATE, conf)).doesNotContain("finished before");
    assertThat(run(Verb.EVALUATE, conf)).contains("evaluate: finished before");
    Path task =
        Files.writeString(
            folder.resolve("t.jsonl"),
            "{\"query\": \"a\", \"choices\": [\"b\", \"c\"], \"gold\": 0}\n");
    String tasks = "evaluate.tasks=[{ name = t, path = \"" + task + "\" }]";
    assertThat(run(Verb.EVALUATE, conf, tasks))
        .contains("evaluate: reusing the scores of original")
        .doesNotContain("finished before");
    assertThat(run(Verb.EVALUATE, conf, tasks)).contains("evaluate: finished before");
    assertThat(run(Verb.EVALUATE, conf, tasks, "evaluate.models.again=" + folder.resolve("model")))
        .contains("evaluate: original, unlearned, again");

    String[] robust = {
      "evaluate.robustness.relearn-steps=[1,2]", "evaluate.robustness.quantize=[int8]"
    };
    assertThat(run(Verb.EVALUATE, conf, robust)).contains("evaluate: unlearned int8, ");
    assertThat(run(Verb.EVALUATE, conf, robust)).contains("evaluate: finished before");
    JsonNode checks =
        new ObjectMapper().readTree(folder.resolve("run/scores/robustness.json").toFile());
    assertThat(checks.at("/checks/1/finding").asText()) // each domain has one document
        .startsWith("it could not be measured: relearning needs a domain with two documents");
  }

  private static JsonNode curve(JsonNode course, String metric, String split) {
    for (JsonNode curve : course.get("curves")) {
      if (curve.get("metric").asText().equals(metric)
          && curve.get("split").asText().equals(split)
          && curve.get("domain").asText().equals("*")) {
        return curve.get("values");
      }
    }
    throw new AssertionError("no curve of " + metric + " on " + split);
  }

  private static String[] with(List<String> pairs, String... more) {
    return java.util.stream.Stream.concat(pairs.stream(), java.util.Arrays.stream(more))
        .toArray(String[]::new);
  }

  private static String run(Verb verb, Path conf, String... pairs) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    assertThat(Pipeline.before(RunConfig.read(verb, conf, List.of(pairs)), new Console(out)).run())
        .isEmpty();
    return said.toString(StandardCharsets.UTF_8);
  }

  /** Runs until the last step is to be shown, where the terminal fails; gives what was said. */
  private static String dies(Verb verb, Path conf, String... pairs) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out =
        new PrintStream(said, true, StandardCharsets.UTF_8) {
          @Override
          public void println(String line) {
            if (line.contains("step 2/2")) {
              throw new IllegalStateException("the terminal is gone");
            }
            super.println(line);
          }
        };
    assertThatThrownBy(
            () ->
                Pipeline.before(RunConfig.read(verb, conf, List.of(pairs)), new Console(out)).run())
        .hasMessageContaining("the terminal is gone");
    return said.toString(StandardCharsets.UTF_8);
  }

  /** A run file as {@link SmallRun} makes it, with the corpus prepared. */
  private Path prepared() throws IOException {
    Path conf = SmallRun.in(folder);
    copy(prepared.resolve("run"), "run");
    return conf;
  }

  /** A run folder that is prepared, under another name. */
  private void copy(String name) throws IOException {
    copy(folder.resolve("run"), name);
  }

  /** All but run.json, which would hold later stages to the settings of the first run. */
  private void copy(Path run, String name) throws IOException {
    try (java.util.stream.Stream<Path> files = Files.walk(run)) {
      for (Path file : files.toList()) {
        if (!file.endsWith("run.json")) {
          Files.copy(file, folder.resolve(name).resolve(run.relativize(file)));
        }
      }
    }
  }

  private byte[] weights(String model) throws IOException {
    return Files.readAllBytes(folder.resolve(model).resolve("model.safetensors"));
  }
}
