package lethe.evaluate;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import lethe.resident.ModelKey;
import lethe.resident.ResidentModel;
import lethe.target.Target;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Compares models with the retrained one on forget. */
final class Truths {
  private static final StructType SUMS =
      new StructType()
          .add("divergence", DataTypes.DoubleType, false)
          .add("tokens", DataTypes.LongType, false);

  private Truths() {}

  /**
   * @param model to compare, and its chunk scores
   * @param retrained the retrained model, and its chunk scores
   * @param chunks as prepare wrote them
   * @param microBatch chunks a forward pass
   */
  static GroundTruth of(
      String name,
      ModelKey model,
      Dataset<Row> scores,
      ModelKey retrained,
      Dataset<Row> retrainedScores,
      Optional<Target> target,
      Dataset<Row> chunks,
      int microBatch) {
    double[] own = chunkMeans(scores);
    double[] truth = chunkMeans(retrainedScores);
    return new GroundTruth(
        name,
        SplitScores.finite(nll(scores)),
        SplitScores.finite(nll(retrainedScores)),
        target.map(Target::nll).orElse(null),
        KolmogorovSmirnov.of(own, truth),
        SplitScores.finite(divergence(model, retrained, chunks, microBatch)));
  }

  private static double[] chunkMeans(Dataset<Row> scores) {
    return scores.filter("split = 'forget'").selectExpr("nll / tokens").collectAsList().stream()
        .mapToDouble(r -> r.getDouble(0))
        .toArray();
  }

  private static double nll(Dataset<Row> scores) {
    return scores
        .filter("split = 'forget'")
        .selectExpr("sum(nll) / sum(tokens)")
        .first()
        .getDouble(0);
  }

  private static double divergence(
      ModelKey model, ModelKey retrained, Dataset<Row> chunks, int microBatch) {
    Row sums =
        chunks
            .filter("split = 'forget'")
            .select(col("tokens"), coalesce(col("prompt"), lit(0)))
            .mapPartitions(new Comparing(retrained, model, microBatch), Encoders.row(SUMS))
            .selectExpr("sum(divergence)", "sum(tokens)")
            .first();
    return sums.getDouble(0) / sums.getLong(1);
  }

  private record Comparing(ModelKey from, ModelKey to, int microBatch)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> chunks) {
      List<Row> sums = new ArrayList<>();
      List<Passage> batch = new ArrayList<>();
      while (chunks.hasNext()) {
        Row chunk = chunks.next();
        batch.add(Passage.chunk(Scores.ints(chunk.getList(0)), chunk.getInt(1)));
        if (batch.size() == microBatch || !chunks.hasNext()) {
          sums.add(
              RowFactory.create(
                  ResidentModel.with(
                      from, to, (p, q) -> Scorer.divergence(p, q, List.copyOf(batch))),
                  batch.stream().mapToLong(Passage::scored).sum()));
          batch.clear();
        }
      }
      return sums.iterator();
    }
  }
}
