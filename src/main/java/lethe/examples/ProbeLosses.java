package lethe.examples;

import static org.apache.spark.sql.functions.expr;

import java.util.ArrayList;
import java.util.List;
import lethe.inference.BatchInference;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.loss.MicroBatch;
import lethe.model.ModelSource;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The forget loss of a model on the probe chunks, scored on the executors: what a probe measures
 * during training, of a model that is not trained.
 */
public final class ProbeLosses {
  private static final String PLACE = "place";
  private static final String DOMAIN_NUMBER = "domain_number";
  private static final String NLL = "nll";

  private static final StructType SCHEMA =
      new StructType()
          .add(PLACE, DataTypes.IntegerType, false)
          .add(DOMAIN_NUMBER, DataTypes.IntegerType, false)
          .add(NLL, DataTypes.DoubleType, false);

  private ProbeLosses() {}

  /**
   * Scores a model.
   *
   * @param probes the chunks
   * @param model to score
   * @param microBatch chunks per forward pass
   * @param compute how the model is run; at full precision
   * @return nats per token, domains weighted by their forget tokens
   */
  public static double mean(
      ProbePlan probes, ModelSource model, int microBatch, ComputeSettings compute) {
    Dataset<Row> losses =
        BatchInference.map(
            probes.rows(),
            expr("size(" + ExampleRow.VIEWS + "[0].tokens)"),
            microBatch,
            ModelKey.of(model, compute.exact()),
            SCHEMA,
            ProbeLosses::losses);
    double[] sums = new double[probes.target().domains().size()];
    // In a fixed order, so that the sums have the same bits however the chunks are partitioned.
    for (Row row : losses.orderBy(PLACE).collectAsList()) {
      sums[row.<Integer>getAs(DOMAIN_NUMBER)] += row.<Double>getAs(NLL);
    }
    return probes.target().weighed(probes.target().means(sums));
  }

  private static List<Row> losses(LoadedModel model, List<Row> batch) {
    List<ProbeRow> probes = batch.stream().map(ProbeRow::of).toList();
    double[] nll =
        new MicroBatch(model.network())
            .score(probes.stream().map(ProbeRow::example).toList(), model.weights());
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < nll.length; i++) {
      rows.add(RowFactory.create(probes.get(i).place(), probes.get(i).domainNumber(), nll[i]));
    }
    return rows;
  }
}
