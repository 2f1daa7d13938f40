package lethe.evaluate.metric;

import java.util.Arrays;

/**
 * What a model made of the scored tokens of one chunk, in order. The chunk's first token has no
 * prediction and is not among them.
 *
 * @param nll negative log-likelihood of each token, nats
 * @param mean of log p(v) over the vocabulary at the token's position, v drawn from p: minus the
 *     entropy, nats
 * @param deviation standard deviation of the same, nats
 * @param hit whether the token was the model's first choice
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record TokenScores(float[] nll, float[] mean, float[] deviation, boolean[] hit) {

  /** Number of scored tokens. */
  public int tokens() {
    return nll.length;
  }

  /** Their summed negative log-likelihood, nats: float32 values added in double. */
  public double summedNll() {
    double sum = 0;
    for (float value : nll) {
      sum += value;
    }
    return sum;
  }

  /** Summed entropy of the predictions, nats: float32 values added in double. */
  public double summedEntropy() {
    double sum = 0;
    for (float value : mean) {
      sum -= value;
    }
    return sum;
  }

  /** Tokens that were the model's first choice. */
  public int hits() {
    int count = 0;
    for (boolean h : hit) {
      count += h ? 1 : 0;
    }
    return count;
  }

  /** A run of the tokens, {@code from} inclusive, {@code to} exclusive. */
  public TokenScores range(int from, int to) {
    return new TokenScores(
        Arrays.copyOfRange(nll, from, to),
        Arrays.copyOfRange(mean, from, to),
        Arrays.copyOfRange(deviation, from, to),
        Arrays.copyOfRange(hit, from, to));
  }
}
