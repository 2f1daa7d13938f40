package lethe.generation;

/** Chooses the next token of a text from the model's logits. */
interface TokenChoice {
  /**
   * A token and how clearly it was chosen.
   *
   * @param token its id; -1 where the logits are not finite
   * @param lead by how many nats it is ahead of the next, at least 0; what is at least {@link
   *     #CLEAR} may be given as more
   */
  record Choice(int token, double lead) {
    /**
     * @param first score of the token
     * @param second of the next
     */
    static Choice of(int token, double first, double second) {
      return Double.isInfinite(first) ? new Choice(-1, 0) : new Choice(token, first - second);
    }
  }

  /**
   * A lead, in nats of the logits, that rounding never makes up in float32: the same products in
   * another shape differ by some 1e-5.
   */
  double CLEAR = 1e-3;

  /**
   * @param logits of several positions
   * @param from where those of this position begin
   * @param vocabulary how many there are
   * @param id of the prompt
   * @param place of the token in the answer, from 0
   */
  Choice choose(float[] logits, int from, int vocabulary, String id, int place);
}
