package lethe.train.guard;

/**
 * What a peer is answered when something fails: one sentence. Spark's transport sends an exception
 * as it would be printed, so this one has neither a stack trace nor a cause, and prints as its
 * message alone.
 */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * @param sentence for the peer
   */
  Refusal(String sentence) {
    super(sentence, null, false, false);
  }

  @Override
  public String toString() {
    return getMessage();
  }
}
