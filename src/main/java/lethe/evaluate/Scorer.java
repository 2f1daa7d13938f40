package lethe.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;
import lethe.model.TokenBatch;
import lethe.resident.ResidentModel;

/** What a model makes of passages, token by token. */
final class Scorer {
  /**
   * Positions a piece of the head: enough for an efficient matrix product, few enough that the
   * logits of all positions never stand in memory at once.
   */
  private static final int PIECE = 256;

  private Scorer() {}

  /** Scores some passages in one forward pass. */
  static List<TokenScores> score(ResidentModel model, List<Passage> passages) {
    try (NDManager manager = model.network().newManager()) {
      TokenBatch batch = batch(manager, passages);
      NDArray hiddenND = hidden(model, batch);
      TokenScores all =
          new TokenScores(
              new float[batch.scored()],
              new float[batch.scored()],
              new float[batch.scored()],
              new boolean[batch.scored()]);
      for (int from = 0; from < batch.scored(); from += PIECE) {
        int to = Math.min(batch.scored(), from + PIECE);
        try (NDManager own = manager.newSubManager()) {
          NDArray pieceND = rows(own, hiddenND, from, to);
          NDArray labelsN = rows(own, batch.labelsN(), from, to);
          piece(model.network().logits(pieceND, model.weights()), labelsN, all, from);
        }
      }
      List<TokenScores> scores = new ArrayList<>();
      int at = 0;
      for (Passage passage : passages) {
        scores.add(all.range(at, at + passage.scored()));
        at += passage.scored();
      }
      return scores;
    }
  }

  /**
   * KL divergence from one model's predictions to another's, summed over the scored positions of
   * some passages, nats.
   *
   * @param from whose predictions count as true
   */
  static double divergence(ResidentModel from, ResidentModel to, List<Passage> passages) {
    double sum = 0;
    try (NDManager manager = from.network().newManager()) {
      TokenBatch batch = batch(manager, passages);
      NDArray fromND = hidden(from, batch);
      NDArray toND = hidden(to, batch);
      for (int at = 0; at < batch.scored(); at += PIECE) {
        int end = Math.min(batch.scored(), at + PIECE);
        try (NDManager own = manager.newSubManager()) {
          NDArray p = logProbabilities(from, rows(own, fromND, at, end));
          NDArray q = logProbabilities(to, rows(own, toND, at, end));
          for (float value : p.sub(q).muli(p.exp()).sum(new int[] {1}).toFloatArray()) {
            sum += value;
          }
        }
      }
    }
    return sum;
  }

  private static TokenBatch batch(NDManager manager, List<Passage> passages) {
    return TokenBatch.of(
        manager,
        passages.stream().map(Passage::tokens).toList(),
        passages.stream().map(Passage::labels).toList());
  }

  private static NDArray hidden(ResidentModel model, TokenBatch batch) {
    NDArray hiddenBTD = model.network().hidden(batch.idsBT(), model.weights());
    NDArray hiddenND = model.network().pick(hiddenBTD, batch.rowsN());
    hiddenBTD.close();
    return hiddenND;
  }

  private static NDArray logProbabilities(ResidentModel model, NDArray hiddenND) {
    return model.network().logits(hiddenND, model.weights()).logSoftmax(-1);
  }

  private static NDArray rows(NDManager own, NDArray array, int from, int to) {
    NDArray rows = array.get(new NDIndex("{}:{}", from, to));
    rows.attach(own);
    return rows;
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
}
