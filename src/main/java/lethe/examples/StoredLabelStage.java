package lethe.examples;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.inference.BatchInference;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.network.TokenBatch;
import lethe.objective.CutError;
import lethe.objective.LikeliestTokens;
import lethe.objective.Positions;
import lethe.objective.StoredLabelSettings;
import lethe.objective.StoredLabels;
import lethe.objective.TruthChange;
import lethe.random.SplitMix64;
import lethe.table.ChunkId;
import lethe.table.Rows;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Labels as {@link StoredLabelSettings} describes them, made on the executors: the mean prediction
 * of noised copies of a frozen model at each position that is scored, cut to its likeliest tokens.
 * All copies are in an executor's memory at once, so that the mean is cut once and is exact. The
 * labels depend on the chunk's name, the batch it is in, the seed and the models, never on the
 * partitioning.
 *
 * <pre>
 * domain, document, ordinal   the chunk
 * truth                       array(float)  probability of the true token, one per scored position
 * ids                         array(int)    the k likeliest others of each position, one after the other
 * probabilities               array(float)  of these
 * rest                        array(float)  of all other tokens together
 * positions                   long          scored ones
 * rest_sum, rest_most         double        sum and largest of rest
 * error_sum, error_most       double        {@link CutError} with the original model, nats
 * nll, original_nll           double        summed loss of the true tokens under the labels and by the original, nats
 * </pre>
 */
final class StoredLabelStage {
  /** A column of {@link LikeliestTokens#bytes}, which the table itself has not. */
  static final String STORED = "stored";

  static final String TRUTH = "truth";
  static final String IDS = "ids";
  static final String PROBABILITIES = "probabilities";
  static final String REST = "rest";
  private static final String POSITIONS = "positions";
  private static final String REST_SUM = "rest_sum";
  private static final String REST_MOST = "rest_most";
  private static final String ERROR_SUM = "error_sum";
  private static final String ERROR_MOST = "error_most";
  private static final String NLL = "nll";
  private static final String ORIGINAL_NLL = "original_nll";

