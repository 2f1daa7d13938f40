package lethe.corpus.token;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.QUESTION;
import static lethe.corpus.source.Documents.TEXT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;

import org.apache.spark.sql.Row;

/**
 * A document to cut into chunks.
 *
 * @param id with the domain it names the document
 * @param text or the answer to the question
 * @param question null in plain text
 */
record TextDocument(String split, String domain, String id, String text, String question) {

  /**
   * @param row with columns {@code split domain id text _question}
   */
  static TextDocument from(Row row) {
    return new TextDocument(
        row.getAs(SPLIT), row.getAs(DOMAIN), row.getAs(ID), row.getAs(TEXT), row.getAs(QUESTION));
  }

  /**
   * @param row with columns {@code split domain id text}
   */
  static TextDocument plain(Row row) {
    return new TextDocument(
        row.getAs(SPLIT), row.getAs(DOMAIN), row.getAs(ID), row.getAs(TEXT), null);
  }

  int characters() {
    return text.codePointCount(0, text.length());
  }
}
