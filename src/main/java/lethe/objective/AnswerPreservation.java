package lethe.objective;

import java.util.List;

/**
 * Answer preservation: on retained questions the answer stays likelier than the rejection that is
 * trained on forget questions.
 *
 * <pre>
 *   L = (1/n) sum_b -(1/beta) log sigmoid(beta (S_rejection - S_text)),
 *       S = summed negative log-likelihood
 * </pre>
 *
 * Yuan et al., "A Closer Look at Machine Unlearning for Large Language Models", arXiv:2410.08109.
 * Its gradient vanishes where the answer is far ahead. Sums are not divided by lengths, as in the
 * paper: a long answer starts far behind. As beta goes to 0 its gradient becomes half of descent on
 * the answer and half of ascent on the rejection.
 *
 * @param beta inverse temperature, greater than 0
 */
public record AnswerPreservation(double beta) implements SequenceTerm {
  @Override
  public String name() {
    return "preservation";
  }

  @Override
  public List<ViewKind> views() {
    return List.of(ViewKind.TEXT, ViewKind.REJECTION);
  }

  @Override
  public Slope of(List<View> views) {
    double margin = beta * (views.get(1).nll() - views.get(0).nll());
    double push = Logistic.sigmoid(-margin);
    return new Slope(1 / beta * Logistic.softplus(-margin), List.of(push, -push));
  }
}
