package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import lethe.model.Architecture;
import lethe.model.InitialWeights;
import lethe.model.ModelSource;
import lethe.model.NamedShape;
import lethe.model.TensorSource;
import lethe.objective.Descent;
import lethe.objective.GradientAscent;
import lethe.objective.Role;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The training engine on real executor processes. */
class EngineIT {
  private static final List<Role> ROLES =
      List.of(new Role("forget", new GradientAscent(), 1), new Role("retain", new Descent(), 1));

  @TempDir Path folder;

  @Test
  void anyNumberOfWorkersGivesTheSameBits() throws IOException {
    tinyModel();
    Trainer.Result one = train(1);
    Trainer.Result two = train(2);
    assertThat(one.steps()).hasSize(4);
    for (int i = 0; i < 4; i++) {
      assertThat(two.steps().get(i).losses()).isEqualTo(one.steps().get(i).losses());
      assertThat(two.steps().get(i).gradNorm()).isEqualTo(one.steps().get(i).gradNorm());
    }
    ModelSource source = new ModelSource(folder.toString(), Map.of());
    for (NamedShape tensor : source.architecture().tensors()) {
      float[] first = values(one.weights(), tensor);
      assertThat(values(two.weights(), tensor)).as(tensor.name()).containsExactly(first);
      assertThat(first)
          .as(tensor.name() + " has moved")
          .isNotEqualTo(values(start(source.architecture()), tensor));
    }
  }

  private Trainer.Result train(int workers) {
    SparkSession spark =
        SparkSession.builder()
            .master("local-cluster[" + workers + ",1,1024]")
            .config("spark.executor.cores", 1)
            .config("spark.executor.memory", "1g")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 4)
            .config("spark.executor.extraClassPath", System.getProperty("lethe.classpath"))
            .getOrCreate();
    try {
      TrainSettings settings =
          new TrainSettings(
              6,
              2,
              Optional.of(4),
              1,
              1e-2,
              Schedule.Decay.COSINE,
              0.25,
              0,
              1,
              7,
              workers,
              1,
              8,
              0,
              50);
      ModelSource source = new ModelSource(folder.toString(), Map.of());
      return new Trainer(spark, settings, source, ROLES, (n, p) -> {}, s -> {})
          .train(chunks(spark), start(source.architecture()));
    } finally {
      spark.stop();
    }
  }

  private static InitialWeights start(Architecture architecture) {
    return new InitialWeights(architecture, 0.2, 1);
  }

  private static float[] values(TensorSource source, NamedShape tensor) {
    float[] values = new float[(int) tensor.elements()];
    source.read(tensor.name(), 0, values, 0, values.length);
    return values;
  }

  private static Dataset<Row> chunks(SparkSession spark) {
    List<Row> rows = new ArrayList<>();
    Random random = new Random(5);
    for (int i = 0; i < 40; i++) {
      List<Integer> tokens = random.ints(5 + random.nextInt(12), 0, 50).boxed().toList();
      rows.add(
          RowFactory.create(i % 3 == 0 ? "forget" : "retain", "d", "doc" + i / 4, i % 4, tokens));
    }
    StructType schema =
        new StructType()
            .add("split", DataTypes.StringType)
            .add("domain", DataTypes.StringType)
            .add("document", DataTypes.StringType)
            .add("ordinal", DataTypes.IntegerType)
            .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType, false));
    return spark.createDataFrame(rows, schema);
  }

  private void tinyModel() throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "llama", "hidden_size": 16, "num_attention_heads": 4, "num_key_value_heads": 2,
         "intermediate_size": 24, "num_hidden_layers": 2, "vocab_size": 50, "max_position_embeddings": 32,
         "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": false}
        """);
  }
}
