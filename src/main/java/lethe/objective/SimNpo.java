package lethe.objective;

import java.util.List;

/**
 * Negative preference optimisation without a reference: the forget text's likelihood per token is
 * pushed down, whatever it was and however long the text.
 *
 * <pre>
 *   L = (1/n) sum_b -(2/beta) log sigmoid(beta S_b / T_b - gamma),
 *       S = summed negative log-likelihood of T labels
 * </pre>
 *
 * Fan et al., "Simplicity Prevails: Rethinking Negative Preference Optimization for LLM
 * Unlearning", arXiv:2410.07163. As beta goes to 0, with gamma 0, its gradient becomes that of
 * {@link GradientAscent} averaged over each sequence.
 *
 * @param beta inverse temperature, greater than 0
 * @param gamma wanted margin in the log-likelihood per token, in units of 1 / beta
 */
public record SimNpo(double beta, double gamma) implements SequenceTerm {
  @Override
  public String name() {
    return "simnpo";
  }

  @Override
  public List<ViewKind> views() {
    return List.of(ViewKind.TEXT);
  }

  @Override
  public Slope of(List<View> views) {
    View text = views.get(0);
    double margin = beta * text.nll() / text.tokens() - gamma;
    return new Slope(
        2 / beta * Logistic.softplus(-margin),
        List.of(-2 * Logistic.sigmoid(-margin) / text.tokens()));
  }
}
