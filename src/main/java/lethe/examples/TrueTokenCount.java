package lethe.examples;

import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.folder.RunFolder;
import lethe.inference.BatchInference;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.ModelSource;
import lethe.objective.TrueTokenOdds;
import lethe.table.CachedTable;
import lethe.target.SteeringTarget;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Counts on the executors how sure a frozen model is of the true tokens of the probe chunks. The
 * counts are kept, so that a run that is resumed goes on from the same.
 */
public final class TrueTokenCount {
  private static final String BIN = "bin";
  private static final String POSITIONS = "positions";

  private static final StructType SCHEMA =
      new StructType()
          .add(BIN, DataTypes.IntegerType, false)
          .add(POSITIONS, DataTypes.LongType, false);

  private final SparkSession spark;
  private final RunFolder folder;
  private final int microBatch;
  private final ComputeSettings compute;
  private final String chunksSha256;
  private final long seed;

  /**
   * @param microBatch chunks per forward pass
   * @param compute how the model is run
   * @param chunksSha256 hash of the corpus
   * @param seed by which the probe chunks were chosen
   */
  public TrueTokenCount(
      SparkSession spark,
      RunFolder folder,
      int microBatch,
      ComputeSettings compute,
      String chunksSha256,
      long seed) {
    this.spark = spark;
    this.folder = folder;
    this.microBatch = microBatch;
    this.compute = compute;
    this.chunksSha256 = chunksSha256;
    this.seed = seed;
  }

  /**
   * @param probes whose chunks are counted
   * @param model whose predictions are looked at
   * @param temperature of its logits
   */
  public TrueTokenOdds of(ProbePlan probes, ModelSource model, double temperature) {
    ModelKey key = ModelKey.of(model, compute.exact());
    Map<String, Object> origin = new TreeMap<>();
    origin.put("model", key.fingerprint());
    origin.put("temperature", temperature);
    origin.put("chunks_sha256", chunksSha256);
    origin.put("seed", seed);
    origin.put(
        "probe_tokens",
        probes.target().domains().stream().map(SteeringTarget.Domain::probeTokens).toList());
    origin.put("micro_batch", microBatch);
    Dataset<Row> rows =
        new CachedTable(folder.files(), new Path(folder.labels(), "true-token-odds"), origin)
            .readOrCompute(
                spark,
                () ->
                    BatchInference.map(
                        probes.rows(),
                        expr("size(" + ExampleRow.VIEWS + "[0].tokens)"),
                        microBatch,
                        key,
                        SCHEMA,
                        (loaded, batch) -> count(loaded, batch, temperature)));
    long[] counts = new long[TrueTokenOdds.BINS];
    for (Row row : rows.groupBy(BIN).agg(sum(POSITIONS).as(POSITIONS)).collectAsList()) {
      counts[row.<Integer>getAs(BIN)] = row.<Long>getAs(POSITIONS);
    }
    return new TrueTokenOdds(counts);
  }

  private static List<Row> count(LoadedModel model, List<Row> batch, double temperature) {
    Map<Integer, Long> counts = new TreeMap<>();
    ScoredPositions.forEach(
        model,
        batch.stream().map(row -> ExampleRow.exampleOf(row).views().get(0)).toList(),
        (positions, sequence) -> {
          for (int bin : TrueTokenOdds.bins(positions, temperature)) {
            counts.merge(bin, 1L, Long::sum);
          }
        });
    List<Row> rows = new ArrayList<>();
    counts.forEach((bin, positions) -> rows.add(RowFactory.create(bin, positions)));
    return rows;
  }
}
