package lethe.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Forty chunks of a vocabulary of fifty tokens: fourteen to forget, the others to retain. */
public final class SmallChunks {
  /** What training reads of chunks. */
  static final StructType SCHEMA =
      new StructType()
          .add("split", DataTypes.StringType)
          .add("domain", DataTypes.StringType)
          .add("document", DataTypes.StringType)
          .add("ordinal", DataTypes.IntegerType)
          .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType, false))
          .add("prompt", DataTypes.IntegerType);

  private SmallChunks() {}

  public static Dataset<Row> of(SparkSession spark) {
    List<Row> rows = new ArrayList<>();
    Random random = new Random(5);
    for (int i = 0; i < 40; i++) {
      List<Integer> tokens = random.ints(5 + random.nextInt(12), 0, 50).boxed().toList();
      rows.add(
          RowFactory.create(
              i % 3 == 0 ? "forget" : "retain", "d", "doc" + i / 4, i % 4, tokens, null));
    }
    return spark.createDataFrame(rows, SCHEMA);
  }
}
