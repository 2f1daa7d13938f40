package lethe.corpus;

import static lethe.corpus.source.Documents.CHARACTERS;
import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.split.Requests.WHY;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.sum;

import java.util.List;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Documents that have no chunk, because they have fewer tokens than {@code corpus.min-tail-tokens}.
 * Only documents with few characters are tokenized to find them.
 *
 * @param how documents become chunks
 */
record ShortDocuments(Tokenization how) {
  /** Characters of a token, at most: the longest are runs of white space in code. */
  private static final int TOKEN_CHARACTERS = 256;

  /** Characters of a token that hardly any text has throughout. */
  private static final int USUAL = 16;

  private static final String DOCUMENTS = "documents";
  private static final String[] NAME = {DOMAIN, ID};

  /**
   * Those of some documents: columns {@code domain id why}.
   *
   * @param documents columns {@code split domain id characters}
   */
  Dataset<Row> of(Dataset<Row> documents) {
    Dataset<Row> few = documents.where(col(CHARACTERS).leq(TOKEN_CHARACTERS * minimumTail()));
    Dataset<Row> named = few.select(DOMAIN, ID);
    String why = "shorter than corpus.min-tail-tokens = %d tokens".formatted(minimumTail());
    return (few.isEmpty() ? named : named.join(how.tokens(few), NAME, "left_anti"))
        .withColumn(WHY, lit(why));
  }

  /**
   * Sentences on splits, besides the forget split, that have documents and no chunk.
   *
   * @param taken columns {@code split domain id characters}
   */
  List<String> problems(Dataset<Row> taken) {
    Dataset<Row> few =
        taken
            .where(col(SPLIT).notEqual(Split.FORGET.key()))
            .groupBy(SPLIT)
            .agg(max(CHARACTERS).as("longest"))
            .where(col("longest").leq(USUAL * minimumTail()));
    if (few.isEmpty()) {
      return List.of();
    }
    Dataset<Row> documents = taken.join(few, SPLIT).select(SPLIT, DOMAIN, ID, CHARACTERS);
    return documents
        .join(how.tokens(documents), NAME, "left")
        .groupBy(SPLIT)
        .agg(sum(coalesce(col(TOKENS), lit(0))).as(TOKENS), count(lit(1)).as(DOCUMENTS))
        .where(col(TOKENS).equalTo(0))
        .orderBy(SPLIT)
        .collectAsList()
        .stream()
        .map(
            row ->
                "Split %s has no chunk: all of its %d documents are shorter than corpus.min-tail-tokens = %d tokens"
                    .formatted(row.getAs(SPLIT), row.<Long>getAs(DOCUMENTS), minimumTail()))
        .toList();
  }

  private long minimumTail() {
    return Math.min(how.settings().minimumTail(), how.settings().chunkTokens());
  }
}
