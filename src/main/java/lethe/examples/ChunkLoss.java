package lethe.examples;

import static lethe.examples.ExampleRow.SCORED;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;

import lethe.table.ChunkId;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A row of the kept table of the original model's losses, from which the target is computed.
 *
 * @param scored number of labels that are scored
 * @param nll their summed negative log-likelihood, nats
 */
record ChunkLoss(ChunkId chunk, int scored, double nll) {
  private static final String NLL = "nll";

  static final StructType SCHEMA =
      new StructType()
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(SCORED, DataTypes.IntegerType, false)
          .add(NLL, DataTypes.DoubleType, false);

  static ChunkLoss of(Row row) {
    return new ChunkLoss(ChunkId.of(row), row.<Integer>getAs(SCORED), row.<Double>getAs(NLL));
  }

  Row row() {
    return RowFactory.create(chunk.domain(), chunk.document(), chunk.ordinal(), scored, nll);
  }
}
