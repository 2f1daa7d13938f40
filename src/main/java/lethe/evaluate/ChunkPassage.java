package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;

import lethe.table.Rows;
import org.apache.spark.sql.Row;

/**
 * A chunk to score.
 *
 * @param ordinal place among its document's chunks, from 0
 * @param passage its tokens
 */
record ChunkPassage(String split, String domain, String document, int ordinal, Passage passage) {
  /** Its token ids; tokens are counted elsewhere. */
  static final String IDS = "ids";

  /**
   * @param row of {@link Scores#arranged}
   */
  static ChunkPassage from(Row row) {
    return new ChunkPassage(
        row.getAs(SPLIT),
        row.getAs(DOMAIN),
        row.getAs(DOCUMENT),
        row.<Integer>getAs(ORDINAL),
        Passage.chunk(Rows.ints(row, IDS), row.<Integer>getAs(PROMPT)));
  }
}
