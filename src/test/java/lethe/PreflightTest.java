package lethe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lethe.folder.RunFolder;
import lethe.model.Architecture;
import lethe.model.ModelSource;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {
  private static final long GIBI = 1L << 30;

  @TempDir Path folder;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

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
    assertThat(problems(conf, cluster("yarn"), huge.architecture(), Map.of("model.path", huge)))
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
    assertThat(problems(conf, yarn, model.architecture(), Map.of("model.path", model)))
        .singleElement()
        .asString()
        .contains("all hosts of yarn see, was file:" + folder + "/run", "set run.shared=true");
    String shared = "run.shared=true";
    assertThat(problems(conf, yarn, model.architecture(), Map.of("model.path", model), shared))
        .isEmpty();
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("a step over the driver's network card");
  }

  @Test
  void modelsOfOtherShapesAndTokenizersAreNamed() throws IOException {
    Path conf = SmallRun.in(folder);
    Path other = Files.createDirectory(folder.resolve("other"));
    for (String file : List.of("config.json", "tokenizer.json")) {
      Files.copy(folder.resolve("model").resolve(file), other.resolve(file));
    }
    Path config = other.resolve("config.json");
    String wider =
        Files.readString(config)
            .replace("\"intermediate_size\" : 24", "\"intermediate_size\" : 32");
    Files.writeString(config, wider);
    corpus("of another tokenizer");
    ModelSource model = new ModelSource(folder.resolve("model").toString(), Map.of());
    ModelSource start = new ModelSource(other.toString(), Map.of());
    Map<String, ModelSource> models = Map.of("model.path", model, "unlearn.start", start);
    SparkConf local = new SparkConf(false).set("spark.master", "local[1]");
    assertThat(problems(conf, local, model.architecture(), models))
        .hasSize(3)
        .anySatisfy(p -> assertThat(p).contains("unlearn.start must name a model of the same"))
        .anySatisfy(p -> assertThat(p).contains("unlearn.start must have the tokenizer"))
        .anySatisfy(
            p ->
                assertThat(p)
                    .contains("model.path must have the tokenizer", "of another tokenizer"));
  }

  /** A manifest of a corpus without a chunk. */
  private void corpus(String tokenizerSha256) throws IOException {
    Path corpus = Files.createDirectories(folder.resolve("run/corpus"));
    Map<String, Object> manifest =
        Map.of(
            "version", 4,
            "tokenizer_sha256", tokenizerSha256,
            "chunks_sha256", "",
            "rejects", Map.of(),
            "counts", List.of(),
            "duplicates", List.of(),
            "warnings", List.of(),
            "parts", List.of());
    new ObjectMapper().writeValue(corpus.resolve("manifest.json").toFile(), manifest);
  }

  private static SparkConf cluster(String master) {
    SparkConf conf = new SparkConf(false).set("spark.master", master);
    Cluster.protection().forEach(conf::set);
    return conf;
  }

  /** What is said of a driver of 2 GiB. */
  private List<String> problems(
      Path file,
      SparkConf conf,
      Architecture architecture,
      Map<String, ModelSource> models,
      String... pairs)
      throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Job job = Job.read(Verb.PREFLIGHT, file, List.of(pairs));
    RunFolder run = RunFolder.of(folder.resolve("run").toString(), new Configuration());
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    Preflight preflight = new Preflight(job, run, new Console(out), conf, 2 * GIBI);
    InvalidSettings told =
        catchThrowableOfType(InvalidSettings.class, () -> preflight.check(architecture, models));
    return told == null ? List.of() : told.problems();
  }
}
