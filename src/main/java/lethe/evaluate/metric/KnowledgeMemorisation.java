package lethe.evaluate.metric;

import java.util.List;

/**
 * Whether a model answers questions about a text.
 *
 * <pre>  KnowMem = ROUGE-L F1 of the model's answer and the true one  </pre>
 *
 * of at most 32 tokens, greedily, ended by the texts that begin another question ({@link Rouge}); a
 * split's value is 100 times the mean. Shi et al., "MUSE", 2024, arXiv:2407.06460, section 3.1.
 * Higher: still known.
 */
public final class KnowledgeMemorisation {
  /** Most tokens of an answer. */
  public static final int TOKENS = 32;

  /** Texts that end an answer. */
  public static final List<String> STOPS = List.of("\n\n", "\nQuestion", "Question:");

  private KnowledgeMemorisation() {}

  /**
   * @param truth the true answer
   * @param answer the model's
   */
  public static double of(String truth, String answer) {
    return Rouge.longest(truth, answer).f1();
  }

  /**
   * A split's value, 0 to 100.
   *
   * @param mean over its questions
   */
  public static double of(double mean) {
    return 100 * mean;
  }
}
