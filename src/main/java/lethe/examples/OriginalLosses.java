package lethe.examples;

import static lethe.examples.ExampleRow.SCORED;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.folder.RunFolder;
import lethe.inference.BatchInference;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.loss.MicroBatch;
import lethe.model.ModelSource;
import lethe.settings.InvalidSettings;
import lethe.table.CachedTable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The original model's losses on some chunks, scored once on the executors at full precision and
 * kept, so that a run that is resumed goes on from the same.
 *
 * @param original the model
 * @param chunksSha256 hash of the corpus
 * @param seed of the choice of chunks
 * @param most chunks that are scored
 * @param microBatch chunks per forward pass
 * @param compute how the model is run
 */
public record OriginalLosses(
    SparkSession spark,
    RunFolder folder,
    ModelSource original,
    String chunksSha256,
    long seed,
    int most,
    int microBatch,
    ComputeSettings compute) {

  /** Summed loss, nats, and the number of scored tokens. */
  private record Sum(double nll, long scored) {
    Sum add(ChunkLoss loss) {
      return new Sum(nll + loss.nll(), scored + loss.scored());
    }

    double mean() {
      return nll / scored;
    }
  }

  /**
   * Its mean loss on kept text.
   *
   * @param chunks as prepare wrote them
   * @param split whose chunks are scored, at most {@code most} of them, by a seeded choice
   * @return nats per token
   */
  public double mean(Dataset<Row> chunks, String split) {
    Column hash = xxhash64(lit(seed), lit("kept"), col(DOMAIN), col(DOCUMENT), col(ORDINAL));
    Dataset<Row> chosen =
        chunks
            .filter(col(SPLIT).equalTo(split))
            .orderBy(hash, col(DOMAIN), col(DOCUMENT), col(ORDINAL))
            .limit(most);
    return sums("loss-" + split, Examples.text(chosen)).values().stream()
        .reduce((a, b) -> new Sum(a.nll() + b.nll(), a.scored() + b.scored()))
        .orElseThrow(
            () ->
                new InvalidSettings(
                    "Cannot bound what %s loses: the split has no chunks; leave it out of unlearn.retain-weights, or give it documents"
                        .formatted(split)))
        .mean();
  }

  /**
   * Its mean loss by domain, nats per token.
   *
   * @param name of the table that keeps the losses
   * @param views rows that {@link ExampleRow} reads
   */
  Map<String, Double> means(String name, Dataset<Row> views) {
    Map<String, Double> means = new TreeMap<>();
    sums(name, views).forEach((domain, sum) -> means.put(domain, sum.mean()));
    return means;
  }

  private Map<String, Sum> sums(String name, Dataset<Row> views) {
    ModelKey key = ModelKey.of(original, compute.exact());
    Map<String, Object> origin = new TreeMap<>();
    origin.put("model", key.fingerprint());
    origin.put("chunks_sha256", chunksSha256);
    origin.put("seed", seed);
    origin.put("target_chunks", most);
    origin.put("micro_batch", microBatch);
    Dataset<Row> losses =
        new CachedTable(folder.files(), new Path(folder.labels(), name), origin)
            .readOrCompute(
                spark,
                () ->
                    BatchInference.map(
                        views,
                        col(SCORED),
                        microBatch,
                        key,
                        ChunkLoss.SCHEMA,
                        OriginalLosses::losses));
    Map<String, Sum> sums = new TreeMap<>();
    // In a fixed order, so that the sums have the same bits however the table is partitioned.
    for (Row row : losses.orderBy(DOMAIN, DOCUMENT, ORDINAL).collectAsList()) {
      ChunkLoss loss = ChunkLoss.of(row);
      String domain = loss.chunk().domain();
      sums.put(domain, sums.getOrDefault(domain, new Sum(0, 0)).add(loss));
    }
    return sums;
  }

  private static List<Row> losses(LoadedModel model, List<Row> batch) {
    List<ExampleRow> examples = batch.stream().map(ExampleRow::of).toList();
    double[] nll =
        new MicroBatch(model.network())
            .score(examples.stream().map(ExampleRow::example).toList(), model.weights());
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < nll.length; i++) {
      ExampleRow example = examples.get(i);
      rows.add(new ChunkLoss(example.chunk(), example.scored(), nll[i]).row());
    }
    return rows;
  }
}
