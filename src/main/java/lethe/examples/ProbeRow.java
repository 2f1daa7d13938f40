package lethe.examples;

import static lethe.examples.ExampleRow.VIEWS;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;

import java.util.List;
import lethe.loss.Example;
import lethe.table.ChunkId;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A row of the table of probe chunks: a chunk that every probe scores.
 *
 * @param shard of the tree, from 0
 * @param domainNumber place of its domain among those to forget, from 0
 * @param place within the probe, from 0
 * @param chunk to score
 * @param views one, the chunk's own text
 */
public record ProbeRow(
    int shard, int domainNumber, int place, ChunkId chunk, List<Example.View> views) {
  private static final String SHARD = "shard";
  private static final String DOMAIN_NUMBER = "domain_number";
  private static final String PLACE = "place";

  public static final StructType SCHEMA =
      new StructType()
          .add(SHARD, DataTypes.IntegerType, false)
          .add(DOMAIN_NUMBER, DataTypes.IntegerType, false)
          .add(PLACE, DataTypes.IntegerType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(VIEWS, ViewsColumn.TYPE, false);

  /** Reads a row of the table. */
  public static ProbeRow of(Row row) {
    return new ProbeRow(
        row.<Integer>getAs(SHARD),
        row.<Integer>getAs(DOMAIN_NUMBER),
        row.<Integer>getAs(PLACE),
        ChunkId.of(row),
        ViewsColumn.of(row));
  }

  /** What a probe scores. */
  public Example example() {
    return ViewsColumn.example(chunk, views);
  }

  /** As {@link #SCHEMA} has it. */
  public Row row() {
    return RowFactory.create(
        shard,
        domainNumber,
        place,
        chunk.domain(),
        chunk.document(),
        chunk.ordinal(),
        ViewsColumn.value(views));
  }
}
