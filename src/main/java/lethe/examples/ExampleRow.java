package lethe.examples;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;

import java.util.List;
import lethe.loss.Example;
import lethe.table.ChunkId;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A row of the table of examples: a chunk with the views that its split's term needs.
 *
 * @param split of the corpus
 * @param chunk that the example is made from
 * @param pair examples of one pair are used together; null where each split has its own order
 * @param scored number of labels of the first view that are scored
 * @param views in the order of the term; as a column see {@link ViewsColumn}
 */
public record ExampleRow(
    String split, ChunkId chunk, Long pair, int scored, List<Example.View> views) {
  public static final String PAIR = "pair";
  public static final String SCORED = "scored";
  public static final String VIEWS = "views";

  static final StructType SCHEMA =
      new StructType()
          .add(SPLIT, DataTypes.StringType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(PAIR, DataTypes.LongType, true)
          .add(SCORED, DataTypes.IntegerType, false)
          .add(VIEWS, ViewsColumn.TYPE, false);

  /** Reads a row of the table. */
  public static ExampleRow of(Row row) {
    return new ExampleRow(
        row.getAs(SPLIT),
        ChunkId.of(row),
        row.getAs(PAIR),
        row.<Integer>getAs(SCORED),
        ViewsColumn.of(row));
  }

  /** Reads the example of any row that has the columns of a chunk's name and its views. */
  public static Example exampleOf(Row row) {
    return ViewsColumn.example(ChunkId.of(row), ViewsColumn.of(row));
  }

  /** What training takes of it. */
  public Example example() {
    return ViewsColumn.example(chunk, views);
  }

  ExampleRow with(List<Example.View> others) {
    return new ExampleRow(split, chunk, pair, scored, others);
  }

  /** As {@link #SCHEMA} has it. */
  Row row() {
    return RowFactory.create(
        split,
        chunk.domain(),
        chunk.document(),
        chunk.ordinal(),
        pair,
        scored,
        ViewsColumn.value(views));
  }
}
