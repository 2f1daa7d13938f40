package lethe.evaluate;

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
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
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
 * hits      int      tokens that were the model's first choice
 * min_k            array(double)  Min-K% at 10, 20, ..., 100 %, see {@link MinK}
 * min_k_plus_plus  array(double)  Min-K%++ at the same
 * zlib_bytes       int            see {@link ZlibLength}; null without a tokenizer
 * continued, longest_run, extraction_strength   see {@link Extraction}
 * </pre>
 */
final class Scores {
  static final StructType SCHEMA =
      new StructType()
          .add("split", DataTypes.StringType, false)
          .add("domain", DataTypes.StringType, false)
          .add("document", DataTypes.StringType, false)
          .add("ordinal", DataTypes.IntegerType, false)
          .add("tokens", DataTypes.IntegerType, false)
          .add("nll", DataTypes.DoubleType, false)
          .add("hits", DataTypes.IntegerType, false)
          .add("min_k", DataTypes.createArrayType(DataTypes.DoubleType, false), false)
          .add("min_k_plus_plus", DataTypes.createArrayType(DataTypes.DoubleType, false), false)
          .add("zlib_bytes", DataTypes.IntegerType, true)
          .add("continued", DataTypes.IntegerType, false)
          .add("longest_run", DataTypes.IntegerType, false)
          .add("extraction_strength", DataTypes.DoubleType, false);

  /** Tokens a task: some seconds of work, so that a lost executor costs little. */
  private static final long TOKENS_A_TASK = 1 << 15;

  private Scores() {}

  /**
   * Scores chunks. Which chunks share a forward pass depends on the chunks alone, not on the
   * cluster, so any number of executors gives the same bits.
   *
   * @param chunks as prepare wrote them
   * @param size tokens of all chunks
   * @param microBatch chunks a forward pass
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
    return arranged(chunks, size)
        .mapPartitions(new Scoring(model, microBatch, done, tokens), Encoders.row(SCHEMA));
  }

  /**
   * Chunks in partitions and an order that depend on the chunks alone.
   *
   * @param size tokens of all chunks
   * @return columns split, domain, document, ordinal, tokens, and tokens before the answer or 0
   */
  static Dataset<Row> arranged(Dataset<Row> chunks, long size) {
    int tasks = (int) ((size + TOKENS_A_TASK - 1) / TOKENS_A_TASK);
    return chunks
        .select(
            col("split"),
            col("domain"),
            col("document"),
            col("ordinal"),
            col("tokens").as("ids"),
            coalesce(col("prompt"), lit(0)))
        .repartition(tasks, col("domain"), col("document"), col("ordinal"))
        .sortWithinPartitions(
            size(col("ids")).desc(), // like lengths side by side: little padding
            col("domain"),
            col("document"),
            col("ordinal"));
  }

  /** What a row of {@link #arranged} is to a model. */
  static Passage passage(Row chunk) {
    return Passage.chunk(ints(chunk.getList(4)), chunk.getInt(5));
  }

  static int[] ints(List<Integer> boxed) {
    return boxed.stream().mapToInt(Integer::intValue).toArray();
  }

  private record Scoring(
      ModelKey model, int microBatch, LongAccumulator done, LongAccumulator tokens)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> chunks) {
      List<Row> batch = new ArrayList<>();
      List<Row> scores = new ArrayList<>();
      while (chunks.hasNext()) {
        batch.add(chunks.next());
        if (batch.size() == microBatch || !chunks.hasNext()) {
          scores.addAll(score(batch));
          batch.clear();
        }
      }
      return scores.iterator();
    }

    private List<Row> score(List<Row> batch) {
      List<Passage> passages = batch.stream().map(Scores::passage).toList();
      List<Optional<String>> texts = new ArrayList<>();
      List<TokenScores> scored =
          LoadedModel.with(
              model,
              m -> {
                passages.forEach(p -> texts.add(m.text().map(t -> t.text(p.own()))));
                return Scorer.score(m, passages);
              });
      done.add(batch.size());
      tokens.add(passages.stream().mapToLong(p -> p.tokens().length).sum());
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < scored.size(); i++) {
        Row chunk = batch.get(i);
        TokenScores s = scored.get(i);
        Extraction verbatim = Extraction.of(s.hit());
        rows.add(
            RowFactory.create(
                chunk.getString(0),
                chunk.getString(1),
                chunk.getString(2),
                chunk.getInt(3),
                s.tokens(),
                s.summedNll(),
                s.hits(),
                MinK.plain(s),
                MinK.plusPlus(s),
                texts.get(i).map(ZlibLength::bytes).orElse(null),
                verbatim.continued(),
                verbatim.longest(),
                verbatim.strength()));
      }
      return rows;
    }
  }
}
