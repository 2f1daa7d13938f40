package lethe.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * Whole texts through a network in which every token sees all others. Texts of one length share a
 * pass, so that there is no padding to be hidden from them.
 *
 * @param network the network
 * @param weights its weights
 */
public record TextEncoding(Network network, Parameters weights) {
  /** Most texts of a pass. */
  private static final int BATCH = 32;

  /**
   * The mean of each text's hidden states after the last layer.
   *
   * @param texts token ids, at least 1 each
   * @return one vector of D per text, in the same order
   */
  public List<float[]> means(List<int[]> texts) {
    return byLength(texts, hiddenBTD -> hiddenBTD.mean(new int[] {1}));
  }

  /**
   * The logits of each text, from the hidden state of its first token.
   *
   * @param texts token ids, at least 1 each
   * @return one logit per label and text, in the same order
   */
  public List<float[]> logits(List<int[]> texts) {
    return byLength(
        texts,
        hiddenBTD -> {
          long tokens = hiddenBTD.getShape().get(1);
          NDArray first =
              hiddenBTD
                  .getManager()
                  .create(
                      LongStream.range(0, hiddenBTD.getShape().get(0))
                          .map(b -> b * tokens)
                          .toArray());
          return network.logits(network.gatherRows(hiddenBTD, first), weights);
        });
  }

  private List<float[]> byLength(List<int[]> texts, Function<NDArray, NDArray> what) {
    Map<Integer, List<Integer>> places = new TreeMap<>();
    for (int i = 0; i < texts.size(); i++) {
      places.computeIfAbsent(texts.get(i).length, l -> new ArrayList<>()).add(i);
    }
    float[][] all = new float[texts.size()][];
    for (List<Integer> alike : places.values()) {
      for (int from = 0; from < alike.size(); from += BATCH) {
        List<Integer> batch = alike.subList(from, Math.min(alike.size(), from + BATCH));
        float[] values = pass(batch.stream().map(texts::get).toList(), what);
        int size = values.length / batch.size();
        for (int b = 0; b < batch.size(); b++) {
          all[batch.get(b)] = Arrays.copyOfRange(values, b * size, (b + 1) * size);
        }
      }
    }
    return List.of(all);
  }

  private float[] pass(List<int[]> texts, Function<NDArray, NDArray> what) {
    try (NDManager manager = network.newManager()) {
      int tokens = texts.get(0).length;
      long[] ids = texts.stream().flatMapToInt(Arrays::stream).asLongStream().toArray();
      NDArray idsBT =
          manager.create(ids, new Shape(texts.size(), tokens)).toType(DataType.INT64, false);
      return what.apply(network.hidden(idsBT, weights)).toFloatArray();
    }
  }
}
