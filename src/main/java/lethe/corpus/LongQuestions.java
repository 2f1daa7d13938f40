package lethe.corpus;

import static lethe.corpus.source.Documents.CHARACTERS;
import static lethe.corpus.source.Documents.DETAIL;
import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.QUESTION;
import static lethe.corpus.source.Documents.TEXT;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.split.DocumentIndex.ASKED;
import static lethe.table.Columns.DOMAIN;
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
import lethe.corpus.token.TokenizerLibrary;
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
 * Questions that fill a chunk and leave no room for any of their answer: rejected, like other rows
 * that cannot be used.
 *
 * @param tokenizer content of {@code tokenizer.json}
 * @param library that makes its tokens
 * @param encoder how questions and answers are written
 * @param length tokens per chunk
 */
record LongQuestions(
    Broadcast<byte[]> tokenizer, TokenizerLibrary library, QuestionEncoder encoder, int length)
    implements MapPartitionsFunction<Row, Row> {
  static final String REASON = "question too long";

  /** Tokens of one character, at most: a tokenizer of bytes makes four. */
  private static final int CHARACTER_TOKENS = 4;

  private static final String LONG = "_long";

  private static final StructType FOUND =
      new StructType()
          .add(DOMAIN, DataTypes.StringType)
          .add(ID, DataTypes.StringType)
          .add(LONG, DataTypes.StringType);

  /**
   * The same index, kept, where rows with such a question have a reason. Only questions with many
   * characters are tokenized for it.
   */
  Dataset<Row> rejected(Dataset<Row> index, DocumentTexts texts, MaterializedTables tables) {
    int form = encoder.template().prompt("").length() + 1; // and what begins a text
    Column most = col(ASKED).plus(form).multiply(CHARACTER_TOKENS);
    Dataset<Row> many =
        tables
            .rowByRow(index)
            .where(col(UNUSABLE).isNull().and(most.geq(length)))
            .select(DOMAIN, ID, CHARACTERS);
    if (many.isEmpty()) {
      return index;
    }
    Dataset<Row> found =
        tables.keep(
            texts
                .of(many, DocumentTexts.Amount.of(many))
                .mapPartitions(this, Encoders.row(FOUND))
                .distinct());
    if (found.isEmpty()) {
      return index;
    }
    Dataset<Row> marked =
        index
            .join(found, new String[] {DOMAIN, ID}, "left")
            .withColumn(DETAIL, coalesce(col(DETAIL), col(LONG)))
            .withColumn(UNUSABLE, coalesce(col(UNUSABLE), when(col(LONG).isNotNull(), lit(REASON))))
            .drop(LONG);
    return tables.keep(marked);
  }

  @Override
  public Iterator<Row> call(Iterator<Row> documents) {
    List<Row> found = new ArrayList<>();
    try (Tokenizer own = Tokenizer.of(tokenizer.value(), library)) {
      while (documents.hasNext()) {
        Row document = documents.next();
        String question = document.getAs(QUESTION);
        int tokens = encoder.encode(own, question, document.getAs(TEXT)).prompt();
        if (tokens >= length) {
          found.add(
              RowFactory.create(
                  document.getAs(DOMAIN),
                  document.getAs(ID),
                  "%d tokens, corpus.chunk-tokens is %d".formatted(tokens, length)));
        }
      }
    }
    return found.iterator();
  }
}
