package lethe.examples;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import lethe.inference.LoadedModel;
import lethe.loss.Example;
import lethe.model.network.Network;
import lethe.model.network.TokenBatch;
import lethe.objective.Positions;

/** The scored positions of texts as a frozen model sees them, piece by piece. */
final class ScoredPositions {
  /** Positions whose logits are in memory at once. */
  static final int HEAD_POSITIONS = 256;

  private ScoredPositions() {}

  /**
   * @param views one batch
   * @param work takes some positions, and for each of them the number of its view
   */
  static void forEach(
      LoadedModel model, List<Example.View> views, BiConsumer<Positions, int[]> work) {
    List<int[]> tokens = new ArrayList<>();
    List<int[]> labels = new ArrayList<>();
    for (Example.View view : views) {
      tokens.add(view.tokens());
      labels.add(view.labels());
    }
    Network network = model.network();
    try (NDManager manager = network.newManager()) {
      TokenBatch all = TokenBatch.of(manager, tokens, labels);
      NDArray hiddenND =
          network.gatherRows(network.hidden(all.idsBT(), model.weights()), all.rowsN());
      for (int from = 0; from < all.scored(); from += HEAD_POSITIONS) {
        int to = Math.min(all.scored(), from + HEAD_POSITIONS);
        NDIndex piece = new NDIndex("{}:{}", from, to);
        try (NDManager own = manager.newSubManager()) {
          NDArray pieceND = hiddenND.get(piece);
          pieceND.attach(own);
          NDArray labelsN = all.labelsN().get(piece);
          labelsN.attach(own);
          work.accept(
              new Positions(network.logits(pieceND, model.weights()), labelsN),
              Arrays.copyOfRange(all.sequence(), from, to));
        }
      }
    }
  }
}
