package lethe.evaluate;

import static lethe.evaluate.Scores.NLL;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import lethe.evaluate.metric.KolmogorovSmirnov;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.inference.ModelStage;
import lethe.table.ChunkId;
import lethe.table.Rows;
import lethe.target.Split;
import lethe.target.Target;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Compares models with the retrained one on forget. */
final class CompareWithRetrained {
  private static final String DIVERGENCE = "divergence";
  private static final String MEAN = "mean";

  private static final StructType SUMS =
      new StructType()
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(DIVERGENCE, DataTypes.DoubleType, false)
          .add(TOKENS, DataTypes.LongType, false);

  private CompareWithRetrained() {}

  /**
   * @param model to compare
   * @param scores of its chunks
   * @param documents the same by document, in order
   * @param retrained the retrained model, with its own
   * @param chunks as prepare wrote them
   * @param microBatch chunks per forward pass
   */
  static DistanceToRetrained distance(
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
    return new DistanceToRetrained(
        name,
        SplitScores.finite(nll(documents)),
        SplitScores.finite(nll(retrainedDocuments)),
        target.map(Target::nll).orElse(null),
        KolmogorovSmirnov.of(chunkMeans(scores), chunkMeans(retrainedScores)),
        SplitScores.finite(divergence(model, retrained, chunks, microBatch)));
  }

  private static double[] chunkMeans(Dataset<Row> scores) {
    return forget(scores).select(col(NLL).divide(col(TOKENS)).as(MEAN)).collectAsList().stream()
        .mapToDouble(row -> row.<Double>getAs(MEAN))
        .toArray();
  }

  private static Dataset<Row> forget(Dataset<Row> table) {
    return table.filter(col(SPLIT).equalTo(Split.FORGET.key()));
  }

  private static double nll(List<DocumentScore> documents) {
    return DistanceToTarget.mean(
        documents.stream().filter(d -> d.split().equals(Split.FORGET.key())).toList());
  }

  /**
   * Which chunks share a pass, and in which order passes are added, depends on the chunks alone.
   */
  private static double divergence(
      ModelKey model, ModelKey retrained, Dataset<Row> chunks, int microBatch) {
    Dataset<Row> forget = forget(chunks);
    Dataset<Row> sums =
        ModelStage.mapPartitions(
                Scores.arranged(forget, Rows.aggregate(forget, sum(size(col(TOKENS))))),
                model.compute(),
                new Comparing(retrained, model, microBatch),
                SUMS)
            .orderBy(DOMAIN, DOCUMENT, ORDINAL);
    double divergence = 0;
    long tokens = 0;
    for (Row row : sums.collectAsList()) {
      divergence += row.<Double>getAs(DIVERGENCE);
      tokens += row.<Long>getAs(TOKENS);
    }
    return divergence / tokens;
  }

  private record Comparing(ModelKey from, ModelKey to, int microBatch)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> chunks) {
      List<Row> sums = new ArrayList<>();
      List<ChunkPassage> batch = new ArrayList<>();
      while (chunks.hasNext()) {
        batch.add(ChunkPassage.from(chunks.next()));
        if (batch.size() == microBatch || !chunks.hasNext()) {
          sums.add(compare(batch));
          batch.clear();
        }
      }
      return sums.iterator();
    }

    /** Under the name of its first chunk. */
    private Row compare(List<ChunkPassage> batch) {
      List<Passage> passages = batch.stream().map(ChunkPassage::passage).toList();
      ChunkId first = batch.get(0).chunk();
      return RowFactory.create(
          first.domain(),
          first.document(),
          first.ordinal(),
          LoadedModel.with(from, to, (p, q) -> Scorer.divergence(p, q, passages)),
          passages.stream().mapToLong(Passage::scored).sum());
    }
  }
}
