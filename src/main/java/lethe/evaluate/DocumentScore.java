package lethe.evaluate;

import static lethe.evaluate.Scores.EXTRACTION_STRENGTH;
import static lethe.evaluate.Scores.HITS;
import static lethe.evaluate.Scores.NLL;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.aggregate;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;

import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * One model's sums over the chunks of one document.
 *
 * @param chunks scored
 * @param tokens scored
 * @param nll summed, nats
 * @param chunkMeans sum over chunks of a chunk's mean nll, nats
 * @param hits tokens that were the model's first choice
 * @param strengths sum over chunks of {@link lethe.evaluate.metric.Extraction#strength}
 */
public record DocumentScore(
    String split,
    String domain,
    String document,
    long chunks,
    long tokens,
    double nll,
    double chunkMeans,
    long hits,
    double strengths) {
  private static final String CHUNKS = "chunks";
  private static final String CHUNK_MEANS = "chunk_means";

  /**
   * Ordered by split, domain and document, so that seeded draws repeat. Sums of chunks are taken in
   * the order of the chunks: the last bits of a sum of doubles depend on its order, and Spark's own
   * sum has none.
   */
  static List<DocumentScore> of(Dataset<Row> scores) {
    Column chunks = col(CHUNKS);
    return scores
        .groupBy(SPLIT, DOMAIN, DOCUMENT)
        .agg(
            sum(TOKENS).as(TOKENS),
            sum(HITS).as(HITS),
            array_sort(
                    collect_list(
                        struct(col(ORDINAL), col(TOKENS), col(NLL), col(EXTRACTION_STRENGTH))))
                .as(CHUNKS))
        .select(
            col(SPLIT),
            col(DOMAIN),
            col(DOCUMENT),
            size(chunks).as(CHUNKS),
            col(TOKENS),
            total(chunks, chunk -> chunk.getField(NLL)).as(NLL),
            total(chunks, chunk -> chunk.getField(NLL).divide(chunk.getField(TOKENS)))
                .as(CHUNK_MEANS),
            col(HITS),
            total(chunks, chunk -> chunk.getField(EXTRACTION_STRENGTH)).as(EXTRACTION_STRENGTH))
        .orderBy(SPLIT, DOMAIN, DOCUMENT)
        .collectAsList()
        .stream()
        .map(DocumentScore::from)
        .toList();
  }

  /** The sum of something over chunks, from the first to the last. */
  private static Column total(Column chunks, UnaryOperator<Column> what) {
    return aggregate(chunks, lit(0.0), (sum, chunk) -> sum.plus(what.apply(chunk)));
  }

  private static DocumentScore from(Row row) {
    return new DocumentScore(
        row.getAs(SPLIT),
        row.getAs(DOMAIN),
        row.getAs(DOCUMENT),
        row.<Integer>getAs(CHUNKS),
        row.<Long>getAs(TOKENS),
        row.<Double>getAs(NLL),
        row.<Double>getAs(CHUNK_MEANS),
        row.<Long>getAs(HITS),
        row.<Double>getAs(EXTRACTION_STRENGTH));
  }
}
