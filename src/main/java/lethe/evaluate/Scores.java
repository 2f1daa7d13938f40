package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import lethe.evaluate.metric.Extraction;
import lethe.evaluate.metric.MinK;
import lethe.evaluate.metric.TokenScores;
import lethe.evaluate.metric.ZlibLength;
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
 * The scores of chunks by one model.
 *
 * <pre>
 * split, domain, document, ordinal   the chunk
 * tokens    int      scored: all but the first, or those of the answer
 * nll       double   summed negative log-likelihood, nats
 * entropy   double   summed entropy of the predictions, nats
 * hits      int      tokens that were the model's first choice
 * min_k            array(double)  Min-K% at 10, 20, ..., 100 %, see {@link MinK}
 * min_k_accuracy   array(double)  share of the same tokens that were the first choice
 * min_k_plus_plus  array(double)  Min-K%++ at the same
 * zlib_bytes       int            see {@link ZlibLength}; null without a tokenizer
 * continued, longest_run, extraction_strength   see {@link Extraction}
 * </pre>
 */
final class Scores {
  static final String NLL = "nll";
  static final String ENTROPY = "entropy";
  static final String HITS = "hits";
  static final String MIN_K = "min_k";
  static final String MIN_K_ACCURACY = "min_k_accuracy";
  static final String MIN_K_PLUS_PLUS = "min_k_plus_plus";
  static final String ZLIB_BYTES = "zlib_bytes";
  static final String CONTINUED = "continued";
  static final String LONGEST_RUN = "longest_run";
  static final String EXTRACTION_STRENGTH = "extraction_strength";

  static final StructType SCHEMA =
      new StructType()
          .add(SPLIT, DataTypes.StringType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(TOKENS, DataTypes.IntegerType, false)
          .add(NLL, DataTypes.DoubleType, false)
          .add(ENTROPY, DataTypes.DoubleType, false)
          .add(HITS, DataTypes.IntegerType, false)
          .add(MIN_K, DataTypes.createArrayType(DataTypes.DoubleType, false), false)
          .add(MIN_K_ACCURACY, DataTypes.createArrayType(DataTypes.DoubleType, false), false)
          .add(MIN_K_PLUS_PLUS, DataTypes.createArrayType(DataTypes.DoubleType, false), false)
          .add(ZLIB_BYTES, DataTypes.IntegerType, true)
          .add(CONTINUED, DataTypes.IntegerType, false)
          .add(LONGEST_RUN, DataTypes.IntegerType, false)
          .add(EXTRACTION_STRENGTH, DataTypes.DoubleType, false);

  /** Tokens per task: some seconds of work, so that a lost executor costs little. */
  private static final long TOKENS_A_TASK = 1 << 15;

  private Scores() {}

  /**
   * Scores chunks. Which chunks share a forward pass depends on the chunks alone, not on the
   * cluster, so any number of executors gives the same bits.
   *
   * @param chunks as prepare wrote them
   * @param size tokens of all chunks
   * @param microBatch chunks per forward pass
   * @param done counts chunks
   * @param tokens counts theirs
   */
  static Dataset<Row> of(
      Dataset<Row> chunks,
      long size,
      ModelKey model,
      int microBatch,
      LongAccumulator done,
      LongAccumulator tokens) {
    return ModelStage.mapPartitions(
        arranged(chunks, size),
        model.compute(),
        new Scoring(model, microBatch, done, tokens),
        SCHEMA);
  }

  /**
   * Chunks in partitions and an order that depend on the chunks alone.
   *
   * @param size tokens of all chunks
   * @return rows that {@link ChunkPassage} reads
   */
  static Dataset<Row> arranged(Dataset<Row> chunks, long size) {
    int tasks = (int) ((size + TOKENS_A_TASK - 1) / TOKENS_A_TASK);
    return chunks
        .select(
            col(SPLIT),
            col(DOMAIN),
            col(DOCUMENT),
            col(ORDINAL),
            col(TOKENS).as(ChunkPassage.IDS),
            coalesce(col(PROMPT), lit(0)).as(PROMPT))
        .repartition(tasks, col(DOMAIN), col(DOCUMENT), col(ORDINAL))
        .sortWithinPartitions(
            size(col(ChunkPassage.IDS)).desc(), // like lengths side by side: little padding
            col(DOMAIN),
            col(DOCUMENT),
            col(ORDINAL));
  }

  /** As {@link #SCHEMA} has it. */
  private static Row row(ChunkPassage passage, TokenScores scores, Optional<String> text) {
    ChunkId chunk = passage.chunk();
    Extraction extraction = Extraction.of(scores.hit());
    return RowFactory.create(
        passage.split(),
        chunk.domain(),
        chunk.document(),
        chunk.ordinal(),
        scores.tokens(),
        scores.summedNll(),
        scores.summedEntropy(),
        scores.hits(),
        MinK.plain(scores),
        MinK.accuracy(scores),
        MinK.plusPlus(scores),
        text.map(ZlibLength::bytes).orElse(null),
        extraction.continued(),
        extraction.longest(),
        extraction.strength());
  }

  private record Scoring(
      ModelKey model, int microBatch, LongAccumulator done, LongAccumulator tokens)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> chunks) {
      return ChunkBatches.rows(chunks, microBatch, done, tokens, this::score);
    }

    private List<Row> score(List<ChunkPassage> batch) {
      List<Passage> passages = batch.stream().map(ChunkPassage::passage).toList();
      List<Optional<String>> texts = new ArrayList<>();
      List<TokenScores> scored =
          LoadedModel.with(
              model,
              m -> {
                passages.forEach(p -> texts.add(m.text().map(t -> t.text(p.own()))));
                return Scorer.score(m, passages);
              });
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < scored.size(); i++) {
        rows.add(row(batch.get(i), scored.get(i), texts.get(i)));
      }
      return rows;
    }
  }
}
