package lethe.evaluate;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import lethe.model.HfFolder;
import lethe.model.Network;
import lethe.model.Parameters;
import lethe.model.TokenBatch;

/**
 * A model in this process's memory, read once and used by every task that runs here. One piece of
 * work runs at a time: it has all threads, and waits for nothing but the processor.
 */
final class ResidentModel implements AutoCloseable {
  /** Two, so that a model can be compared with another. */
  private static final int MOST = 2;

  /**
   * Positions a piece of the head: enough for an efficient matrix product, few enough that the
   * logits of all positions never stand in memory at once.
   */
  private static final int PIECE = 256;

  /** Least recently used first; guarded by the class's lock, like all work on the models in it. */
  private static final Map<ModelKey, ResidentModel> LOADED = new LinkedHashMap<>(4, 0.75f, true);

  private final Network network;
  private final Parameters weights;
  private final Optional<TokenText> text;

  private ResidentModel(ModelKey key) {
    network = new Network(key.source().architecture(), Device.cpu(), key.threads());
    try {
      weights = key.source().parameters(network);
      HfFolder folder = key.source().open();
      text = folder.hasTokenizer() ? Optional.of(new TokenText(folder)) : Optional.empty();
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  /** Works with a model, reading it first if it is not here. */
  static synchronized <T> T with(ModelKey key, Function<ResidentModel, T> work) {
    ResidentModel model = LOADED.get(key);
    if (model == null) {
      makeRoom();
      model = new ResidentModel(key);
      LOADED.put(key, model);
    }
    return work.apply(model);
  }

  /**
   * KL divergence from one model's predictions to another's, summed over the scored positions of
   * some chunks, nats.
   *
   * @param fromKey whose predictions count as true
   */
  static synchronized double divergence(ModelKey fromKey, ModelKey toKey, List<int[]> chunks) {
    ResidentModel from = with(fromKey, m -> m);
    ResidentModel to = with(toKey, m -> m); // room for two: the first stays
    return Network.withoutGraph(
        () -> {
          double sum = 0;
          try (NDManager manager = from.network.newManager()) {
            TokenBatch batch = TokenBatch.of(manager, chunks);
            NDArray fromND = from.hidden(batch);
            NDArray toND = to.hidden(batch);
            for (int at = 0; at < batch.scored(); at += PIECE) {
              int end = Math.min(batch.scored(), at + PIECE);
              try (NDManager own = manager.newSubManager()) {
                NDArray p = from.logProbabilities(own, fromND, at, end);
                NDArray q = to.logProbabilities(own, toND, at, end);
                for (float value : p.sub(q).muli(p.exp()).sum(new int[] {1}).toFloatArray()) {
                  sum += value;
                }
              }
            }
          }
          return sum;
        });
  }

  private NDArray hidden(TokenBatch batch) {
    return network.pick(network.hidden(batch.idsBT(), weights), batch.rowsN());
  }

  private NDArray logProbabilities(NDManager own, NDArray hiddenND, int from, int to) {
    NDArray pieceND = rows(hiddenND, from, to);
    pieceND.attach(own);
    return network.logits(pieceND, weights).logSoftmax(-1);
  }

  private static void makeRoom() {
    Iterator<ResidentModel> eldest = LOADED.values().iterator();
    while (LOADED.size() >= MOST) {
      ResidentModel unused = eldest.next();
      eldest.remove();
      unused.close();
    }
  }

  /**
   * Scores some chunks in one forward pass.
   *
   * @param chunks token ids, at least 2 a chunk
   */
  List<TokenScores> score(List<int[]> chunks) {
    return Network.withoutGraph(
        () -> {
          try (NDManager manager = network.newManager()) {
            return score(TokenBatch.of(manager, chunks), chunks);
          }
        });
  }

  private List<TokenScores> score(TokenBatch batch, List<int[]> chunks) {
    NDArray hiddenND = hidden(batch);
    TokenScores all =
        new TokenScores(
            new float[batch.scored()],
            new float[batch.scored()],
            new float[batch.scored()],
            new boolean[batch.scored()]);
    for (int from = 0; from < batch.scored(); from += PIECE) {
      int to = Math.min(batch.scored(), from + PIECE);
      try (NDManager own = hiddenND.getManager().newSubManager()) {
        NDArray pieceND = rows(hiddenND, from, to);
        pieceND.attach(own);
        NDArray labelsN = rows(batch.labelsN(), from, to);
        labelsN.attach(own);
        piece(network.logits(pieceND, weights), labelsN, all, from);
      }
    }
    List<TokenScores> scores = new ArrayList<>();
    int at = 0;
    for (int[] chunk : chunks) {
      scores.add(all.range(at, at + chunk.length - 1));
      at += chunk.length - 1;
    }
    return scores;
  }

  private static void piece(NDArray logitsNV, NDArray labelsN, TokenScores to, int at) {
    NDArray logP = logitsNV.logSoftmax(-1);
    NDArray p = logP.exp();
    NDArray meanN1 = logP.mul(p).sum(new int[] {1}, true);
    NDArray away = logP.sub(meanN1);
    copy(logP.gather(labelsN.expandDims(1), 1).neg(), to.nll(), at);
    copy(meanN1, to.mean(), at);
    copy(away.square().muli(p).sum(new int[] {1}).sqrt(), to.deviation(), at);
    boolean[] hit = logitsNV.argMax(1).eq(labelsN).toType(DataType.BOOLEAN, false).toBooleanArray();
    System.arraycopy(hit, 0, to.hit(), at, hit.length);
  }

  private static void copy(NDArray values, float[] to, int at) {
    float[] from = values.toFloatArray();
    System.arraycopy(from, 0, to, at, from.length);
  }

  /**
   * The summed log-likelihood of each choice after a query, nats.
   *
   * @param context most tokens of query and choice
   * @throws IllegalArgumentException when the model's folder has no tokenizer
   */
  double[] likelihoods(String query, List<String> choices, int context) {
    TokenText tokenizer =
        text.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot ask questions: a model has no tokenizer.json"));
    List<MultipleChoice.Rendering> renderings =
        choices.stream()
            .map(c -> MultipleChoice.Rendering.of(tokenizer, query, c, context))
            .toList();
    List<TokenScores> scores =
        score(renderings.stream().map(MultipleChoice.Rendering::tokens).toList());
    double[] sums = new double[choices.size()];
    for (int c = 0; c < sums.length; c++) {
      TokenScores all = scores.get(c);
      sums[c] = -all.range(all.tokens() - renderings.get(c).scored(), all.tokens()).summedNll();
    }
    return sums;
  }

  /** The text of some tokens, if the model's folder has a tokenizer. */
  Optional<String> text(int[] ids) {
    return text.map(t -> t.text(ids));
  }

  private static NDArray rows(NDArray array, int from, int to) {
    return array.get(new NDIndex("{}:{}", from, to));
  }

  @Override
  public void close() {
    text.ifPresent(TokenText::close);
    network.close();
  }
}
