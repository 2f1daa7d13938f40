package lethe.examples;

import static lethe.examples.ExampleRow.SCORED;
import static lethe.table.Columns.DOMAIN;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import lethe.inference.BatchInference;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.loss.Example;
import lethe.objective.LossQuantiles;
import lethe.table.CachedTable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * How the losses of a model on single tokens are distributed, by domain, counted on the executors.
 * The counts are kept, so that a run that is resumed goes on from the same.
 *
 * @param model whose losses are counted
 * @param microBatch chunks per forward pass
 * @param table makes the table that keeps the counts, from what they depend on besides the chunks
 */
record TokenLosses(
    ModelKey model, int microBatch, Function<Map<String, Object>, CachedTable> table) {
  private static final String BIN = "bin";
  private static final String TOKENS = "tokens";

  static final StructType SCHEMA =
      new StructType()
          .add(DOMAIN, DataTypes.StringType, false)
          .add(BIN, DataTypes.IntegerType, false)
          .add(TOKENS, DataTypes.LongType, false);

  /**
   * @param views rows that {@link ExampleRow} reads
   */
  Map<String, LossQuantiles> of(Dataset<Row> views) {
    return quantiles(
        table
            .apply(Map.of("model", model.fingerprint()))
            .readOrCompute(
                views.sparkSession(),
                () ->
                    BatchInference.map(
                        views, col(SCORED), microBatch, model, SCHEMA, TokenLosses::count)));
  }

  /**
   * @param counts rows of {@link #SCHEMA}, in which bins may be repeated
   */
  static Map<String, LossQuantiles> quantiles(Dataset<Row> counts) {
    Map<String, TreeMap<Integer, Long>> bins = new TreeMap<>();
    for (Row row : counts.groupBy(DOMAIN, BIN).agg(sum(TOKENS).as(TOKENS)).collectAsList()) {
      bins.computeIfAbsent(row.getAs(DOMAIN), d -> new TreeMap<>())
          .put(row.<Integer>getAs(BIN), row.<Long>getAs(TOKENS));
    }
    Map<String, LossQuantiles> quantiles = new TreeMap<>();
    bins.forEach((domain, own) -> quantiles.put(domain, new LossQuantiles(own)));
    return quantiles;
  }

  /** Rows of {@link #SCHEMA} that count some losses. */
  static List<Row> rows(String domain, float[] nats) {
    Map<Integer, Long> counts = new TreeMap<>();
    for (float loss : nats) {
      counts.merge(LossQuantiles.bin(loss), 1L, Long::sum);
    }
    List<Row> rows = new ArrayList<>();
    counts.forEach((bin, tokens) -> rows.add(RowFactory.create(domain, bin, tokens)));
    return rows;
  }

  private static List<Row> count(LoadedModel model, List<Row> batch) {
    List<Example> examples = batch.stream().map(ExampleRow::exampleOf).toList();
    List<Row> rows = new ArrayList<>();
    ScoredPositions.forEach(
        model,
        examples.stream().map(example -> example.views().get(0)).toList(),
        (positions, sequence) -> {
          float[] nats = positions.nllN().toFloatArray();
          for (int i = 0; i < nats.length; i++) {
            rows.addAll(rows(examples.get(sequence[i]).domain(), new float[] {nats[i]}));
          }
        });
    return rows;
  }
}
