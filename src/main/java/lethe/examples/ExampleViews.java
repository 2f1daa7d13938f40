package lethe.examples;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;

import java.util.Arrays;
import java.util.List;
import lethe.loss.Example;
import lethe.model.network.TokenBatch;
import lethe.objective.ViewKind;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Chunks as the plan takes them: each with the views that its split's term needs.
 *
 * <pre>
 * split, domain, document, ordinal   the chunk
 * pair    long    examples of one pair are used together; null where each split has its own order
 * scored  int     labels of the first view that are scored
 * views   array of (tokens array(int), labels array(int), reference double)
 * </pre>
 *
 * <p>Labels are null where they are the tokens; a reference is null until {@link ReferenceScores}
 * has filled it in.
 */
public final class ExampleViews {
  private static final StructType VIEW =
      new StructType()
          .add(TOKENS, DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add("labels", DataTypes.createArrayType(DataTypes.IntegerType, false), true)
          .add("reference", DataTypes.DoubleType, true);

  static final StructType SCHEMA =
      new StructType()
          .add(SPLIT, DataTypes.StringType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add("pair", DataTypes.LongType, true)
          .add("scored", DataTypes.IntegerType, false)
          .add("views", DataTypes.createArrayType(VIEW, false), false);

  private ExampleViews() {}

  /** Whether each view of an example has a scored label; the first label is never scored. */
  static Column predicts() {
    return expr(
        "forall(views, view -> size(filter(coalesce(view.labels, view.tokens), (label, i) -> i > 0 AND label <> %d)) > 0)"
            .formatted(TokenBatch.IGNORED));
  }

  /**
   * The views of some chunks.
   *
   * @param chunks of one split, with split, domain, document, ordinal, tokens, prompt (tokens
   *     before the answer, null in plain text), labels (other ones, if {@code kinds} asks for any),
   *     pair and sentence (which rejection)
   * @param kinds in the order of the views
   */
  static Dataset<Row> of(
      Dataset<Row> chunks,
      List<ViewKind> kinds,
      RejectionSentences rejections,
      ChunkPadding padding) {
    Dataset<Row> ordered =
        chunks.select(
            col(SPLIT),
            col(DOMAIN),
            col(DOCUMENT),
            col(ORDINAL),
            col("pair"),
            col(TOKENS),
            coalesce(col(PROMPT), lit(0)),
            col("labels"),
            col("sentence"));
    return ordered.map(new Make(kinds, rejections, padding), Encoders.row(SCHEMA));
  }

  /** One row of {@link #SCHEMA} as an example. */
  public static Example example(Row row, int views) {
    String id = row.getAs(DOMAIN) + "/" + row.getAs(DOCUMENT) + "#" + row.getAs(ORDINAL);
    return new Example(
        id, row.getAs(DOMAIN), row.<Row>getList(views).stream().map(ExampleViews::view).toList());
  }

  private static Example.View view(Row view) {
    int[] tokens = ints(view.getList(0));
    return new Example.View(
        tokens,
        view.isNullAt(1) ? tokens : ints(view.getList(1)),
        view.isNullAt(2) ? Double.NaN : view.getDouble(2));
  }

  private static int[] ints(List<Integer> boxed) {
    return boxed.stream().mapToInt(Integer::intValue).toArray();
  }

  private record Make(List<ViewKind> kinds, RejectionSentences rejections, ChunkPadding padding)
      implements MapFunction<Row, Row> {
    @Override
    public Row call(Row chunk) {
      int[] tokens = ints(chunk.getList(5));
      int prompt = chunk.getInt(6);
      Row[] views =
          kinds.stream()
              .map(
                  kind ->
                      switch (kind) {
                        case TEXT -> masked(tokens, tokens, prompt);
                        case WHOLE -> masked(tokens, tokens, 0);
                        case PADDED -> {
                          int[] full = padding.fill(tokens);
                          yield masked(full, full, 0);
                        }
                        case RANDOM_LABELS,
                            ADVERSARIAL_LABELS,
                            EARLY_ADVERSARIAL_LABELS,
                            SAMPLED_LABELS ->
                            masked(tokens, ints(chunk.getList(7)), prompt);
                        case REJECTION -> {
                          int[] other = rejections.after(tokens, prompt, chunk.getInt(8));
                          yield masked(other, other, prompt);
                        }
                      })
              .toArray(Row[]::new);
      int[] first = (int[]) views[0].get(views[0].isNullAt(1) ? 0 : 1);
      return RowFactory.create(
          chunk.get(0),
          chunk.get(1),
          chunk.get(2),
          chunk.get(3),
          chunk.get(4),
          TokenBatch.scored(first),
          views);
    }

    private static Row masked(int[] tokens, int[] labels, int prompt) {
      if (prompt == 0 && tokens == labels) {
        return RowFactory.create(tokens, null, null);
      }
      int[] scored = labels.clone();
      Arrays.fill(scored, 0, Math.min(prompt, scored.length), TokenBatch.IGNORED);
      return RowFactory.create(tokens, scored, null);
    }
  }
}
