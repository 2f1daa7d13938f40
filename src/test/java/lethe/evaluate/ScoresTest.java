package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.corpus.Chunks;
import lethe.folder.RunFolder;
import lethe.model.ModelSource;
import lethe.model.Network;
import lethe.model.Parameters;
import lethe.model.TinyLlama;
import lethe.resident.ComputeSettings;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scores of a model of some thousand weights, beside what its own logits say. */
class ScoresTest {
  @TempDir Path temp;

  private ModelSource model;
  private final Told told = new Told();

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyLlama.write(temp.resolve("tiny"), 1);
  }

  @Test
  void ofAQuestionOnlyTheAnswerIsScoredAndRequestsAreToldWhatBecameOfThem() {
    List<Row> chunks = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      chunks.add(chunk("d" + i, i, i % 3 == 0 ? null : i));
    }
    RunFolder folder = folder("answers");
    writeRequests(folder);
    Evaluation evaluation = evaluate(folder, chunks, 4, Map.of("original", model));
    double nll = 0;
    long tokens = 0;
    for (Row row :
        LocalSpark.SESSION.read().parquet(folder.scores("original").toString()).collectAsList()) {
      Row chunk =
          chunks.stream()
              .filter(c -> c.getString(2).equals(row.<String>getAs("document")))
              .findFirst()
              .orElseThrow();
      assertThat(row.<Integer>getAs("tokens")).isEqualTo(scored(chunk));
      assertThat(row.<Double>getAs("nll")).isCloseTo(sum(chunk), within(1e-4));
      nll += sum(chunk);
      tokens += scored(chunk);
    }
    assertThat(evaluation.scores().get(0).tokens()).isEqualTo(tokens);
    assertThat(evaluation.scores().get(0).nll()).isCloseTo(nll / tokens, within(1e-5));
    assertThat(told.done).contains(6L);
    assertThat(told.tokens).isEqualTo(chunks.stream().mapToLong(c -> ids(c).length).sum());

    List<RequestScore> requests = evaluation.requests();
    assertThat(requests).extracting(RequestScore::request).containsExactly("r1", "r2");
    long both = scored(chunks.get(0)) + (long) scored(chunks.get(2));
    assertThat(requests.get(0).documents()).isEqualTo(2);
    assertThat(requests.get(0).tokens()).isEqualTo(both);
    assertThat(requests.get(0).nll().get("original"))
        .isCloseTo((sum(chunks.get(0)) + sum(chunks.get(2))) / both, within(1e-5));
    assertThat(requests.get(0).unmet()).containsExactly("url v: no document has it");
    assertThat(requests.get(1).tokens()).isEqualTo(scored(chunks.get(0)));
    assertThat(requests.get(1).unmet()).isEmpty();
  }

  private static void writeRequests(RunFolder folder) {
    StructType schema = new StructType();
    for (String column : List.of("split", "request", "by", "key", "domain", "document", "reason")) {
      schema = schema.add(column, "string");
    }
    LocalSpark.SESSION
        .createDataFrame(
            List.of(
                RowFactory.create("forget", "r2", "document", "d0", "d", "d0", null),
                RowFactory.create("forget", "r1", "document", "d0", "d", "d0", null),
                RowFactory.create("forget", "r1", "url", "u", "d", "d2", null),
                RowFactory.create("forget", "r1", "url", "v", null, null, "no document has it"),
                RowFactory.create("retain", "r3", "document", "d1", "d", "d1", null)),
            schema)
        .write()
        .parquet(folder.requests().toString());
  }

  private static int from(Row chunk) {
    return chunk.isNullAt(7) ? 1 : chunk.getInt(7);
  }

  private static int scored(Row chunk) {
    return ids(chunk).length - from(chunk);
  }

  private static double sum(Row chunk) {
    return Arrays.stream(nll(ids(chunk)), from(chunk), ids(chunk).length).sum();
  }

  @Test
  void anAnswerThatIsEmptyIsRefused() {
    Row empty = RowFactory.create("forget", "d", "a", 0, 0, 0, new Integer[] {1, 2, 3}, 3);
    assertThatThrownBy(
            () -> evaluate(folder("empty"), List.of(empty), 1, Map.of("original", model)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("no token to predict after its first or its prompt");
  }

  @Test
  void scoresThatStandAreNotMadeAgainUnlessTheModelIsAnother() throws IOException {
    List<Row> chunks = IntStream.range(0, 5).mapToObj(i -> chunk("d" + i, i, null)).toList();
    RunFolder folder = folder("again");
    Map<String, ModelSource> two = new LinkedHashMap<>();
    two.put("original", model);
    two.put("other", TinyLlama.write(temp.resolve("other"), 2));
    Evaluation first = evaluate(folder, chunks, 2, two);
    assertThat(told.reused).isEmpty();
    assertThat(first.models())
        .extracting(Evaluation.Model::name)
        .containsExactly("original", "other");
    assertThat(first.scores().get(0).nll()).isNotEqualTo(first.scores().get(2).nll());

    two.put("original", TinyLlama.write(temp.resolve("tiny"), 3)); // in the same folder
    Evaluation second = evaluate(folder, chunks, 2, two);
    assertThat(told.reused).containsExactly("other");
    assertThat(second.models().get(1)).isEqualTo(first.models().get(1)); // part names are random
    assertThat(second.scores().subList(2, 4)).isEqualTo(first.scores().subList(2, 4));
    assertThat(second.scores().get(0).nll()).isNotEqualTo(first.scores().get(0).nll());
  }

  private RunFolder folder(String name) {
    return RunFolder.of(temp.resolve(name).toString(), new Configuration());
  }

  private Evaluation evaluate(
      RunFolder folder, List<Row> chunks, int microBatch, Map<String, ModelSource> models) {
    Dataset<Row> dataset = LocalSpark.SESSION.createDataFrame(chunks, Chunks.SCHEMA);
    EvaluateSettings settings =
        new EvaluateSettings(
            microBatch, 0.15, List.of(), Map.of(), false, false, ComputeSettings.cpu(1), 42);
    return new Evaluate(LocalSpark.SESSION, settings, folder, dataset, "chunks", models, told)
        .execute();
  }

  private static Row chunk(String document, int seed, Integer prompt) {
    Random random = new Random(seed);
    Integer[] tokens =
        random
            .ints(8 + random.nextInt(20), 0, TinyLlama.VOCABULARY)
            .boxed()
            .toArray(Integer[]::new);
    return RowFactory.create("forget", "d", document, 0, 0, 0, tokens, prompt);
  }

  private static int[] ids(Row chunk) {
    return Arrays.stream((Integer[]) chunk.get(6)).mapToInt(Integer::intValue).toArray();
  }

  /** Of each token given those before it, nats; the first has none. */
  private static double[] nll(int[] tokens) {
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, 1);
        NDManager manager = network.newManager()) {
      float[] logP =
          Network.withoutGraph(
                  () -> {
                    NDArray idsBT =
                        manager.create(new int[][] {tokens}).toType(DataType.INT64, false);
                    return network
                        .logits(network.hidden(idsBT, weights).squeeze(0), weights)
                        .logSoftmax(-1);
                  })
              .toFloatArray();
      double[] nll = new double[tokens.length];
      for (int t = 1; t < tokens.length; t++) {
        nll[t] = -logP[(t - 1) * TinyLlama.VOCABULARY + tokens[t]];
      }
      return nll;
    }
  }
}
