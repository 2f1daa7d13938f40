package lethe.evaluate;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;

/** The chunks of a task, in the batches that share a forward pass. */
final class ChunkBatches {
  private ChunkBatches() {}

  /**
   * @param chunks as prepare wrote them, in order
   * @param microBatch most chunks of a batch
   * @param done counts chunks, after each batch
   * @param tokens counts theirs
   * @param pass takes a batch, which is emptied afterwards, and gives its rows
   * @return the rows of all batches
   */
  static Iterator<Row> rows(
      Iterator<Row> chunks,
      int microBatch,
      LongAccumulator done,
      LongAccumulator tokens,
      Function<List<ChunkPassage>, List<Row>> pass) {
    List<Row> rows = new ArrayList<>();
    List<ChunkPassage> batch = new ArrayList<>();
    while (chunks.hasNext()) {
      batch.add(ChunkPassage.from(chunks.next()));
      if (batch.size() == microBatch || !chunks.hasNext()) {
        rows.addAll(pass.apply(batch));
        done.add(batch.size());
        tokens.add(batch.stream().mapToLong(c -> c.passage().tokens().length).sum());
        batch.clear();
      }
    }
    return rows.iterator();
  }
}
