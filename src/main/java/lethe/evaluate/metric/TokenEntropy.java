package lethe.evaluate.metric;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * How varied a text is: near 0 where it repeats itself.
 *
 * <pre>  TE = -sum_i f_i log f_i / log n,   f_i = share of token i among the n of the text  </pre>
 *
 * Yuan et al., "A Closer Look at Machine Unlearning for Large Language Models", 2024,
 * arXiv:2410.08109, section 3. A text of at most one token has 0. Higher: less repetition.
 */
public final class TokenEntropy {
  private TokenEntropy() {}

  /**
   * @param tokens ids of what a model wrote
   * @return 0 to 1
   */
  public static double of(int[] tokens) {
    if (tokens.length <= 1) {
      return 0;
    }
    Map<Integer, Integer> counts = new HashMap<>();
    for (int token : tokens) {
      counts.merge(token, 1, Integer::sum);
    }
    Map<Integer, Integer> alike = new TreeMap<>(); // number of tokens by how often they occur
    counts.values().forEach(count -> alike.merge(count, 1, Integer::sum));
    double entropy = 0;
    for (Map.Entry<Integer, Integer> entry : alike.entrySet()) {
      double share = (double) entry.getKey() / tokens.length;
      entropy -= entry.getValue() * share * Math.log(share);
    }
    return entropy / Math.log(tokens.length);
  }
}