  private static final StructType SCHEMA =
      new StructType()
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(TRUTH, DataTypes.createArrayType(DataTypes.FloatType, false), false)
          .add(IDS, DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add(PROBABILITIES, DataTypes.createArrayType(DataTypes.FloatType, false), false)
          .add(REST, DataTypes.createArrayType(DataTypes.FloatType, false), false)
          .add(POSITIONS, DataTypes.LongType, false)
          .add(REST_SUM, DataTypes.DoubleType, false)
          .add(REST_MOST, DataTypes.DoubleType, false)
          .add(ERROR_SUM, DataTypes.DoubleType, false)
          .add(ERROR_MOST, DataTypes.DoubleType, false)
          .add(NLL, DataTypes.DoubleType, false)
          .add(ORIGINAL_NLL, DataTypes.DoubleType, false);

  private StoredLabelStage() {}

  /**
   * @param chunks with domain, document, ordinal, tokens and prompt
   * @param teacher whose copies are averaged
   * @param original the model that the cut is measured with
   * @param batch chunks per forward pass
   */
  static Dataset<Row> of(
      Dataset<Row> chunks,
      StoredLabelSettings settings,
      ModelKey teacher,
      ModelKey original,
      int batch) {
    List<ModelKey> models = new ArrayList<>(copies(settings, teacher));
    if (!models.contains(original)) {
      models.add(original);
    }
    int measured = models.indexOf(original);
    int copies = settings.copies();
    Reading reading = Reading.of(settings);
    return BatchInference.map(
        chunks.select(
            col(DOMAIN),
            col(DOCUMENT),
            col(ORDINAL),
            col(TOKENS),
            coalesce(col(PROMPT), lit(0)).as(PROMPT)),
        size(col(TOKENS)),
        batch,
        models,
        SCHEMA,
        (loaded, rows) -> labelled(rows, loaded.subList(0, copies), loaded.get(measured), reading));
  }

  /** What of the settings the executors need; a context of 0 is all of the text. */
  private record Reading(int context, double temperature, int likeliest) implements Serializable {
    static final int ALL = 0;

    static Reading of(StoredLabelSettings settings) {
      return new Reading(
          settings.context().orElse(ALL), settings.temperature(), settings.likeliest());
    }
  }

  private static List<ModelKey> copies(StoredLabelSettings settings, ModelKey teacher) {
    List<ModelKey> copies = new ArrayList<>();
    for (int copy = 0; copy < settings.copies(); copy++) {
      copies.add(
          settings.noise() == 0
              ? teacher
              : teacher.noised(
                  settings.noise(), SplitMix64.mix(settings.seed() + copy * SplitMix64.GAMMA)));
    }
    return copies;
  }

  /** The labels of a row of the table. */
  static LikeliestTokens of(Row row) {
    return new LikeliestTokens(
        floats(row, TRUTH), Rows.ints(row, IDS), floats(row, PROBABILITIES), floats(row, REST));
  }

  private static float[] floats(Row row, String column) {
    List<Float> list = Rows.list(row, column);
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i);
    }
    return values;
  }

  /**
   * Sums over some chunks.
   *
   * @param cut what it loses
   * @param nll loss of the true tokens under the labels, nats
   * @param original the same under the original model
   */
  record Sums(CutError cut, double nll, double original) {
    static final Sums NONE = new Sums(CutError.NONE, 0, 0);

    Sums and(Sums other) {
      return new Sums(cut.and(other.cut), nll + other.nll, original + other.original);
    }
  }

  /** The sums of a table's domains, added in one order. */
  static Map<String, Sums> sums(Dataset<Row> table) {
    Map<String, Sums> sums = new TreeMap<>();
    for (Row row :
        table
            .drop(TRUTH, IDS, PROBABILITIES, REST)
            .orderBy(DOMAIN, DOCUMENT, ORDINAL)
            .collectAsList()) {
      CutError cut =
          new CutError(
              row.<Long>getAs(POSITIONS),
              row.<Double>getAs(REST_SUM),
              row.<Double>getAs(REST_MOST),
              row.<Double>getAs(ERROR_SUM),
              row.<Double>getAs(ERROR_MOST));
      Sums own = new Sums(cut, row.<Double>getAs(NLL), row.<Double>getAs(ORIGINAL_NLL));
      sums.merge(row.getAs(DOMAIN), own, Sums::and);
    }
    return sums;
  }

  private static List<Row> labelled(
      List<Row> rows, List<LoadedModel> copies, LoadedModel original, Reading reading) {
    List<int[]> tokens = new ArrayList<>();
    List<int[]> labels = new ArrayList<>();
    for (Row row : rows) {
      int[] own = Rows.ints(row, TOKENS);
      int[] scored = own.clone();
      int prompt = Math.min(row.<Integer>getAs(PROMPT), own.length);
      Arrays.fill(scored, 0, prompt, TokenBatch.IGNORED);
      tokens.add(own);
      labels.add(scored);
    }
    Collected collected = new Collected(rows.size());
    try (NDManager manager = original.network().newManager()) {
      TokenBatch batch = TokenBatch.of(manager, tokens, labels);
      TokenBatch read =
          reading.context == Reading.ALL
              ? batch
              : TruncatedContext.of(manager, tokens, labels, reading.context);
      List<NDArray> hiddenND = new ArrayList<>();
      for (LoadedModel copy : copies) {
        hiddenND.add(hidden(read, copy));
      }
      NDArray originalND =
          reading.context == Reading.ALL && copies.contains(original)
              ? hiddenND.get(copies.indexOf(original))
              : hidden(batch, original);
      for (int from = 0; from < batch.scored(); from += ScoredPositions.HEAD_POSITIONS) {
        int to = Math.min(batch.scored(), from + ScoredPositions.HEAD_POSITIONS);
        try (NDManager own = manager.newSubManager()) {
          NDArray labelsN = batch.labelsN().get(new NDIndex("{}:{}", from, to));
          labelsN.attach(own);
          NDArray meanNV = meanNV(own, copies, hiddenND, from, to, reading.temperature);
          StoredLabels cut = cut(meanNV, labelsN, reading.likeliest);
          Positions known =
              new Positions(logits(own, original, originalND, from, to), labelsN, Map.of(), cut);
          collected.add(
              batch.sequence(), from, cut, CutError.errorsN1(meanNV, known), known.nllN());
        }
      }
    }
    return collected.rows(rows);
  }

  private static NDArray hidden(TokenBatch batch, LoadedModel model) {
    return model
        .network()
        .gatherRows(model.network().hidden(batch.idsBT(), model.weights()), batch.rowsN());
  }

  private static NDArray logits(
      NDManager own, LoadedModel model, NDArray hiddenND, int from, int to) {
    NDArray pieceND = hiddenND.get(new NDIndex("{}:{}", from, to));
    pieceND.attach(own);
    NDArray logitsNV = model.network().logits(pieceND, model.weights());
    logitsNV.attach(own);
    return logitsNV;
  }

  private static NDArray meanNV(
      NDManager own,
      List<LoadedModel> copies,
      List<NDArray> hiddenND,
      int from,
      int to,
      double temperature) {
    NDArray sumNV = null;
    for (int copy = 0; copy < copies.size(); copy++) {
      NDArray qNV =
          logits(own, copies.get(copy), hiddenND.get(copy), from, to).div(temperature).softmax(-1);
      sumNV = sumNV == null ? qNV : sumNV.addi(qNV);
    }
    return sumNV.divi(copies.size());
  }

  /** The true token, the likeliest others, and the sum of what is left. */
  private static StoredLabels cut(NDArray meanNV, NDArray labelsN, int likeliest) {
    NDArray truthN1 = meanNV.gather(labelsN.expandDims(1), 1);
    NDArray othersNV = meanNV.scatter(labelsN.expandDims(1), truthN1.zerosLike().sub(1), 1);
    NDList top = othersNV.topK(likeliest, -1, true, true); // never the true one, which is below 0
    NDArray restNV =
        othersNV
            .scatter(top.get(1), top.get(0).zerosLike(), 1)
            .scatter(labelsN.expandDims(1), truthN1.zerosLike(), 1);
    return new StoredLabels(truthN1, top.get(1), top.get(0), restNV.sum(new int[] {-1}, true));
  }

  /** The labels of the chunks of a batch, position by position. */
  private static final class Collected {
    private final List<List<Float>> truth = new ArrayList<>();
    private final List<List<Integer>> ids = new ArrayList<>();
    private final List<List<Float>> probabilities = new ArrayList<>();
    private final List<List<Float>> rest = new ArrayList<>();
    private final List<Sums> sums = new ArrayList<>();

    Collected(int chunks) {
      for (int b = 0; b < chunks; b++) {
        truth.add(new ArrayList<>());
        ids.add(new ArrayList<>());
        probabilities.add(new ArrayList<>());
        rest.add(new ArrayList<>());
        sums.add(Sums.NONE);
      }
    }

    /**
     * @param sequence the chunk of each position of the batch
     * @param from the first of these positions
     */
    void add(int[] sequence, int from, StoredLabels cut, NDArray errorsN1, NDArray originalN) {
      float[] own = cut.truthN1().toFloatArray();
      long[] others = cut.idsNK().toLongArray();
      float[] likely = cut.probabilitiesNK().toFloatArray();
      float[] left = cut.restN1().toFloatArray();
      float[] errors = errorsN1.toFloatArray();
      float[] original = originalN.toFloatArray();
      int k = others.length / own.length;
      for (int i = 0; i < own.length; i++) {
        int b = sequence[from + i];
        truth.get(b).add(own[i]);
        rest.get(b).add(left[i]);
        for (int j = i * k; j < (i + 1) * k; j++) {
          ids.get(b).add(Math.toIntExact(others[j]));
          probabilities.get(b).add(likely[j]);
        }
        Sums one = new Sums(CutError.of(left[i], errors[i]), TruthChange.loss(own[i]), original[i]);
        sums.set(b, sums.get(b).and(one));
      }
    }

    List<Row> rows(List<Row> chunks) {
      List<Row> rows = new ArrayList<>();
      for (int b = 0; b < chunks.size(); b++) {
        ChunkId id = ChunkId.of(chunks.get(b));
        CutError cut = sums.get(b).cut();
        rows.add(
            RowFactory.create(
                id.domain(),
                id.document(),
                id.ordinal(),
                truth.get(b).toArray(),
                ids.get(b).toArray(),
                probabilities.get(b).toArray(),
                rest.get(b).toArray(),
                cut.positions(),
                cut.mass(),
                cut.mostMass(),
                cut.error(),
                cut.mostError(),
                sums.get(b).nll(),
                sums.get(b).original()));
      }
      return rows;
    }
  }
}
