package lethe.evaluate;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.inference.LoadedModel;
import lethe.model.network.Decoding;

/**
 * Writes texts on, always with the likeliest token, texts of one length together. How much of each
 * chunk a model would write needs no writing at all, see {@link lethe.evaluate.metric.Extraction}.
 */
final class GreedyDecoder {
  private GreedyDecoder() {}

  /**
   * What follows each text.
   *
   * @param prefixes at least 1 token each
   * @param tokens how many to write; text and continuation must fit the model's context
   */
  static List<int[]> continuations(LoadedModel model, List<int[]> prefixes, int tokens) {
    Map<Integer, List<Integer>> byLength = new TreeMap<>();
    for (int i = 0; i < prefixes.size(); i++) {
      byLength.computeIfAbsent(prefixes.get(i).length, l -> new ArrayList<>()).add(i);
    }
    int[][] written = new int[prefixes.size()][tokens];
    byLength.forEach(
        (length, places) -> {
          List<int[]> own = places.stream().map(prefixes::get).toList();
          try (Decoding decoding = model.network().decoding(model.weights(), length + tokens)) {
            NDArray hiddenBD = decoding.begin(own);
            for (int t = 0; t < tokens; t++) {
              int[] next = likeliest(model, hiddenBD);
              for (int b = 0; b < next.length; b++) {
                written[places.get(b)][t] = next[b];
              }
              if (t + 1 < tokens) {
                hiddenBD = decoding.next(next);
              }
            }
          }
        });
    return List.of(written);
  }

  private static int[] likeliest(LoadedModel model, NDArray hiddenBD) {
    try (NDArray logitsBV = model.network().logits(hiddenBD, model.weights())) {
      return Arrays.stream(logitsBV.argMax(1).toLongArray()).mapToInt(Math::toIntExact).toArray();
    }
  }
}
