package lethe.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.Architectures;
import lethe.model.network.Architecture;
import lethe.run.Cluster;
import lethe.run.RunConfig;
import lethe.run.Verb;
import org.apache.spark.SparkConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether docs/recipes.md says what preflight does, and the recipes ask for enough memory. */
class RecipeCostTest {
  /** Shapes that the recipes are for, from their published config.json. */
  private static final Map<String, Map<String, Object>> SHAPES =
      Map.of(
          "Yi-6B", llama(11008, 4, 64000, 4096),
          "Llama-2-7B", llama(11008, 32, 32000, 4096),
          "Llama-3-8B", llama(14336, 8, 128256, 8192));

  private static Map<String, Object> llama(int inner, int keyValueHeads, int words, int context) {
    return Map.of(
        "model_type",
        "llama",
        "hidden_size",
        4096,
        "num_hidden_layers",
        32,
        "num_attention_heads",
        32,
        "intermediate_size",
        inner,
        "num_key_value_heads",
        keyValueHeads,
        "vocab_size",
        words,
        "max_position_embeddings",
        context);
  }

  @ParameterizedTest
  @CsvSource({
    "yao-arxiv, Yi-6B",
    "yao-github, Yi-6B",
    "yuan-tofu, Llama-2-7B",
    "yuan-continual, Llama-2-7B",
    "muse-news, Llama-2-7B",
    "muse-books, Llama-2-7B",
    "yuan-real-world, Llama-3-8B"
  })
  void theCostIsWhatPreflightSays(String recipe, String shape) throws IOException {
    RunConfig config =
        RunConfig.read(
            Verb.PREFLIGHT,
            Path.of("conf/recipes", recipe + ".conf"),
            List.of("spark.master=yarn"));
    SparkConf conf = new SparkConf(false);
    Cluster.protection().forEach(conf::set);
    config.settings().spark().forEach(conf::set);
    Architecture model =
        Architectures.of(new ModelConfig(shape, new ObjectMapper().valueToTree(SHAPES.get(shape))));
    long heap = conf.getSizeAsMb("spark.driver.memory") << 20;
    assertThat(
            new Preflight(config, Optional.empty(), conf, heap)
                .problems(Optional.of(model), List.of()))
        .isEmpty();
    String costs = Files.readString(Path.of("docs/recipes.md"));
    assertThat(
            new Preflight(config, Optional.empty(), conf, Long.MAX_VALUE).budget(model, List.of()))
        .hasSize(3)
        .allSatisfy(line -> assertThat(costs).contains(line));
  }
}
