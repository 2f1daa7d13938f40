package lethe.examples;

import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.sum;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.inference.BatchInference;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.loss.Example;
import lethe.model.ModelSource;
import lethe.model.network.Network;
import lethe.model.network.TokenBatch;
import lethe.objective.Positions;
import lethe.objective.TrueTokenOdds;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Counts on the executors how sure a frozen model is of the true tokens of chunks. */
public final class TrueTokenCount {
  private static final String BIN = "bin";
  private static final String POSITIONS = "positions";

  private static final StructType SCHEMA =
      new StructType()
          .add(BIN, DataTypes.IntegerType, false)
          .add(POSITIONS, DataTypes.LongType, false);

  /** Positions whose logits are in memory at once. */
  private static final int HEAD_POSITIONS = 256;

  private TrueTokenCount() {}

  /**
   * @param chunks see {@link ProbeRow}
   * @param model whose predictions are looked at
   * @param temperature of its logits
   * @param microBatch chunks per forward pass
   * @param compute how the model is run
   */
  public static TrueTokenOdds of(
      Dataset<Row> chunks,
      ModelSource model,
      double temperature,
      int microBatch,
      ComputeSettings compute) {
    Dataset<Row> rows =
        BatchInference.map(
            chunks,
            expr("size(" + ExampleRow.VIEWS + "[0].tokens)"),
            microBatch,
            ModelKey.of(model, compute.exact()),
            SCHEMA,
            (loaded, batch) -> count(loaded, batch, temperature));
    long[] counts = new long[TrueTokenOdds.BINS];
    for (Row row : rows.groupBy(BIN).agg(sum(POSITIONS).as(POSITIONS)).collectAsList()) {
      counts[row.<Integer>getAs(BIN)] = row.<Long>getAs(POSITIONS);
    }
    return new TrueTokenOdds(counts);
  }

  private static List<Row> count(LoadedModel model, List<Row> batch, double temperature) {
    List<int[]> tokens = new ArrayList<>();
    List<int[]> labels = new ArrayList<>();
    for (Row row : batch) {
      Example.View view = ExampleRow.exampleOf(row).views().get(0);
      tokens.add(view.tokens());
      labels.add(view.labels());
    }
    Map<Integer, Long> counts = new TreeMap<>();
    Network network = model.network();
    try (NDManager manager = network.newManager()) {
      TokenBatch all = TokenBatch.of(manager, tokens, labels);
      NDArray hiddenND =
          network.gatherRows(network.hidden(all.idsBT(), model.weights()), all.rowsN());
      for (int from = 0; from < all.scored(); from += HEAD_POSITIONS) {
        NDIndex piece = new NDIndex("{}:{}", from, Math.min(all.scored(), from + HEAD_POSITIONS));
        try (NDManager own = manager.newSubManager()) {
          NDArray pieceND = hiddenND.get(piece);
          pieceND.attach(own);
          NDArray labelsN = all.labelsN().get(piece);
          labelsN.attach(own);
          Positions positions = new Positions(network.logits(pieceND, model.weights()), labelsN);
          for (int bin : TrueTokenOdds.bins(positions, temperature)) {
            counts.merge(bin, 1L, Long::sum);
          }
        }
      }
    }
    List<Row> rows = new ArrayList<>();
    counts.forEach((bin, positions) -> rows.add(RowFactory.create(bin, positions)));
    return rows;
  }
}
