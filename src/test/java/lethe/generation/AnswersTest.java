package lethe.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.TinyLlama;
import lethe.table.Rows;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswersTest {
  private static final StructType PROMPTS =
      new StructType()
          .add("id", DataTypes.StringType, false)
          .add("question", DataTypes.StringType)
          .add("prompt_tokens", DataTypes.createArrayType(DataTypes.IntegerType, false), false);

  @TempDir Path temp;

  private ModelKey key;
  private final LongAccumulator done = LocalSpark.SESSION.sparkContext().longAccumulator();
  private final LongAccumulator tokens = LocalSpark.SESSION.sparkContext().longAccumulator();

  @BeforeEach
  void writeModel() throws IOException {
    key = ModelKey.of(TinyLlama.write(temp, 1), ComputeSettings.cpu(1));
  }

  @AfterEach
  void letGo() {
    LoadedModel.clear();
  }

  @Test
  void theAnswersAreThoseOfEveryPromptByItself() {
    Random random = new Random(2);
    List<Row> rows =
        IntStream.range(0, 23)
            .mapToObj(
                i ->
                    RowFactory.create(
                        "row " + i,
                        "question " + i,
                        random
                            .ints(3 + i % 4, 0, TinyLlama.VOCABULARY)
                            .boxed()
                            .toArray(Integer[]::new)))
            .toList();
    GenerationSettings settings =
        GenerationSettings.greedy(9, 4).endedBy(List.of(3, 5), List.of()).sampled(0.8, 1);
    List<String> alone =
        LoadedModel.with(
            key,
            m ->
                rows.stream()
                    .map(
                        row -> {
                          Integer[] prompt = row.getAs(2);
                          Answer answer =
                              Generator.answers(
                                      m,
                                      List.of(
                                          new Prompt(
                                              row.getString(0),
                                              Arrays.stream(prompt).mapToInt(t -> t).toArray())),
                                      settings)
                                  .get(0);
                          return row.getString(1)
                              + Arrays.toString(answer.tokens())
                              + answer.stop().key();
                        })
                    .sorted()
                    .toList());
    assertThat(alone).anyMatch(a -> a.endsWith("end")).anyMatch(a -> a.endsWith("length"));
    for (int partitions : new int[] {1, 5}) {
      Dataset<Row> prompts =
          LocalSpark.SESSION.createDataFrame(rows, PROMPTS).repartition(partitions);
      assertThat(answers(Answers.of(prompts, key, settings, done, tokens))).isEqualTo(alone);
    }
    assertThat(done.value()).isEqualTo(46);
    assertThat(tokens.value()).isPositive();
  }

  private static List<String> answers(Dataset<Row> answered) {
    return answered.collectAsList().stream()
        .map(
            row ->
                row.getAs("question")
                    + Arrays.toString(Rows.ints(row, Answers.ANSWER_TOKENS))
                    + row.getAs(Answers.STOP))
        .sorted()
        .toList();
  }
}
