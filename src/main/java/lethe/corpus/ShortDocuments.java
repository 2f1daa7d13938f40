package lethe.corpus;

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
  private static final int CHARACTERS = 256;

  /** Characters of a token that hardly any text has throughout. */
  private static final int USUAL = 16;

  private static final String[] NAME = {"domain", "id"};

  /**
   * Those of some documents: columns {@code domain id why}.
   *
   * @param documents columns {@code split domain id characters}
   */
  Dataset<Row> of(Dataset<Row> documents) {
    Dataset<Row> few = documents.where(col("characters").leq(CHARACTERS * minimumTail()));
    Dataset<Row> named = few.select("domain", "id");
    String why = "shorter than corpus.min-tail-tokens = %d tokens".formatted(minimumTail());
    return (few.isEmpty() ? named : named.join(how.tokens(few), NAME, "left_anti"))
        .withColumn("why", lit(why));
  }

  /**
   * Sentences on splits, beside the forget split, that have documents and no chunk.
   *
   * @param taken columns {@code split domain id characters}
   */
  List<String> problems(Dataset<Row> taken) {
    Dataset<Row> few =
        taken
            .where(col("split").notEqual(Split.FORGET.key()))
            .groupBy("split")
            .agg(max("characters").as("longest"))
            .where(col("longest").leq(USUAL * minimumTail()));
    if (few.isEmpty()) {
      return List.of();
    }
    Dataset<Row> documents = taken.join(few, "split").select("split", "domain", "id", "characters");
    return documents
        .join(how.tokens(documents), NAME, "left")
        .groupBy("split")
        .agg(sum(coalesce(col("tokens"), lit(0))).as("tokens"), count(lit(1)).as("documents"))
        .where("tokens = 0")
        .orderBy("split")
        .collectAsList()
        .stream()
        .map(
            row ->
                "Split %s has no chunk: all of its %d documents are shorter than corpus.min-tail-tokens = %d tokens"
                    .formatted(row.getString(0), row.<Long>getAs("documents"), minimumTail()))
        .toList();
  }

  private long minimumTail() {
    return Math.min(how.settings().minimumTail(), how.settings().chunkTokens());
  }
}
