package lethe.generation;

/** The token with the highest logit, the first of equal ones. */
final class LikeliestToken implements TokenChoice {
  @Override
  public Choice choose(float[] logits, int from, int vocabulary, String id, int place) {
    int best = -1;
    float first = Float.NEGATIVE_INFINITY;
    float second = Float.NEGATIVE_INFINITY;
    for (int v = 0; v < vocabulary; v++) {
      float logit = logits[from + v];
      if (logit > first) {
        second = first;
        first = logit;
        best = v;
      } else if (logit > second) {
        second = logit;
      }
    }
    return Choice.of(best, first, second);
  }
}
