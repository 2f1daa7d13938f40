package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Rewriting: learn other labels in place of the forget text's own, which stays the input.
 *
 * <pre>  L = (1/n) sum_t -log p(a_t | x_&lt;t)  </pre>
 *
 * With random and with adversarial labels it is two methods of Yao et al., "Machine Unlearning of
 * Pre-trained Large Language Models", arXiv:2402.15159, and sampled labels lie between these. With
 * a rejection instead of the answer it is the IDK loss of Maini et al., "TOFU", arXiv:2401.06121.
 * With the answer of a kept question it is the random mismatch of Yao, Xu and Liu, "Large Language
 * Model Unlearning", arXiv:2310.10683 (LLMU), who add it to ascent on the answer. With the
 * likeliest generic tokens it is Eldan and Russinovich, "Who's Harry Potter?", arXiv:2310.02238;
 * {@link GenericPredictions} are the distribution without the replaced names. Unlike the first
 * paper's code, an adversarial label is at the position where it is predicted, not one position
 * earlier. On the text's own labels it is {@link Descent}.
 *
 * @param view which labels
 */
public record CrossEntropy(ViewKind view) implements PositionTerm {
  @Override
  public String name() {
    return switch (view) {
      case TEXT, WHOLE, PADDED, STORED_LABELS, REPEATED_LABELS, DRAWN_ANSWER -> "cross-entropy";
      case RANDOM_LABELS -> "random-labels";
      case ADVERSARIAL_LABELS -> "adversarial-labels";
      case EARLY_ADVERSARIAL_LABELS -> "adversarial-labels-early";
      case SAMPLED_LABELS -> "sampled-labels";
      case GENERIC_LABELS -> "whos-harry-potter";
      case MISMATCHED_ANSWER -> "mismatch";
      case REJECTION -> "idk";
    };
  }

  @Override
  public NDArray sum(Positions positions) {
    return positions.nllN().sum();
  }
}
