package lethe.objective;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Direct preference optimisation: prefer something else to the answer, by more than the reference
 * model does.
 *
 * <pre>
 *   L = (1/n) sum_b (1/K) sum_k -(2/beta) log sigmoid(beta ((S_text - S_k) - (S_ref,text - S_ref,k))),
 *       S = summed negative log-likelihood,   k one of K answers to be preferred
 * </pre>
 *
 * Rafailov et al., "Direct Preference Optimization", arXiv:2305.18290, with the factor 2/beta that
 * Zhang et al., arXiv:2404.05868, and Yuan et al., arXiv:2410.08109, give it. Where what is
 * preferred does not move it is {@link Npo}.
 *
 * <p>With answers drawn from the model it is AltPO (Mekala et al., "Alternate Preference
 * Optimization for Unlearning Factual Knowledge", arXiv:2409.13474). There each of the K answers is
 * an example; here they share one pass over the text, and the gradient is the mean of theirs.
 *
 * @param beta inverse temperature, greater than 0
 * @param preferred what is preferred
 * @param draws how many of it there are for each text, at least 1
 */
public record Dpo(double beta, ViewKind preferred, int draws) implements SequenceTerm {
  /** The one in which a rejection is preferred. */
  public Dpo(double beta) {
    this(beta, ViewKind.REJECTION, 1);
  }

  /** The one in which answers drawn from the model are preferred. */
  public static Dpo alternate(double beta, int draws) {
    return new Dpo(beta, ViewKind.DRAWN_ANSWER, draws);
  }

  @Override
  public String name() {
    return preferred == ViewKind.DRAWN_ANSWER ? "alternate" : "dpo";
  }

  @Override
  public boolean needsReference() {
    return true;
  }

  @Override
  public List<ViewKind> views() {
    List<ViewKind> views = new ArrayList<>(Collections.nCopies(draws, preferred));
    views.add(0, ViewKind.TEXT);
    return List.copyOf(views);
  }

  @Override
  public Slope of(List<View> views) {
    View text = views.get(0);
    double value = 0;
    double down = 0;
    List<Double> slopes = new ArrayList<>();
    for (View other : views.subList(1, views.size())) {
      double margin = beta * ((text.nll() - text.reference()) - (other.nll() - other.reference()));
      double push = 2 * Logistic.sigmoid(-margin) / draws;
      value += 2 / beta * Logistic.softplus(-margin) / draws;
      down += push;
      slopes.add(push);
    }
    slopes.add(0, -down);
    return new Slope(value, slopes);
  }
}
