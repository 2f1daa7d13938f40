package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.target.DocumentHalves;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The two halves of a split's documents when a model is trained again: those that judge are
 * measured, the others are trained on. The only document of a domain is measured.
 */
public final class RelearnedHalves {
  private static final StructType SCHEMA =
      new StructType()
          .add(SPLIT, DataTypes.StringType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false);

  private RelearnedHalves() {}

  /** The chunks of a split that models are trained on again. */
  public static Dataset<Row> trained(SparkSession spark, Dataset<Row> chunks, Split split) {
    Dataset<Row> own = chunks.filter(col(SPLIT).equalTo(split.key()));
    return own.join(measured(spark, own, split), columns(), "left_anti");
  }

  /** The documents that are measured: the columns of {@link #columns()}. */
  static Dataset<Row> measured(SparkSession spark, Dataset<Row> chunks, Split split) {
    Map<String, List<String>> documents =
        chunks
            .filter(col(SPLIT).equalTo(split.key()))
            .select(DOMAIN, DOCUMENT)
            .distinct()
            .collectAsList()
            .stream()
            .collect(
                Collectors.groupingBy(
                    row -> row.getAs(DOMAIN),
                    TreeMap::new,
                    Collectors.mapping(row -> row.getAs(DOCUMENT), Collectors.toList())));
    List<Row> rows = new ArrayList<>();
    documents.forEach(
        (domain, ids) ->
            DocumentHalves.judging(ids)
                .forEach(id -> rows.add(RowFactory.create(split.key(), domain, id))));
    return spark.createDataFrame(rows, SCHEMA);
  }

  static String[] columns() {
    return SCHEMA.fieldNames();
  }
}
