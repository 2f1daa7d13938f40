package lethe.evaluate;

/**
 * What a model made of the scored tokens of one chunk, in order. The chunk's first token has no
 * prediction and is not among them.
 *
 * @param nll negative log-likelihood of each token, nats
 * @param hit whether the token was the model's first choice
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TokenScores(float[] nll, boolean[] hit) {

  /** Number of scored tokens. */
  int tokens() {
    return nll.length;
  }

  /** Their summed negative log-likelihood, nats: float32 values added in double. */
  double summedNll() {
    double sum = 0;
    for (float value : nll) {
      sum += value;
    }
    return sum;
  }

  /** Tokens that were the model's first choice. */
  int hits() {
    int count = 0;
    for (boolean h : hit) {
      count += h ? 1 : 0;
    }
    return count;
  }
}
