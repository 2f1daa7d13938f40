package lethe.objective;

import java.util.List;

/**
 * Negative preference optimisation: push the forget text's likelihood below the reference model's,
 * more weakly the lower it is.
 *
 * <pre>
 *   L = (1/n) sum_b -(2/beta) log sigmoid(beta (S_b - S_ref,b)),   S = summed negative log-likelihood
 * </pre>
 *
 * Zhang et al., "Negative Preference Optimization", arXiv:2404.05868. As beta goes to 0 its
 * gradient becomes that of {@link GradientAscent} summed over each sequence.
 *
 * @param beta inverse temperature, greater than 0
 */
public record Npo(double beta) implements SequenceTerm {
  @Override
  public String name() {
    return "npo";
  }

  @Override
  public boolean needsReference() {
    return true;
  }

  @Override
  public List<ViewKind> views() {
    return List.of(ViewKind.TEXT);
  }

  @Override
  public Slope of(List<View> views) {
    View text = views.get(0);
    double margin = beta * (text.nll() - text.reference());
    return new Slope(
        2 / beta * Logistic.softplus(-margin), List.of(-2 * Logistic.sigmoid(-margin)));
  }
}
