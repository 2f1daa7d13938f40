package lethe.corpus.source;

import static lethe.corpus.source.Documents.CHARACTERS;
import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.QUESTION;
import static lethe.corpus.source.Documents.TEXT;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.table.Columns.DOMAIN;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The texts of some documents, read from the sources.
 *
 * @param spark to read with
 * @param table of {@link Documents}
 */
public record DocumentTexts(SparkSession spark, Dataset<Row> table) {
  /** Documents counted. */
  private static final String DOCUMENTS = "documents";

  /** A partition's share of text: seconds of work, and little enough for a small executor. */
  private static final long PARTITION_CHARACTERS = 8L << 20;

  /** Less text than a task should begin for. */
  private static final long LEAST_CHARACTERS = 256L << 10;

  /** Names of so many documents, some ten megabytes, are sent to every executor. */
  private static final long MOST_NAMES_SENT = 200_000;

  /**
   * How much text there is.
   *
   * @param documents how many
   * @param characters of all of them
   */
  public record Amount(long documents, long characters) {
    /**
     * @param which columns {@code domain id characters}, each document once
     */
    public static Amount of(Dataset<Row> which) {
      Row total =
          which
              .agg(count(lit(1)).as(DOCUMENTS), coalesce(sum(CHARACTERS), lit(0L)).as(CHARACTERS))
              .head();
      return new Amount(total.<Long>getAs(DOCUMENTS), total.<Long>getAs(CHARACTERS));
    }
  }

  /**
   * Texts in partitions of about the same size. All rows of one domain and id are in one partition;
   * a document that the sources repeat is there as often.
   *
   * @param which columns {@code domain id}, each document once
   * @param amount of their texts
   * @param more columns of {@code which} that are wanted too
   * @return columns {@code domain id text _question} and those
   */
  public Dataset<Row> of(Dataset<Row> which, Amount amount, Column... more) {
    Column[] known = new Column[more.length + 2];
    known[0] = col(DOMAIN);
    known[1] = col(ID);
    System.arraycopy(more, 0, known, 2, more.length);
    Dataset<Row> names = which.select(known);
    return table
        .where(col(UNUSABLE).isNull())
        .select(DOMAIN, ID, TEXT, QUESTION)
        .join(
            amount.documents() <= MOST_NAMES_SENT ? broadcast(names) : names,
            new String[] {DOMAIN, ID})
        .repartition(partitions(amount.characters()), col(DOMAIN), col(ID));
  }

  private int partitions(long characters) {
    long least =
        Math.min(2L * spark.sparkContext().defaultParallelism(), characters / LEAST_CHARACTERS + 1);
    return Math.toIntExact(Math.max(characters / PARTITION_CHARACTERS + 1, least));
  }
}
