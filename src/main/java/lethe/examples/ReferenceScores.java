package lethe.examples;

import java.util.ArrayList;
import java.util.List;
import lethe.inference.BatchInference;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The scores of each view under the reference model, computed once on the executors and carried in
 * the plan, so that no worker needs that model for a term of sequences.
 */
final class ReferenceScores {
  private ReferenceScores() {}

  /**
   * The same examples with the reference's summed negative log-likelihood in every view, nats.
   *
   * @param examples rows that {@link ExampleRow} reads
   * @param microBatch examples per forward pass
   */
  static Dataset<Row> of(Dataset<Row> examples, ModelKey reference, int microBatch) {
    return BatchInference.map(
        examples,
        ViewsColumn.tokens(),
        microBatch,
        reference,
        ExampleRow.SCHEMA,
        ReferenceScores::score);
  }

  private static List<Row> score(LoadedModel model, List<Row> batch) {
    List<ExampleRow> examples = batch.stream().map(ExampleRow::of).toList();
    double[] nll =
        new MicroBatch(model.network())
            .score(examples.stream().map(ExampleRow::example).toList(), model.weights());
    List<Row> scored = new ArrayList<>();
    int at = 0;
    for (ExampleRow example : examples) {
      List<Example.View> views = new ArrayList<>();
      for (Example.View view : example.views()) {
        views.add(new Example.View(view.tokens(), view.labels(), nll[at++]));
      }
      scored.add(example.with(views).row());
    }
    return scored;
  }
}
