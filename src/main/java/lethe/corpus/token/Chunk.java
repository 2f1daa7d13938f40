package lethe.corpus.token;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * A run of a document's tokens.
 *
 * @param ordinal place among the document's chunks, from 0
 * @param start place of the first character in the text
 * @param end place after the last character
 * @param tokens ids
 * @param prompt of a question with its answer, the tokens before the answer; null in plain text
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Chunk(int ordinal, int start, int end, int[] tokens, Integer prompt) {

  /** As {@link Chunks#SCHEMA} has it. */
  Row row(TextDocument document) {
    return RowFactory.create(
        document.split(), document.domain(), document.id(), ordinal, start, end, tokens, prompt);
  }
}
