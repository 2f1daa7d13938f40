package lethe.examples;

import static org.apache.spark.sql.functions.expr;

import java.util.ArrayList;
import java.util.List;
import lethe.inference.BatchInference;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The scores of each view under the reference model, computed once on the executors and carried in
 * the plan, so that no worker needs that model for a term of sequences.
 */
final class ReferenceScores {
  private ReferenceScores() {}

  /**
   * The same examples with the reference's summed negative log-likelihood in every view, nats.
   *
   * @param examples of {@link ExampleViews#SCHEMA}
   * @param microBatch examples per forward pass
   */
  static Dataset<Row> of(Dataset<Row> examples, ModelKey reference, int microBatch) {
    return BatchInference.map(
        examples,
        expr("aggregate(views, 0, (sum, view) -> sum + size(view.tokens))"),
        microBatch,
        reference,
        ExampleViews.SCHEMA,
        ReferenceScores::score);
  }

  private static List<Row> score(LoadedModel model, List<Row> batch) {
    int views = ExampleViews.SCHEMA.fieldIndex("views");
    List<Example> examples = batch.stream().map(row -> ExampleViews.example(row, views)).toList();
    double[] nll = new MicroBatch(model.network()).score(examples, model.weights());
    List<Row> scored = new ArrayList<>();
    int at = 0;
    for (Row row : batch) {
      List<Row> with = new ArrayList<>();
      for (Row view : row.<Row>getList(views)) {
        with.add(RowFactory.create(view.get(0), view.get(1), nll[at++]));
      }
      Object[] values = new Object[row.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = i == views ? with.toArray(Row[]::new) : row.get(i);
      }
      scored.add(RowFactory.create(values));
    }
    return scored;
  }
}
