package lethe.objective;

import java.util.List;

/**
 * Direct preference optimisation: prefer a rejection to the answer, by more than the reference
 * model does.
 *
 * <pre>
 *   L = (1/n) sum_b -(2/beta) log sigmoid(beta ((S_text - S_rejection) - (S_ref,text - S_ref,rejection))),
 *       S = summed negative log-likelihood
 * </pre>
 *
 * Rafailov et al., "Direct Preference Optimization", arXiv:2305.18290, with the factor 2/beta that
 * Zhang et al., arXiv:2404.05868, and Yuan et al., arXiv:2410.08109, give it. Where the rejection
 * does not move it is {@link Npo}.
 *
 * @param beta inverse temperature, greater than 0
 */
public record Dpo(double beta) implements SequenceTerm {
  @Override
  public String name() {
    return "dpo";
  }

  @Override
  public boolean needsReference() {
    return true;
  }

  @Override
  public List<ViewKind> views() {
    return List.of(ViewKind.TEXT, ViewKind.REJECTION);
  }

  @Override
  public Slope of(List<View> views) {
    View text = views.get(0);
    View rejection = views.get(1);
    double margin =
        beta * ((text.nll() - text.reference()) - (rejection.nll() - rejection.reference()));
    double push = 2 * Logistic.sigmoid(-margin);
    return new Slope(2 / beta * Logistic.softplus(-margin), List.of(-push, push));
  }
}
