package lethe.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import lethe.LocalSpark;
import lethe.folder.RunFolder;
import lethe.inference.ComputeSettings;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Graph;
import lethe.objective.TrueTokenOdds;
import lethe.settings.InvalidSettings;
import lethe.target.DocumentHalves;
import lethe.target.SteeringTarget;
import lethe.target.TargetStopSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What steers, by Spark, with a model of some thousand weights. */
class ProbeSelectionTest {
  private static final int PROMPT = 2;

  @TempDir Path temp;

  private ModelSource model;

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyLlama.write(temp.resolve("tiny"), 1);
  }

  @Test
  void theTargetIsTheLossOnTheSteeringHalfWeighedLikeForget() {
    List<Row> chunks = new ArrayList<>();
    chunks.addAll(split("forget", "a", 6, 30, 1));
    chunks.addAll(split("forget", "b", 2, 4, 2));
    chunks.addAll(split("approximate", "a", 4, 8, 3));
    chunks.addAll(split("approximate", "b", 4, 8, 4));
    chunks.addAll(split("approximate", "c", 4, 8, 5)); // is not forgotten
    SteeringTarget target = execute(chunks, 1000).target();
    Map<String, Double> expected = new HashMap<>();
    Map<String, Long> tokens = new HashMap<>();
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, 1)) {
      for (String domain : List.of("a", "b")) {
        double nll = 0;
        long scored = 0;
        for (Row chunk : half(chunks, "approximate", domain)) {
          nll += nll(network, weights, chunk);
          scored += chunk.<List<Integer>>getAs(4).size() - PROMPT;
        }
        expected.put(domain, nll / scored);
        tokens.put(
            domain,
            half(chunks, "forget", domain).stream()
                .mapToLong(c -> c.<List<Integer>>getAs(4).size() - PROMPT)
                .sum());
      }
    }
    assertThat(target.domains()).extracting(SteeringTarget.Domain::name).containsExactly("a", "b");
    for (SteeringTarget.Domain domain : target.domains()) {
      assertThat(domain.target()).isCloseTo(expected.get(domain.name()), within(1e-5));
      assertThat(domain.weight()).isEqualTo(tokens.get(domain.name()));
      assertThat(domain.probeTokens()).isEqualTo(domain.weight()); // all of it is looked at
    }
    double together =
        (tokens.get("a") * expected.get("a") + tokens.get("b") * expected.get("b"))
            / (tokens.get("a") + tokens.get("b"));
    assertThat(target.nll()).isCloseTo(together, within(1e-5));
    assertThat(target.uniformNll()).isEqualTo(Math.log(TinyLlama.VOCABULARY));
  }

  @Test
  void probesAreSomeChunksOfEachDomainWhateverThePartitions() {
    List<Row> chunks = new ArrayList<>();
    chunks.addAll(split("forget", "a", 10, 400, 1));
    chunks.addAll(split("forget", "b", 2, 40, 2));
    chunks.addAll(split("approximate", "a", 4, 8, 3));
    chunks.addAll(split("approximate", "b", 1, 8, 4));
    ProbePlan probes = execute(chunks, 60);
    List<Row> rows = probes.rows().collectAsList();
    Set<String> ids = new TreeSet<>();
    Map<Integer, Integer> byDomain = new HashMap<>();
    Map<Integer, Integer> byShard = new HashMap<>();
    for (Row row : rows) {
      ProbeRow probe = ProbeRow.of(row);
      byShard.merge(probe.shard(), 1, Integer::sum);
      byDomain.merge(probe.domainNumber(), 1, Integer::sum);
      ids.add(probe.chunk().toString());
      List<String> steering =
          half(chunks, "forget", probe.chunk().domain()).stream().map(c -> c.getString(2)).toList();
      assertThat(steering).contains(probe.chunk().document());
    }
    assertThat(ids).hasSize(rows.size());
    assertThat(byDomain.get(0)).isBetween(50, 58); // about its share of the tokens
    assertThat(byDomain.get(1)).isEqualTo(8); // at least
    assertThat(byShard.values()).hasSize(8).allMatch(n -> Math.abs(n - rows.size() / 8.0) <= 1);

    java.util.Collections.reverse(chunks);
    List<Row> again = execute(chunks, 60).rows().collectAsList();
    assertThat(again).containsExactlyInAnyOrderElementsOf(rows);
  }

  /** At temperature 1 labels that are not lowered have the model's own loss. */
  @Test
  void trueTokensOfTheProbesAreCountedWhateverThePartitions() {
    List<Row> chunks = new ArrayList<>();
    chunks.addAll(split("forget", "a", 6, 30, 1));
    chunks.addAll(split("approximate", "a", 4, 8, 3));
    ProbePlan plan = execute(chunks, 1000);
    TrueTokenOdds odds = count("odds", plan, 1);
    double nll = 0;
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, 1)) {
      for (Row chunk : half(chunks, "forget", "a")) {
        nll += nll(network, weights, chunk);
      }
    }
    long tokens = plan.target().domains().get(0).probeTokens();
    assertThat(Arrays.stream(odds.counts()).sum()).isEqualTo(tokens);
    assertThat(odds.loss(0)).isCloseTo(nll / tokens, within(1 / 128.0));
    assertThat(
            count(
                    "others",
                    new ProbePlan(plan.target(), plan.rules(), plan.rows().repartition(5)),
                    1)
                .counts())
        .isEqualTo(odds.counts());
    assertThat(count("odds", plan, 2).counts()).isNotEqualTo(odds.counts());
  }

  @Test
  void aDomainWithoutUnseenTextIsNamed() {
    List<Row> chunks = new ArrayList<>();
    chunks.addAll(split("forget", "a", 2, 4, 1));
    chunks.addAll(split("forget", "b", 2, 4, 2));
    chunks.addAll(split("approximate", "a", 2, 4, 3));
    assertThatThrownBy(() -> execute(chunks, 10))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot stop at the target: domain b of split forget has no document in split approximate; give it some, or set stop.at-target=false");
  }

  private TrueTokenOdds count(String run, ProbePlan plan, double temperature) {
    RunFolder folder = RunFolder.of(temp.resolve(run).toString(), new Configuration());
    return new TrueTokenCount(LocalSpark.SESSION, folder, 8, ComputeSettings.cpu(1), "chunks", 7)
        .of(plan, model, temperature);
  }

  private ProbePlan execute(List<Row> chunks, int probeChunks) {
    RunFolder folder =
        RunFolder.of(temp.resolve("run" + probeChunks).toString(), new Configuration());
    return new ProbeSelection(
            LocalSpark.SESSION,
            folder,
            new TargetStopSettings(true, 0, 0.15, 5, probeChunks, 1000),
            false,
            model,
            7,
            8,
            4,
            ComputeSettings.cpu(1))
        .execute(dataset(chunks), "chunks");
  }

  /** The chunks of the documents that steer. */
  private static List<Row> half(List<Row> chunks, String split, String domain) {
    List<Row> own =
        chunks.stream()
            .filter(c -> c.getString(0).equals(split) && c.getString(1).equals(domain))
            .toList();
    Set<String> steering = DocumentHalves.steering(own.stream().map(c -> c.getString(2)).toList());
    return own.stream().filter(c -> steering.contains(c.getString(2))).toList();
  }

  /** Summed over what follows the prompt, from the model's own logits. */
  private static double nll(Network network, Parameters weights, Row chunk) {
    int[] tokens = chunk.<List<Integer>>getAs(4).stream().mapToInt(Integer::intValue).toArray();
    return Graph.withoutGraph(
        () -> {
          try (var manager = network.newManager()) {
            var idsBT =
                manager
                    .create(new int[][] {tokens})
                    .toType(ai.djl.ndarray.types.DataType.INT64, false);
            var hiddenTD = network.hidden(idsBT, weights).squeeze(0);
            float[] logP = network.logits(hiddenTD, weights).logSoftmax(-1).toFloatArray();
            double sum = 0;
            for (int t = PROMPT; t < tokens.length; t++) {
              sum -= logP[(t - 1) * TinyLlama.VOCABULARY + tokens[t]];
            }
            return sum;
          }
        });
  }

  private static List<Row> split(String split, String domain, int documents, int count, int seed) {
    Random random = new Random(seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] tokens = random.ints(5 + random.nextInt(20), 0, TinyLlama.VOCABULARY).toArray();
      String document = split + domain + i % documents;
      rows.add(RowFactory.create(split, domain, document, i / documents, boxed(tokens), PROMPT));
    }
    return rows;
  }

  private static List<Integer> boxed(int[] tokens) {
    return java.util.Arrays.stream(tokens).boxed().toList();
  }

  private static Dataset<Row> dataset(List<Row> rows) {
    return LocalSpark.SESSION.createDataFrame(rows, SmallChunks.SCHEMA);
  }
}
