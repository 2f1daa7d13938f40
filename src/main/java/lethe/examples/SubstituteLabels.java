package lethe.examples;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lethe.inference.BatchInference;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.model.network.Vocabulary;
import lethe.objective.LabelDistribution;
import lethe.objective.TruncatedPredictions;
import lethe.objective.TruncatedPredictions.Truth;
import lethe.table.ChunkId;
import lethe.table.Rows;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Labels other than the text's own, made on the executors: the label at t is what position t - 1
 * should predict. A chunk's labels depend on the seed, its name and the model, never on the
 * partitioning.
 *
 * <pre>
 * domain, document, ordinal   the chunk
 * labels  array(int)          one per token; the first is the token itself and never scored
 * </pre>
 */
final class SubstituteLabels {
  static final String LABELS = "labels";

  static final StructType SCHEMA =
      new StructType()
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(LABELS, DataTypes.createArrayType(DataTypes.IntegerType, false), false);

  /** Positions whose logits are in memory at once. */
  private static final int HEAD_POSITIONS = 256;

  private SubstituteLabels() {}

  /**
   * Each label drawn uniformly from the ordinary tokens; it may be the true one. Special tokens,
   * such as an end of text, stay what they are, as in the code of Yao et al.
   *
   * @param chunks with domain, document, ordinal and tokens
   */
  static Dataset<Row> random(Dataset<Row> chunks, Vocabulary vocabulary, long seed) {
    int[] ordinary = vocabulary.ordinary();
    return select(chunks)
        .map(
            (MapFunction<Row, Row>)
                row -> {
                  Chunk chunk = Chunk.of(row);
                  ChunkRandom draw = chunk.random(seed);
                  int[] labels = chunk.tokens().clone();
                  for (int t = 1; t < labels.length; t++) {
                    if (!vocabulary.special(labels[t])) {
                      labels[t] = ordinary[draw.nextInt(t, ordinary.length)];
                    }
                  }
                  return chunk.labelled(labels);
                },
            Encoders.row(SCHEMA));
  }

  /**
   * Each label drawn from what a model predicts. Cut to one token without the truth, that is the
   * adversarial label.
   *
   * @param chunks with domain, document, ordinal and tokens
   * @param predictions how the model's prediction is cut
   * @param early 0, or 1 to draw the label at t from what position t predicts, with the token at t
   *     as the true one
   * @param microBatch chunks per forward pass
   */
  static Dataset<Row> predicted(
      Dataset<Row> chunks,
      Vocabulary vocabulary,
      TruncatedPredictions predictions,
      int early,
      ModelKey model,
      int microBatch,
      long seed) {
    int[] unused = vocabulary.unused();
    return BatchInference.map(
        select(chunks),
        size(col(TOKENS)),
        microBatch,
        model,
        SCHEMA,
        (loaded, batch) -> {
          List<Chunk> own = batch.stream().map(Chunk::of).toList();
          return labelled(own, draw(loaded, own, predictions, early, unused, uniforms(seed, own)));
        });
  }

  private static int[] draw(
      LoadedModel model,
      List<Chunk> chunks,
      TruncatedPredictions predictions,
      int early,
      int[] unused,
      float[] uniforms) {
    int[] drawn = new int[uniforms.length];
    Network network = model.network();
    Parameters weights = model.weights();
    try (NDManager manager = network.newManager()) {
      TokenBatch batch = TokenBatch.of(manager, chunks.stream().map(Chunk::tokens).toList());
      NDArray hiddenND =
          network.gatherRows(network.hidden(batch.idsBT(), weights), batch.rowsN().add(early));
      NDArray bannedV = banned(manager, network.architecture().vocabulary(), unused);
      for (int from = 0; from < drawn.length; from += HEAD_POSITIONS) {
        int to = Math.min(drawn.length, from + HEAD_POSITIONS);
        NDIndex piece = new NDIndex("{}:{}", from, to);
        try (NDManager own = manager.newSubManager()) {
          NDArray pieceND = hiddenND.get(piece);
          pieceND.attach(own);
          NDArray logitsNV = network.logits(pieceND, weights);
          if (unused.length > 0) {
            logitsNV.addi(bannedV);
          }
          NDArray labelsN = batch.labelsN().get(piece);
          labelsN.attach(own);
          NDArray chosenN;
          if (predictions.topK() == 1 && predictions.truth() == Truth.REMOVED) {
            chosenN = network.likeliestOther(logitsNV, labelsN); // nothing is left to chance
          } else {
            NDArray uniformN1 = own.create(Arrays.copyOfRange(uniforms, from, to)).expandDims(1);
            chosenN = predictions.drawN(logitsNV, labelsN, uniformN1);
          }
          long[] chosen = chosenN.toLongArray();
          for (int i = from; i < to; i++) {
            drawn[i] = Math.toIntExact(chosen[i - from]);
          }
        }
      }
    }
    return drawn;
  }

  private static NDArray banned(NDManager manager, int vocabulary, int[] unused) {
    float[] banned = new float[vocabulary];
    for (int id : unused) {
      banned[id] = (float) LabelDistribution.NOTHING;
    }
    return manager.create(banned);
  }

  private static float[] uniforms(long seed, List<Chunk> chunks) {
    List<Float> uniforms = new ArrayList<>();
    for (Chunk chunk : chunks) {
      ChunkRandom draw = chunk.random(seed);
      for (int t = 1; t < chunk.tokens().length; t++) {
        uniforms.add(draw.nextFloat(t));
      }
    }
    float[] flat = new float[uniforms.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = uniforms.get(i);
    }
    return flat;
  }

  private static List<Row> labelled(List<Chunk> chunks, int[] drawn) {
    List<Row> rows = new ArrayList<>();
    int at = 0;
    for (Chunk chunk : chunks) {
      int[] labels = chunk.tokens().clone();
      for (int t = 1; t < labels.length; t++) {
        labels[t] = drawn[at++];
      }
      rows.add(chunk.labelled(labels));
    }
    return rows;
  }

  private static Dataset<Row> select(Dataset<Row> chunks) {
    return chunks.select(DOMAIN, DOCUMENT, ORDINAL, TOKENS);
  }

  /** A chunk as {@link #select} has it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Chunk(ChunkId id, int[] tokens) {
    static Chunk of(Row row) {
      return new Chunk(ChunkId.of(row), Rows.ints(row, TOKENS));
    }

    ChunkRandom random(long seed) {
      return ChunkRandom.of(seed, id.domain(), id.document(), id.ordinal());
    }

    /** As {@link #SCHEMA} has it. */
    Row labelled(int[] labels) {
      return RowFactory.create(id.domain(), id.document(), id.ordinal(), labels);
    }
  }
}
