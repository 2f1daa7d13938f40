package lethe.table;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;

import java.io.Serializable;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Names one chunk of a corpus. Every table with a row per chunk has these three columns.
 *
 * @param domain of the document's source
 * @param document id of the document
 * @param ordinal place among the document's chunks, from 0
 */
public record ChunkId(String domain, String document, int ordinal) implements Serializable {

  /** The chunk that a row is about. */
  public static ChunkId of(Row row) {
    return new ChunkId(row.getAs(DOMAIN), row.getAs(DOCUMENT), row.<Integer>getAs(ORDINAL));
  }

  /** The names of its columns, by which tables of chunks are joined. */
  public static String[] columns() {
    return new String[] {DOMAIN, DOCUMENT, ORDINAL};
  }

  /** Names a few of a table's chunks in a message. */
  public static String some(Dataset<Row> chunks) {
    return chunks.select(DOMAIN, DOCUMENT, ORDINAL).limit(10).collectAsList().stream()
        .map(row -> of(row).toString())
        .sorted()
        .collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return domain + "/" + document + "#" + ordinal;
  }
}
