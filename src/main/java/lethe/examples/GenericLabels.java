package lethe.examples;

import static lethe.examples.SubstituteLabels.SCHEMA;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import lethe.inference.BatchInference;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.ModelSource;
import lethe.model.network.Network;
import lethe.model.network.TokenBatch;
import lethe.model.network.Vocabulary;
import lethe.objective.LabelDistribution;
import lethe.table.ChunkId;
import lethe.table.Rows;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The labels of Eldan and Russinovich, "Who's Harry Potter? Approximate Unlearning in LLMs",
 * arXiv:2310.02238: what a model might predict that never saw the text.
 *
 * <pre>
 * a_t = argmax(z(y_&lt;m(t)) - alpha relu(z'(x_&lt;t) - z(y_&lt;m(t))))
 * z   logits of the original model, z' those of a model finetuned on the text
 * x   the text, y the text with its terms replaced, m(t) the token of y that stands for x_t
 * </pre>
 *
 * {@link ReplacedText} says which token stands for which; where none does, there is no label. Each
 * chunk goes through the models alone, without padding, so that its labels depend on no other.
 *
 * @param replacements of the terms
 * @param reinforced the model finetuned on the text
 * @param alpha how much of the reinforcement is subtracted, at least 0
 */
public record GenericLabels(Replacements replacements, ModelSource reinforced, double alpha) {
  /** For methods that have other labels. */
  public static final GenericLabels NONE = new GenericLabels(Replacements.NONE, null, 0);

  /** Positions whose logits are in memory at once. */
  private static final int HEAD_POSITIONS = 256;

  /** What decides the labels besides the models and the chunks. */
  String identity() {
    return "%s, alpha %s".formatted(replacements.sha256(), alpha);
  }

  /**
   * @param chunks with domain, document, ordinal and tokens
   * @param vocabulary of both models
   * @param original whose predictions on the replaced text count
   * @param finetuned the key of {@link #reinforced}
   * @param batch chunks that an executor takes at once
   * @return rows of {@link SubstituteLabels#SCHEMA}
   */
  Dataset<Row> of(
      Dataset<Row> chunks,
      Vocabulary vocabulary,
      ModelKey original,
      ModelKey finetuned,
      int batch) {
    Replacements dictionary = replacements;
    double subtracted = alpha;
    int[] unused = vocabulary.unused();
    return BatchInference.map(
        chunks.select(DOMAIN, DOCUMENT, ORDINAL, TOKENS),
        size(col(TOKENS)),
        batch,
        original,
        finetuned,
        SCHEMA,
        (base, reinforced, rows) ->
            rows.stream()
                .map(row -> labelled(row, dictionary, base, reinforced, subtracted, unused))
                .toList());
  }

  private static Row labelled(
      Row row,
      Replacements dictionary,
      LoadedModel base,
      LoadedModel reinforced,
      double alpha,
      int[] unused) {
    ChunkId id = ChunkId.of(row);
    int[] tokens = Rows.ints(row, TOKENS);
    Optional<Function<int[], String>> decoder = base.text().map(tokenizer -> tokenizer::text);
    ReplacedText replaced = dictionary.in(tokens, decoder);
    int[] labels = labels(tokens, replaced, base, reinforced, alpha, unused);
    return RowFactory.create(id.domain(), id.document(), id.ordinal(), labels);
  }

  private static int[] labels(
      int[] tokens,
      ReplacedText replaced,
      LoadedModel base,
      LoadedModel reinforced,
      double alpha,
      int[] unused) {
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, TokenBatch.IGNORED);
    labels[0] = tokens[0]; // never scored
    int context = base.network().architecture().context().tokens();
    int[] predicted = replaced.predicted(context);
    if (predicted.length == 0) {
      return labels;
    }
    int[] read = Arrays.copyOf(replaced.tokens(), Math.min(context, replaced.tokens().length));
    try (NDManager manager = base.network().newManager();
        NDManager other = reinforced.network().newManager()) {
      NDArray baseBTD = hidden(manager, base, read);
      NDArray reinforcedBTD = hidden(other, reinforced, tokens);
      for (int from = 0; from < predicted.length; from += HEAD_POSITIONS) {
        int[] piece =
            Arrays.copyOfRange(predicted, from, Math.min(predicted.length, from + HEAD_POSITIONS));
        try (NDManager own = manager.newSubManager();
            NDManager beside = other.newSubManager()) {
          NDArray baseNV =
              logits(
                  own,
                  base,
                  baseBTD,
                  Arrays.stream(piece).map(t -> replaced.places()[t] - 1).toArray());
          NDArray reinforcedNV =
              logits(
                  beside,
                  reinforced,
                  reinforcedBTD,
                  Arrays.stream(piece).map(t -> t - 1).toArray());
          NDArray raisedNV = reinforcedNV.sub(baseNV).maximum(0.0);
          raisedNV.attach(own);
          NDArray genericNV = baseNV.sub(raisedNV.mul(alpha));
          if (unused.length > 0) {
            genericNV = genericNV.add(banned(own, base.network(), unused));
          }
          long[] chosen = genericNV.argMax(1).toLongArray();
          for (int i = 0; i < piece.length; i++) {
            labels[piece[i]] = Math.toIntExact(chosen[i]);
          }
        }
      }
    }
    return labels;
  }

  private static NDArray hidden(NDManager manager, LoadedModel model, int[] tokens) {
    long[] ids = Arrays.stream(tokens).asLongStream().toArray();
    return model.network().hidden(manager.create(ids, new Shape(1, ids.length)), model.weights());
  }

  private static NDArray logits(
      NDManager own, LoadedModel model, NDArray hiddenBTD, int[] positions) {
    Network network = model.network();
    NDArray rowsN = own.create(Arrays.stream(positions).asLongStream().toArray());
    NDArray rowsND = network.gatherRows(hiddenBTD, rowsN);
    rowsND.attach(own);
    NDArray logitsNV = network.logits(rowsND, model.weights());
    logitsNV.attach(own);
    return logitsNV;
  }

  private static NDArray banned(NDManager manager, Network network, int[] unused) {
    float[] banned = new float[network.architecture().vocabulary()];
    for (int id : unused) {
      banned[id] = (float) LabelDistribution.NOTHING;
    }
    return manager.create(banned);
  }
}
