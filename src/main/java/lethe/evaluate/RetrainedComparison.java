package lethe.evaluate;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import lethe.evaluate.metric.KolmogorovSmirnov;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.target.Target;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Compares models with the retrained one on forget. */
final class RetrainedComparison {
  private static final StructType SUMS =
      new StructType()
          .add("domain", DataTypes.StringType, false)
          .add("document", DataTypes.StringType, false)
          .add("ordinal", DataTypes.IntegerType, false)
          .add("divergence", DataTypes.DoubleType, false)
          .add("tokens", DataTypes.LongType, false);

  private RetrainedComparison() {}

  /**
   * @param model to compare
   * @param scores of its chunks
   * @param documents the same by document, in order
   * @param retrained the retrained model, with its own
   * @param chunks as prepare wrote them
   * @param microBatch chunks a forward pass
   */
  static RetrainedDistance of(
      String name,
      ModelKey model,
      Dataset<Row> scores,
      List<DocumentScore> documents,
      ModelKey retrained,
      Dataset<Row> retrainedScores,
      List<DocumentScore> retrainedDocuments,
      Optional<Target> target,
      Dataset<Row> chunks,
      int microBatch) {
    return new RetrainedDistance(
        name,
        SplitScores.finite(nll(documents)),
        SplitScores.finite(nll(retrainedDocuments)),
        target.map(Target::nll).orElse(null),
        KolmogorovSmirnov.of(chunkMeans(scores), chunkMeans(retrainedScores)),
        SplitScores.finite(divergence(model, retrained, chunks, microBatch)));
  }

  private static double[] chunkMeans(Dataset<Row> scores) {
    return scores.filter("split = 'forget'").selectExpr("nll / tokens").collectAsList().stream()
        .mapToDouble(r -> r.getDouble(0))
        .toArray();
  }

  private static double nll(List<DocumentScore> documents) {
    return Distance.mean(documents.stream().filter(d -> d.split().equals("forget")).toList());
  }

  /**
   * Which chunks share a pass, and in which order passes are added, depends on the chunks alone.
   */
  private static double divergence(
      ModelKey model, ModelKey retrained, Dataset<Row> chunks, int microBatch) {
    Dataset<Row> forget = chunks.filter("split = 'forget'");
    Dataset<Row> sums =
        Scores.arranged(forget, forget.selectExpr("sum(size(tokens))").first().getLong(0))
            .mapPartitions(new Comparing(retrained, model, microBatch), Encoders.row(SUMS))
            .orderBy("domain", "document", "ordinal");
    double divergence = 0;
    long tokens = 0;
    for (Row row : sums.collectAsList()) {
      divergence += row.getDouble(3);
      tokens += row.getLong(4);
    }
    return divergence / tokens;
  }

  private record Comparing(ModelKey from, ModelKey to, int microBatch)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> chunks) {
      List<Row> sums = new ArrayList<>();
      List<Row> batch = new ArrayList<>();
      while (chunks.hasNext()) {
        batch.add(chunks.next());
        if (batch.size() == microBatch || !chunks.hasNext()) {
          sums.add(compare(batch));
          batch.clear();
        }
      }
      return sums.iterator();
    }

    /** Under the name of its first chunk. */
    private Row compare(List<Row> batch) {
      List<Passage> passages = batch.stream().map(Scores::passage).toList();
      Row first = batch.get(0);
      return RowFactory.create(
          first.getString(1),
          first.getString(2),
          first.getInt(3),
          LoadedModel.with(from, to, (p, q) -> Scorer.divergence(p, q, passages)),
          passages.stream().mapToLong(Passage::scored).sum());
    }
  }
}
