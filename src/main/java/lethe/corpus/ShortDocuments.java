package lethe.corpus;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
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
import static org.apache.spark.sql.functions.sum;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import lethe.corpus.source.DocumentTexts;
import lethe.corpus.split.Splits;
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
  /** Characters of a token that hardly any text has throughout. */
  private static final int USUAL = 16;

  private static final String DOCUMENTS = "documents";
  private static final String[] NAME = {DOMAIN, ID};

  /** Those of the forget split: columns {@code domain id why}. */
  Dataset<Row> toForget(Splits splits) {
    long most = (long) how.longestToken() * minimumTail();
    Dataset<Row> few = splits.taken(Split.FORGET).where(col(CHARACTERS).leq(most));
    Dataset<Row> named = few.select(DOMAIN, ID);
    String why = "shorter than corpus.min-tail-tokens = %d tokens".formatted(minimumTail());
    boolean none =
        splits.counts().stream()
            .filter(count -> count.split().equals(Split.FORGET.key()))
            .allMatch(count -> count.shortest() > most);
    return (none
            ? named
            : named.join(how.tokens(few, DocumentTexts.Amount.of(few)), NAME, "left_anti"))
        .withColumn(WHY, lit(why));
  }

  /** Sentences on splits, besides the forget split, that have documents and no chunk. */
  List<String> problems(Splits splits) {
    Object[] few =
        splits.counts().stream()
            .collect(groupingBy(Splits.Count::split, mapping(Splits.Count::longest, toList())))
            .entrySet()
            .stream()
            .filter(split -> !split.getKey().equals(Split.FORGET.key()))
            .filter(split -> Collections.max(split.getValue()) <= USUAL * minimumTail())
            .map(Map.Entry::getKey)
            .toArray();
    if (few.length == 0) {
      return List.of();
    }
    Dataset<Row> documents = splits.taken().where(col(SPLIT).isin(few));
    return documents
        .join(how.tokens(documents, DocumentTexts.Amount.of(documents)), NAME, "left")
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
