package lethe.evaluate.metric;

import java.util.List;

/**
 * Perplexity and accuracy as means over chunks, so that a chunk of few tokens weighs as much as one
 * of many:
 *
 * <pre>
 *   accuracy       (1/C) sum_c  hits_c / n_c
 *   accuracy_k     (1/C) sum_c  hits among the k least likely tokens of c / k
 *   perplexity_k   exp( -(1/C) sum_c  mean log p of the k least likely tokens of c )
 *   k = max(1, floor(K n_c / 100))                                C chunks, n_c scored tokens
 * </pre>
 *
 * Yao et al., "Machine Unlearning of Pre-trained Large Language Models", 2024, arXiv:2402.15159,
 * whose code reports them at K = 100, in per cent. There perplexity_k is the macro perplexity.
 */
public final class ChunkMeans {
  private final double[] likelihoods;
  private final double[] accuracies;
  private double accuracy;
  private long chunks;

  /**
   * @param shares how many K there are
   */
  public ChunkMeans(int shares) {
    likelihoods = new double[shares];
    accuracies = new double[shares];
  }

  /**
   * Adds a chunk.
   *
   * @param hits share of its tokens that were the first choice, 0 to 1
   * @param leastLikelihoods mean log p of its least likely tokens, one value per K, see {@link
   *     MinK#plain}
   * @param leastHits share of them that was the first choice, see {@link MinK#accuracy}
   */
  public void add(double hits, List<Double> leastLikelihoods, List<Double> leastHits) {
    accuracy += hits;
    for (int i = 0; i < likelihoods.length; i++) {
      likelihoods[i] += leastLikelihoods.get(i);
      accuracies[i] += leastHits.get(i);
    }
    chunks++;
  }

  public long chunks() {
    return chunks;
  }

  /** Of all tokens. */
  public double accuracy() {
    return accuracy / chunks;
  }

  /**
   * @param share place of K
   */
  public double accuracy(int share) {
    return accuracies[share] / chunks;
  }

  /**
   * @param share place of K
   */
  public double perplexity(int share) {
    return Math.exp(-likelihoods[share] / chunks);
  }
}
