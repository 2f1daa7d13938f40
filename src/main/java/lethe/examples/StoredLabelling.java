package lethe.examples;

import static lethe.examples.StoredLabelStage.STORED;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import lethe.folder.RunFolder;
import lethe.inference.ModelKey;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.objective.CutError;
import lethe.objective.LossQuantiles;
import lethe.objective.StoredLabelSettings;
import lethe.objective.TruthChange;
import lethe.settings.InvalidSettings;
import lethe.table.CachedTable;
import lethe.table.ChunkId;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Distributions to learn, made once before training and kept: {@link StoredLabelStage} makes them,
 * a {@link TruthChange} follows, and the run folder says what the cut loses.
 *
 * @param settings how they are made
 * @param teacher whose copies are averaged
 * @param factor of the true token's probability, where it does not follow from quantiles
 * @param unseen views of the text whose losses the true tokens are to have; null unless they follow
 *     from quantiles
 * @param most chunks of that text
 */
public record StoredLabelling(
    StoredLabelSettings settings,
    ModelSource teacher,
    double factor,
    Dataset<Row> unseen,
    int most) {
  /** For methods that learn no stored labels. */
  public static final StoredLabelling NONE = new StoredLabelling(null, null, 1, null, 0);

  /** Nats per token that the cut may hide without a word: a tenth of what labels bring. */
  private static final double MUCH_HIDDEN = 0.02;

  private static final StructType LABELS =
      new StructType()
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(STORED, DataTypes.BinaryType, false);

  /**
   * What {@code stored-labels.json} has.
   *
   * @param labels how they were made
   * @param teacher fingerprint of the model whose copies were averaged
   * @param positions that have labels
   * @param nll mean loss of the true tokens under the labels as they were made, nats per token
   * @param restMean mean probability of all tokens that are not told apart
   * @param restMost largest
   * @param errorMean by how much the divergence of the original model from the labels is
   *     understated, nats per token
   * @param errorMost the same at one position, nats
   */
  public record Made(
      String labels,
      String teacher,
      long positions,
      double nll,
      @JsonProperty("rest_mean") double restMean,
      @JsonProperty("rest_most") double restMost,
      @JsonProperty("error_mean") double errorMean,
      @JsonProperty("error_most") double errorMost) {}

  /** What decides the labels that are learnt, besides the chunks and the models. */
  String identity() {
    return settings.identity()
        + (settings.byQuantiles()
            ? ", by quantiles of %d chunks".formatted(most)
            : ", true token times " + factor);
  }

  /**
   * Chunks with their labels in a column of {@link lethe.objective.LikeliestTokens#bytes}.
   *
   * @param chunks with domain, document, ordinal, tokens and prompt
   * @param table where the labels are kept
   * @param original the model that the cut is measured with
   * @param microBatch chunks per forward pass
   * @param losses of tokens of unseen text by the original model
   * @param tell takes a sentence for the user
   * @throws InvalidSettings when losses are to be those of unseen text, and a domain has none, or
   *     lower ones than the original has on the text to forget
   */
  Dataset<Row> of(
      Dataset<Row> chunks,
      CachedTable table,
      RunFolder folder,
      ModelKey original,
      ModelKey teacherKey,
      int microBatch,
      TokenLosses losses,
      Consumer<String> tell) {
    Dataset<Row> labels =
        table.readOrCompute(
            chunks.sparkSession(),
            () -> StoredLabelStage.of(chunks, settings, teacherKey, original, microBatch));
    Map<String, StoredLabelStage.Sums> sums = StoredLabelStage.sums(labels);
    record(folder, sums, tell);
    TruthChange change =
        settings.byQuantiles() ? byQuantiles(labels, sums, losses) : new TruthChange.Scaled(factor);
    return chunks.join(
        labels.map(
            (MapFunction<Row, Row>)
                row -> {
                  ChunkId id = ChunkId.of(row);
                  return RowFactory.create(
                      id.domain(),
                      id.document(),
                      id.ordinal(),
                      StoredLabelStage.of(row)
                          .withTruth(probability -> change.of(id.domain(), probability))
                          .bytes());
                },
            Encoders.row(LABELS)),
        ChunkId.columns());
  }

  private void record(
      RunFolder folder, Map<String, StoredLabelStage.Sums> sums, Consumer<String> tell) {
    StoredLabelStage.Sums all =
        sums.values().stream().reduce(StoredLabelStage.Sums.NONE, StoredLabelStage.Sums::and);
    CutError cut = all.cut();
    Made made =
        new Made(
            settings.identity(),
            ModelFingerprint.of(teacher),
            cut.positions(),
            all.nll() / Math.max(1, cut.positions()),
            cut.meanMass(),
            cut.mostMass(),
            cut.meanError(),
            cut.mostError());
    folder.files().writeJson(folder.storedLabels(), made);
    tell.accept(
        String.format(
            Locale.ROOT,
            "labels of %d positions, loss %.3f; outside of the %d likeliest tokens and the true one %.4f of the probability, at most %.3f, which hides %.4f nats a token of the original's divergence from them",
            made.positions(),
            made.nll(),
            settings.likeliest(),
            made.restMean(),
            made.restMost(),
            made.errorMean()));
    if (made.errorMean() > MUCH_HIDDEN) {
      tell.accept(
          "Warning: a higher unlearn.stored-top-k than %d hides less of these labels"
              .formatted(settings.likeliest()));
    }
  }

  private TruthChange byQuantiles(
      Dataset<Row> labels, Map<String, StoredLabelStage.Sums> sums, TokenLosses losses) {
    Map<String, LossQuantiles> own =
        TokenLosses.quantiles(labels.flatMap(new Losses(), Encoders.row(TokenLosses.SCHEMA)));
    Map<String, LossQuantiles> other = losses.of(unseen);
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, StoredLabelStage.Sums> domain : new TreeMap<>(sums).entrySet()) {
      String name = domain.getKey();
      double before = domain.getValue().original() / domain.getValue().cut().positions();
      if (!other.containsKey(name)) {
        problems.add(
            "Cannot make labels by quantiles: domain %s of split forget has no document in split approximate; give it some, or set unlearn.calibrated-factor to a number"
                .formatted(name));
      } else if (other.get(name).mean() <= before) {
        problems.add(
            String.format(
                Locale.ROOT,
                "Cannot make labels by quantiles: in domain %s unseen text has a loss of %.3f nats a token, not above the %.3f that the original model has on the text to forget, so they would teach it; leave the domain out, or set unlearn.calibrated-factor to a number",
                name,
                other.get(name).mean(),
                before));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    return new TruthChange.ByQuantiles(own, other);
  }

  /** The losses of a row's true tokens. */
  private static final class Losses implements FlatMapFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Row row) {
      float[] truth = StoredLabelStage.of(row).truth();
      float[] nats = new float[truth.length];
      for (int t = 0; t < nats.length; t++) {
        nats[t] = (float) TruthChange.loss(truth[t]);
      }
      return TokenLosses.rows(ChunkId.of(row).domain(), nats).iterator();
    }
  }
}
