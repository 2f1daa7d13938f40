package lethe.objective;

import java.util.List;

/**
 * Negative preference optimisation: push the forget text's likelihood below the reference model's,
 * less the lower it is.
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
  public List<String> views() {
    return List.of("text");
  }

  @Override
  public Slope of(List<View> views) {
    View text = views.get(0);
    double margin = beta * (text.nll() - text.reference());
    return new Slope(2 / beta * softplus(-margin), List.of(-2 * sigmoid(-margin)));
  }

  /** log(1 + e^x) without overflow. */
  static double softplus(double x) {
    return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
  }

  static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + StrictMath.exp(-x)) : StrictMath.exp(x) / (1 + StrictMath.exp(x));
  }
}
