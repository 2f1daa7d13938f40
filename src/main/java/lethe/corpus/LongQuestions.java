package lethe.corpus;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import lethe.corpus.source.DocumentTexts;
import lethe.corpus.token.QuestionEncoder;
import lethe.corpus.token.Tokenizer;
import lethe.table.MaterializedTables;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Questions that fill a chunk, so that nothing of their answer has room: rows that cannot be used,
 * like others.
 *
 * @param tokenizer content of {@code tokenizer.json}
 * @param answers how questions and answers are written
 * @param length tokens a chunk
 */
record LongQuestions(Broadcast<byte[]> tokenizer, QuestionEncoder answers, int length)
    implements MapPartitionsFunction<Row, Row> {
  static final String REASON = "question too long";

  /** Tokens of one character, at most: a tokenizer of bytes makes four. */
  private static final int TOKENS = 4;

  private static final StructType FOUND =
      new StructType()
          .add("domain", DataTypes.StringType)
          .add("id", DataTypes.StringType)
          .add("_long", DataTypes.StringType);

  /**
   * The same index, kept, where rows with such a question have a reason. Only questions with many
   * characters are tokenized for it.
   */
  Dataset<Row> rejected(Dataset<Row> index, DocumentTexts texts, MaterializedTables tables) {
    int form = answers.template().prompt("").length() + 1; // and what begins a text
    Column most = col("_asked").plus(form).multiply(TOKENS);
    Dataset<Row> many =
        index
            .where(col("_reason").isNull().and(most.geq(length)))
            .select("domain", "id", "characters");
    if (many.isEmpty()) {
      return index;
    }
    Dataset<Row> found =
        tables.keep(texts.of(many).mapPartitions(this, Encoders.row(FOUND)).distinct());
    if (found.isEmpty()) {
      return index;
    }
    Dataset<Row> marked =
        index
            .join(found, new String[] {"domain", "id"}, "left")
            .withColumn("_detail", coalesce(col("_detail"), col("_long")))
            .withColumn(
                "_reason", coalesce(col("_reason"), when(col("_long").isNotNull(), lit(REASON))))
            .drop("_long");
    return tables.keep(marked);
  }

  @Override
  public Iterator<Row> call(Iterator<Row> documents) {
    List<Row> found = new ArrayList<>();
    try (Tokenizer own = Tokenizer.of(tokenizer.value())) {
      while (documents.hasNext()) {
        Row document = documents.next();
        String question = document.getAs("_question");
        int tokens = answers.encode(own, question, document.getAs("text")).prompt();
        if (tokens >= length) {
          found.add(
              RowFactory.create(
                  document.getAs("domain"),
                  document.getAs("id"),
                  "%d tokens, corpus.chunk-tokens is %d".formatted(tokens, length)));
        }
      }
    }
    return found.iterator();
  }
}
