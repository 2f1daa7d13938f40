package lethe.train.guard;

import java.io.PrintWriter;

/**
 * What a peer is answered when something fails: one sentence. Spark's transport sends an exception
 * as it prints itself, so this one has neither a stack trace nor a cause, and prints its message
 * alone.
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
  public void printStackTrace(PrintWriter writer) {
    writer.print(getMessage());
  }
}
