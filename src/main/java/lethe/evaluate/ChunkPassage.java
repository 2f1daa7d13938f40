package lethe.evaluate;

import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;

import lethe.table.ChunkId;
import lethe.table.Rows;
import org.apache.spark.sql.Row;

/**
 * A chunk to score.
 *
 * @param split of its document
 * @param chunk its name
 * @param passage its tokens
 */
record ChunkPassage(String split, ChunkId chunk, Passage passage) {
  /** Its token ids; tokens are counted elsewhere. */
  static final String IDS = "ids";

  /**
   * @param row of {@link Scores#arranged}
   */
  static ChunkPassage from(Row row) {
    return new ChunkPassage(
        row.getAs(SPLIT),
        ChunkId.of(row),
        Passage.chunk(Rows.ints(row, IDS), row.<Integer>getAs(PROMPT)));
  }
}
