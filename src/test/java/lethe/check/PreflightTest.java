package lethe.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.SmallRun;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.Encoders;
import lethe.model.network.Architecture;
import lethe.run.Cluster;
import lethe.run.RunConfig;
import lethe.run.Verb;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {
  private static final long GIBI = 1L << 30;

  @TempDir Path folder;

  @Test
  void aModelThatFitsNowhereIsToldWithWhatItNeeds() throws IOException {
    Path conf = SmallRun.in(folder);
    Path model = Files.createDirectory(folder.resolve("huge"));
    new ObjectMapper()
        .writeValue(
            model.resolve("config.json").toFile(),
            Map.of(
                "model_type", "llama",
                "hidden_size", 16384,
                "intermediate_size", 53248,
                "num_attention_heads", 128,
                "num_hidden_layers", 126,
                "vocab_size", 128256));
    ModelSource huge = new ModelSource(model.toString(), Map.of());
    assertThat(problems(conf, cluster("yarn"), huge.architecture()))
        .extracting(problem -> problem.substring(0, problem.indexOf(" must")))
        .containsExactly(
            "spark.driver.memory",
            "spark.executor.memory",
            "spark.executor.memoryOverhead",
            "run.dir", // other hosts do not see it
            "run.dir"); // and it has no room
  }

  @Test
  void aRunFolderOfThisMachineIsRefusedOnManyUnlessTheyAllMountIt() throws IOException {
    Path conf = SmallRun.in(folder);
    ModelSource model = new ModelSource(folder.resolve("model").toString(), Map.of());
    SparkConf yarn = cluster("yarn");
    assertThat(problems(conf, yarn, model.architecture()))
        .singleElement()
        .asString()
        .contains(
            "all hosts of yarn see, was file:" + folder + "/run", "set run.dir-is-shared=true");
    String shared = "run.dir-is-shared=true";
    assertThat(problems(conf, yarn, model.architecture(), shared)).isEmpty();
    assertThat(preflight(conf, yarn).budget(model.architecture(), List.of()))
        .hasSize(3)
        .anySatisfy(line -> assertThat(line).contains("a worker needs"))
        .anySatisfy(line -> assertThat(line).contains("per step over the driver's network card"));
  }

  /** BERT base has 108,891,648 parameters without its pooler: 416 MiB, of which YARN gives 384. */
  @Test
  void theCopiesThatMakeLabelsAreInMemoryAtOnce() throws IOException {
    Path conf = SmallRun.in(folder);
    Architecture model =
        new ModelSource(folder.resolve("model").toString(), Map.of()).architecture();
    long each = 4 * model.elements();
    long fit = (384L << 20) / each - 1; // beside the original
    String[] asked = {
      "run.dir-is-shared=true", "unlearn.method=stored-labels", "unlearn.stored-noise=0.4", ""
    };
    asked[3] = "unlearn.stored-copies=" + fit;
    assertThat(preflight(conf, cluster("yarn"), asked).problems(Optional.of(model), List.of()))
        .noneMatch(problem -> problem.contains("stored labels"));
    asked[3] = "unlearn.stored-copies=" + (fit + 1);
    assertThat(preflight(conf, cluster("yarn"), asked).problems(Optional.of(model), List.of()))
        .anySatisfy(
            problem ->
                assertThat(problem)
                    .startsWith("spark.executor.memoryOverhead must be at least ")
                    .contains("the %d models of".formatted(fit + 2), "was 384m"));
  }

  @Test
  void theEncodersThatJudgeAnswersCountAmongWhatAnExecutorHolds() throws IOException {
    Path conf = SmallRun.in(folder);
    Architecture model =
        new ModelSource(folder.resolve("model").toString(), Map.of()).architecture();
    Architecture encoder =
        Encoders.sentences(
            new ModelConfig(
                "config.json",
                new ObjectMapper()
                    .valueToTree(
                        Map.of(
                            "model_type", "bert",
                            "hidden_size", 768,
                            "intermediate_size", 3072,
                            "num_attention_heads", 12,
                            "num_hidden_layers", 12,
                            "vocab_size", 30522,
                            "type_vocab_size", 2,
                            "max_position_embeddings", 512))));
    String shared = "run.dir-is-shared=true";
    Preflight yarn = preflight(conf, cluster("yarn"), shared);
    assertThat(yarn.problems(Optional.of(model), List.of(encoder)))
        .singleElement()
        .asString()
        .startsWith("spark.executor.memoryOverhead must be at least ")
        .contains("where an evaluation's tensors are", "encoders 416m", "was 384m");
    assertThat(yarn.budget(model, List.of(encoder)))
        .anySatisfy(line -> assertThat(line).contains("encoders that judge answers 416m"));
    SparkConf enough = cluster("yarn").set("spark.executor.memoryOverhead", "1g");
    assertThat(preflight(conf, enough, shared).problems(Optional.of(model), List.of(encoder)))
        .isEmpty();
    SparkConf gpu = cluster("yarn").set("spark.executor.resource.gpu.amount", "1");
    assertThat(preflight(conf, gpu, shared).problems(Optional.of(model), List.of(encoder)))
        .noneMatch(problem -> problem.contains("memoryOverhead"));
    SparkConf alone = new SparkConf(false).set("spark.master", "local[1]");
    assertThat(preflight(conf, alone).problems(Optional.of(model), List.of(encoder))).isEmpty();
  }

  private static SparkConf cluster(String master) {
    SparkConf conf = new SparkConf(false).set("spark.master", master);
    Cluster.protection().forEach(conf::set);
    return conf;
  }

  /** What is wrong with a driver of 2 GiB. */
  private List<String> problems(
      Path file, SparkConf conf, Architecture architecture, String... pairs) {
    return preflight(file, conf, pairs).problems(Optional.of(architecture), List.of());
  }

  private Preflight preflight(Path file, SparkConf conf, String... pairs) {
    RunConfig config = RunConfig.read(Verb.PREFLIGHT, file, List.of(pairs));
    RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
    return new Preflight(config, Optional.of(run), conf, 2 * GIBI);
  }
}
