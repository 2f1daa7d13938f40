package lethe.examples;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;

import lethe.target.SteeringTarget;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What steers a training to its target.
 *
 * @param target where training should end, domain by domain
 * @param rows the chunks that every probe scores, as {@link #SCHEMA} has them
 */
public record ProbePlan(SteeringTarget target, Dataset<Row> rows) {
  /**
   * A chunk of a probe: its shard, its domain's number among those to forget, its place within the
   * probe, and what it is.
   */
  public static final StructType SCHEMA =
      new StructType()
          .add("shard", DataTypes.IntegerType, false)
          .add("domain_number", DataTypes.IntegerType, false)
          .add("place", DataTypes.IntegerType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add("views", ExampleViews.SCHEMA.apply("views").dataType(), false);
}
