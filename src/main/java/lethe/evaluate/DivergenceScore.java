package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import lethe.json.OrNull;

/**
 * How far a model is from the retrained one on one split and domain. With p the retrained model's
 * and q the model's predictions, over all scored tokens,
 *
 * <pre>
 *   divergence     = mean KL(p, q)
 *   jensen_shannon = mean (KL(p, m) + KL(q, m)) / 2,   m = (p + q) / 2
 *   agreement      = share of tokens with the same likeliest token
 *   loss_gap       = sum_i |S_i - S^r_i| / sum_i T_i     i over documents
 * </pre>
 *
 * where S is a document's summed loss by the model, S^r by the retrained one and T its scored
 * tokens: documents that are known too well and too badly do not cancel each other.
 *
 * @param split of the corpus
 * @param domain of the split, or {@code *} for all of them together
 * @param documents with a scored chunk
 * @param tokens scored
 * @param divergence nats; null when it is not finite
 * @param jensenShannon nats, 0 to log 2; null when it is not finite
 * @param agreement 0 to 1
 * @param lossGap nats per token; null when it is not finite
 * @param nearer beside the original on the same documents; null for the original itself
 */
@JsonNaming(SnakeCaseStrategy.class)
public record DivergenceScore(
    String split,
    String domain,
    long documents,
    long tokens,
    Double divergence,
    Double jensenShannon,
    double agreement,
    Double lossGap,
    @OrNull Nearer nearer) {

  /**
   * One per split and domain, each split's {@link SplitScore#ALL} first.
   *
   * @param model its documents
   * @param original the original model's; those of {@code model} themselves for the original
   * @param gaps |S - S^r| of each document; all three have the same documents in the same order
   */
  static List<DivergenceScore> of(
      List<DocumentDivergence> model, List<DocumentDivergence> original, double[] gaps) {
    Map<List<String>, List<Integer>> places = new TreeMap<>(DivergenceScore::compare);
    for (int i = 0; i < model.size(); i++) {
      DocumentDivergence own = model.get(i);
      for (String domain : List.of(SplitScore.ALL, own.domain())) {
        places.computeIfAbsent(List.of(own.split(), domain), k -> new ArrayList<>()).add(i);
      }
    }
    List<DivergenceScore> scores = new ArrayList<>();
    places.forEach(
        (place, at) -> {
          List<DocumentDivergence> own = at.stream().map(model::get).toList();
          double gap = 0;
          for (int i : at) {
            gap += gaps[i];
          }
          Nearer nearer =
              model == original ? null : Nearer.of(own, at.stream().map(original::get).toList());
          scores.add(score(place.get(0), place.get(1), own, gap, nearer));
        });
    return scores;
  }

  private static int compare(List<String> a, List<String> b) {
    int bySplit = a.get(0).compareTo(b.get(0));
    return bySplit != 0 ? bySplit : a.get(1).compareTo(b.get(1)); // "*" sorts before any name
  }

  private static DivergenceScore score(
      String split, String domain, List<DocumentDivergence> documents, double gap, Nearer nearer) {
    double tokens = sum(documents, DocumentDivergence::tokens);
    return new DivergenceScore(
        split,
        domain,
        documents.size(),
        (long) tokens,
        SplitScores.finite(sum(documents, DocumentDivergence::kl) / tokens),
        SplitScores.finite(sum(documents, DocumentDivergence::jensenShannon) / tokens),
        sum(documents, DocumentDivergence::agreed) / tokens,
        SplitScores.finite(gap / tokens),
        nearer);
  }

  private static double sum(
      List<DocumentDivergence> documents, ToDoubleFunction<DocumentDivergence> what) {
    double sum = 0;
    for (DocumentDivergence document : documents) {
      sum += what.applyAsDouble(document);
    }
    return sum;
  }
}
