package lethe.objective;

import ai.djl.ndarray.NDArray;

/**
 * Cross-entropy unlearning: learn the model's own prediction of the moment without the true token.
 *
 * <pre>
 *   q_t = softmax(z_t with z_t(x_t) = nothing), held constant
 *   L = (1/n) sum_t sum_v -q_t(v) log p_t(v)
 * </pre>
 *
 * Yang, "CE-U: Cross Entropy Unlearning", arXiv:2503.01224. Its gradient with respect to the logits
 * is p - q: p(x_t) at the true token, and -p(x_t) times their share at the others. So it fades with
 * p(x_t), and the other tokens keep their proportions. With q of the reference in place of the
 * trained model it is {@link Distillation} to the {@link TruncatedPredictions} without the truth,
 * but for the entropy of q.
 *
 * <p>Every scored position counts; open-unlearning leaves out the first of an answer.
 */
public record CrossEntropyUnlearning() implements HeldTerm {
  @Override
  public String name() {
    return "ce-u";
  }

  @Override
  public NDArray sum(Positions positions, Positions held) {
    NDArray logPNV = positions.logitsNV().logSoftmax(-1);
    NDArray qNV = held.withoutTruth(held.logitsNV()).softmax(-1);
    return qNV.mul(logPNV).sum().neg();
  }
}
