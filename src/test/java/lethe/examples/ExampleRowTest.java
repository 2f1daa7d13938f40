package lethe.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lethe.LocalSpark;
import lethe.loss.Example;
import lethe.table.ChunkId;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** Rows that cross the border to training are read as they were written. */
class ExampleRowTest {
  private static final ChunkId CHUNK = new ChunkId("d", "doc", 3);
  private static final int[] TOKENS = {5, 6, 7};

  /** With its own labels and no score, and with others and a score. */
  private static final List<Example.View> VIEWS =
      List.of(
          new Example.View(TOKENS, TOKENS, Double.NaN),
          new Example.View(TOKENS, new int[] {-100, 1, 2}, 0.5));

  @Test
  void anExampleIsReadAsItWasWritten() {
    for (Long pair : new Long[] {null, 4L}) {
      ExampleRow written = new ExampleRow("forget", CHUNK, pair, 2, VIEWS);
      ExampleRow read = ExampleRow.of(table(written.row(), ExampleRow.SCHEMA).first());
      assertSame(read, written);
      assertThat(read.example().id()).isEqualTo("d/doc#3");
    }
  }

  @Test
  void aProbeIsReadAsItWasWritten() {
    ProbeRow written = new ProbeRow(7, 1, 20, CHUNK, VIEWS);
    Dataset<Row> table = table(written.row(), ProbeRow.SCHEMA);
    assertSame(ProbeRow.of(table.first()), written);
    assertSame(ExampleRow.exampleOf(table.first()), written.example());
  }

  @Test
  void labelsThatAreTheTokensTakeNoRoom() {
    Row row =
        table(new ExampleRow("forget", CHUNK, null, 2, VIEWS).row(), ExampleRow.SCHEMA).first();
    assertThat(row.<Row>getList(row.fieldIndex("views")))
        .extracting(view -> view.isNullAt(view.fieldIndex("labels")))
        .containsExactly(true, false);
  }

  private static void assertSame(Object read, Object written) {
    assertThat(read)
        .usingRecursiveComparison()
        .withComparatorForType(Double::compare, Double.class) // by which NaN is NaN
        .isEqualTo(written);
  }

  private static Dataset<Row> table(Row row, StructType schema) {
    return LocalSpark.SESSION.createDataFrame(List.of(row), schema);
  }
}
