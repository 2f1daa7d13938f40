package lethe.evaluate;

import static lethe.model.network.PredictionStatistics.Statistic.DEVIATION;
import static lethe.model.network.PredictionStatistics.Statistic.DISTANCE;
import static lethe.model.network.PredictionStatistics.Statistic.MEAN;
import static lethe.model.network.PredictionStatistics.Statistic.NLL;
import static lethe.model.network.PredictionStatistics.Statistic.SUM;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lethe.evaluate.metric.TokenScores;
import lethe.inference.LoadedModel;
import lethe.model.network.PredictionDivergences;
import lethe.model.network.PredictionStatistics;
import lethe.model.network.TokenBatch;

/** Scores passages with a model, token by token. */
final class Scorer {
  /**
   * Positions per piece of the head: enough for an efficient matrix product, few enough that the
   * logits of all positions are never in memory at once.
   */
  static final int PIECE = 256;

  /** Logits that stay in a processor's cache while their statistics are taken. */
  private static final int CACHED = 1 << 17;

  private Scorer() {}

  /** Scores some passages in one forward pass. */
  static List<TokenScores> score(LoadedModel model, List<Passage> passages) {
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
          piece(own, model, model.network().logits(pieceND, model.weights()), labelsN, all, from);
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
   * How far a model's predictions at the scored positions of some passages are from another's, in
   * one forward pass of each.
   *
   * @param from whose predictions count as true
   */
  static List<PassageDivergence> divergences(
      LoadedModel from, LoadedModel to, List<Passage> passages) {
    double[] kl = new double[passages.size()];
    double[] jensenShannon = new double[passages.size()];
    int[] agreed = new int[passages.size()];
    try (NDManager manager = from.network().newManager()) {
      TokenBatch batch = batch(manager, passages);
      NDArray fromND = hidden(from, batch);
      NDArray toND = hidden(to, batch);
      int[] owners = owners(passages);
      for (int at = 0; at < batch.scored(); at += PIECE) {
        int end = Math.min(batch.scored(), at + PIECE);
        try (NDManager own = manager.newSubManager()) {
          NDArray pNV = from.network().logits(rows(own, fromND, at, end), from.weights());
          NDArray qNV = to.network().logits(rows(own, toND, at, end), to.weights());
          PredictionDivergences piece = from.network().divergences(pNV, qNV);
          for (int i = 0; i < end - at; i++) {
            int owner = owners[at + i];
            kl[owner] += piece.kl(i);
            jensenShannon[owner] += piece.jensenShannon(i);
            agreed[owner] += piece.agrees(i) ? 1 : 0;
          }
        }
      }
    }
    return IntStream.range(0, kl.length)
        .mapToObj(i -> new PassageDivergence(kl[i], jensenShannon[i], agreed[i]))
        .toList();
  }

  /** The passage of each scored position. */
  private static int[] owners(List<Passage> passages) {
    return IntStream.range(0, passages.size())
        .flatMap(i -> IntStream.generate(() -> i).limit(passages.get(i).scored()))
        .toArray();
  }

  private static TokenBatch batch(NDManager manager, List<Passage> passages) {
    return TokenBatch.of(
        manager,
        passages.stream().map(Passage::input).toList(),
        passages.stream().map(Passage::labels).toList());
  }

  private static NDArray hidden(LoadedModel model, TokenBatch batch) {
    NDArray hiddenBTD = model.network().hidden(batch.idsBT(), model.weights());
    NDArray hiddenND = model.network().gatherRows(hiddenBTD, batch.rowsN());
    hiddenBTD.close();
    return hiddenND;
  }

  private static NDArray rows(NDManager own, NDArray array, int from, int to) {
    NDArray rows = array.get(new NDIndex("{}:{}", from, to));
    rows.attach(own);
    return rows;
  }

  private static void piece(
      NDManager own, LoadedModel model, NDArray logitsNV, NDArray labelsN, TokenScores to, int at) {
    int positions = (int) labelsN.size();
    int vocabulary = model.network().architecture().vocabulary();
    int rows = own.getDevice().isGpu() ? positions : Math.max(8, CACHED / vocabulary);
    for (int from = 0; from < positions; from += rows) {
      int end = Math.min(positions, from + rows);
      cached(
          own, model, rows(own, logitsNV, from, end), rows(own, labelsN, from, end), to, at + from);
    }
  }

  private static void cached(
      NDManager own, LoadedModel model, NDArray logitsNV, NDArray labelsN, TokenScores to, int at) {
    PredictionStatistics all = model.network().statistics(logitsNV, labelsN);
    List<Integer> unsure = new ArrayList<>();
    for (int i = 0; i < labelsN.size(); i++) {
      to.nll()[at + i] = all.at(i, NLL);
      to.mean()[at + i] = all.at(i, MEAN);
      to.deviation()[at + i] = all.at(i, DEVIATION);
      boolean best = all.at(i, DISTANCE) == 0; // no token is likelier than the label
      to.hit()[at + i] = best;
      if (best && all.at(i, SUM) >= 2) {
        unsure.add(i); // another may be as likely, and come first
      }
    }
    if (!unsure.isEmpty()) {
      NDArray places = own.create(unsure.stream().mapToLong(Integer::longValue).toArray());
      boolean[] first =
          model
              .network()
              .gatherRows(logitsNV, places)
              .argMax(1)
              .eq(labelsN.get(places))
              .toType(DataType.BOOLEAN, false)
              .toBooleanArray();
      for (int i = 0; i < first.length; i++) {
        to.hit()[at + unsure.get(i)] = first[i];
      }
    }
  }
}
