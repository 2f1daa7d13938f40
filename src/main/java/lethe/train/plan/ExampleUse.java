package lethe.train.plan;

import static lethe.examples.ExampleRow.PAIR;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.train.plan.PlanKey.SLOT;
import static lethe.train.plan.PlanKey.STEP;

import lethe.table.ChunkId;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A row of a role's table of uses: an example in a step.
 *
 * @param chunk that the example is made from
 * @param pair that it is used with, or null; with the chunk it names the example
 * @param step from 0
 * @param slot of the role within the step
 * @param size examples of the role in the step
 */
record ExampleUse(ChunkId chunk, Long pair, int step, int slot, int size) {
  static final String SIZE = "size";

  static final StructType SCHEMA =
      new StructType()
          .add(DOMAIN, DataTypes.StringType)
          .add(DOCUMENT, DataTypes.StringType)
          .add(ORDINAL, DataTypes.IntegerType)
          .add(PAIR, DataTypes.LongType)
          .add(STEP, DataTypes.IntegerType)
          .add(SLOT, DataTypes.IntegerType)
          .add(SIZE, DataTypes.IntegerType);

  static ExampleUse of(Row row) {
    return new ExampleUse(
        ChunkId.of(row),
        row.getAs(PAIR),
        row.<Integer>getAs(STEP),
        row.<Integer>getAs(SLOT),
        row.<Integer>getAs(SIZE));
  }

  Row row() {
    return RowFactory.create(
        chunk.domain(), chunk.document(), chunk.ordinal(), pair, step, slot, size);
  }
}
