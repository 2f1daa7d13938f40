package lethe.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lethe.LocalSpark;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class RowsTest {
  private static final StructType SCHEMA =
      new StructType()
          .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType))
          .add("ordinal", DataTypes.IntegerType)
          .add("document", DataTypes.StringType)
          .add("domain", DataTypes.StringType);

  private static final Dataset<Row> TABLE =
      LocalSpark.SESSION.createDataFrame(
          List.of(
              RowFactory.create(new int[] {4, 2}, 11, "doc", "d"),
              RowFactory.create(null, 7, "doc", "d")),
          SCHEMA);

  @Test
  void aSumOfNothingIsZero() {
    assertThat(Rows.aggregate(TABLE, sum("ordinal"))).isEqualTo(18);
    assertThat(Rows.aggregate(TABLE.filter(col("ordinal").lt(0)), sum("ordinal"))).isZero();
    assertThat(Rows.aggregate(TABLE, count(lit(1)))).isEqualTo(2);
  }

  @Test
  void aListThatIsNullIsNoEmptyArray() {
    List<Row> rows = TABLE.collectAsList();
    assertThat(Rows.ints(rows.get(0), "tokens")).containsExactly(4, 2);
    assertThat(Rows.ints(rows.get(1), "tokens")).isNull();
  }

  @Test
  void aChunkIsReadByTheNamesOfItsColumnsWhateverTheirOrder() {
    assertThat(ChunkId.of(TABLE.first())).isEqualTo(new ChunkId("d", "doc", 11));
    assertThat(ChunkId.some(TABLE)).isEqualTo("d/doc#11, d/doc#7");
    assertThat(TABLE.select("domain", "document", "ordinal").columns())
        .isEqualTo(ChunkId.columns());
  }
}
