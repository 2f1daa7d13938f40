package lethe.examples;

import static lethe.examples.ExampleRow.VIEWS;
import static lethe.examples.SubstituteLabels.LABELS;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.expr;

import java.util.List;
import lethe.loss.Example;
import lethe.model.network.TokenBatch;
import lethe.objective.LikeliestTokens;
import lethe.table.ChunkId;
import lethe.table.Rows;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The views of an example as a column of a table, an array of
 *
 * <pre>
 * tokens     array(int)
 * labels     array(int)  null where they are the tokens
 * reference  double      nats; null unless {@link ReferenceScores} has scored the view
 * stored     binary      null unless {@link StoredLabelStage} has made labels: {@link LikeliestTokens#bytes}
 * </pre>
 */
final class ViewsColumn {
  private static final String REFERENCE = "reference";
  private static final String STORED = "stored";

  static final ArrayType TYPE =
      DataTypes.createArrayType(
          new StructType()
              .add(TOKENS, DataTypes.createArrayType(DataTypes.IntegerType, false), false)
              .add(LABELS, DataTypes.createArrayType(DataTypes.IntegerType, false), true)
              .add(REFERENCE, DataTypes.DoubleType, true)
              .add(STORED, DataTypes.BinaryType, true),
          false);

  private ViewsColumn() {}

  /** The views of a row. */
  static List<Example.View> of(Row row) {
    return Rows.<Row>list(row, VIEWS).stream().map(ViewsColumn::view).toList();
  }

  private static Example.View view(Row view) {
    int[] tokens = Rows.ints(view, TOKENS);
    int[] labels = Rows.ints(view, LABELS);
    Double reference = view.getAs(REFERENCE);
    byte[] stored = view.getAs(STORED);
    return new Example.View(
        tokens,
        labels == null ? tokens : labels,
        reference == null ? Double.NaN : reference,
        stored == null ? null : LikeliestTokens.of(stored));
  }

  /** A chunk's views as training takes them. */
  static Example example(ChunkId chunk, List<Example.View> views) {
    return new Example(chunk.toString(), chunk.domain(), views);
  }

  /** Views as a value of the column. */
  static Row[] value(List<Example.View> views) {
    return views.stream()
        .map(
            view ->
                RowFactory.create(
                    view.tokens(),
                    view.labels() == view.tokens() ? null : view.labels(), // the same array
                    Double.isNaN(view.reference()) ? null : view.reference(),
                    view.stored() == null ? null : view.stored().bytes()))
        .toArray(Row[]::new);
  }

  /** Whether each view of an example has a scored label; the first label is never scored. */
  static Column predict() {
    return expr(
        "forall(%s, view -> size(filter(coalesce(view.%s, view.%s), (label, i) -> i > 0 AND label <> %d)) > 0)"
            .formatted(VIEWS, LABELS, TOKENS, TokenBatch.IGNORED));
  }

  /** The number of tokens of all views. */
  static Column tokens() {
    return expr("aggregate(%s, 0, (sum, view) -> sum + size(view.%s))".formatted(VIEWS, TOKENS));
  }
}
