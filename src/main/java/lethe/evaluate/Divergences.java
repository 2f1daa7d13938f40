package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.inference.ModelStage;
import lethe.table.ChunkId;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;

/**
 * How far a model's predictions are from the retrained model's, chunk by chunk.
 *
 * <pre>
 * split, domain, document, ordinal   the chunk
 * tokens           int      scored: all but the first, or those of the answer
 * kl               double   summed KL divergence from the retrained model to the model, nats
 * jensen_shannon   double   summed Jensen-Shannon divergence, nats
 * agreed           int      tokens where both models' likeliest token is the same
 * </pre>
 *
 * An executor holds these two models and no other.
 */
final class Divergences {
  static final String KL = "kl";
  static final String JENSEN_SHANNON = "jensen_shannon";
  static final String AGREED = "agreed";

  static final StructType SCHEMA =
      new StructType()
          .add(SPLIT, DataTypes.StringType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(TOKENS, DataTypes.IntegerType, false)
          .add(KL, DataTypes.DoubleType, false)
          .add(JENSEN_SHANNON, DataTypes.DoubleType, false)
          .add(AGREED, DataTypes.IntegerType, false);

  private Divergences() {}

  /**
   * Which chunks share a pass depends on the chunks alone, so any cluster gives the same bits.
   *
   * @param chunks as prepare wrote them
   * @param size tokens of all chunks
   * @param retrained whose predictions count as true
   * @param model compared with it
   * @param microBatch chunks per forward pass of each
   * @param done counts chunks
   * @param tokens counts theirs
   */
  static Dataset<Row> of(
      Dataset<Row> chunks,
      long size,
      ModelKey retrained,
      ModelKey model,
      int microBatch,
      LongAccumulator done,
      LongAccumulator tokens) {
    return ModelStage.mapPartitions(
        Scores.arranged(chunks, size),
        model.compute(),
        new Comparing(retrained, model, microBatch, done, tokens),
        SCHEMA);
  }

  private record Comparing(
      ModelKey from, ModelKey to, int microBatch, LongAccumulator done, LongAccumulator tokens)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> chunks) {
      return ChunkBatches.rows(chunks, microBatch, done, tokens, this::compare);
    }

    private List<Row> compare(List<ChunkPassage> batch) {
      List<Passage> passages = batch.stream().map(ChunkPassage::passage).toList();
      List<PassageDivergence> compared =
          LoadedModel.with(from, to, (p, q) -> Scorer.divergences(p, q, passages));
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < compared.size(); i++) {
        rows.add(row(batch.get(i), compared.get(i)));
      }
      return rows;
    }
  }

  private static Row row(ChunkPassage passage, PassageDivergence divergence) {
    ChunkId chunk = passage.chunk();
    return RowFactory.create(
        passage.split(),
        chunk.domain(),
        chunk.document(),
        chunk.ordinal(),
        passage.passage().scored(),
        divergence.kl(),
        divergence.jensenShannon(),
        divergence.agreed());
  }
}
