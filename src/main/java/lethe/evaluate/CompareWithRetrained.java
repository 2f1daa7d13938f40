package lethe.evaluate;

import static lethe.evaluate.Scores.NLL;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lethe.evaluate.metric.KolmogorovSmirnov;
import lethe.target.Split;
import lethe.target.Target;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Compares models with the retrained one, on every split. */
final class CompareWithRetrained {
  private static final String MEAN = "mean";

  /**
   * The scores of a model.
   *
   * @param chunks of the model, as {@link Scores} has them
   * @param documents the same by document, in order
   */
  record Scored(Dataset<Row> chunks, List<DocumentScore> documents) {}

  private final Scored retrained;
  private final Optional<List<DocumentDivergence>> original;
  private final Optional<Target> target;

  /**
   * @param original how far the original model is, by document in the order of the scores; empty
   *     when it is not among the models
   * @param target of all documents to forget, if there is one
   */
  CompareWithRetrained(
      Scored retrained, Optional<List<DocumentDivergence>> original, Optional<Target> target) {
    this.retrained = retrained;
    this.original = original;
    this.target = target;
  }

  /**
   * @param name of the model to compare
   * @param model its scores
   * @param divergences how far it is, by document in the order of its scores
   */
  DistanceToRetrained distance(String name, Scored model, List<DocumentDivergence> divergences) {
    List<DivergenceScore> splits =
        DivergenceScore.of(divergences, original.orElse(divergences), gaps(model.documents()));
    return new DistanceToRetrained(
        name,
        SplitScores.finite(nll(model.documents())),
        SplitScores.finite(nll(retrained.documents())),
        target.map(Target::nll).orElse(null),
        KolmogorovSmirnov.of(chunkMeans(model.chunks()), chunkMeans(retrained.chunks())),
        splits.stream()
            .filter(s -> s.split().equals(Split.FORGET.key()))
            .filter(s -> s.domain().equals(SplitScore.ALL))
            .map(DivergenceScore::divergence)
            .findFirst()
            .orElse(null),
        original.flatMap(CompareWithRetrained::floor).orElse(null),
        splits);
  }

  private double[] gaps(List<DocumentScore> documents) {
    double[] gaps = new double[documents.size()];
    for (int i = 0; i < gaps.length; i++) {
      gaps[i] = Math.abs(documents.get(i).nll() - retrained.documents().get(i).nll());
    }
    return gaps;
  }

  /** The original's divergence on approximate text, domains weighed like forget. */
  private static Optional<Double> floor(List<DocumentDivergence> original) {
    Map<String, Long> forgetTokens = new TreeMap<>();
    Map<String, double[]> unseen = new HashMap<>();
    for (DocumentDivergence document : original) {
      if (document.split().equals(Split.FORGET.key())) {
        forgetTokens.merge(document.domain(), document.tokens(), Long::sum);
      } else if (document.split().equals(Split.APPROXIMATE.key())) {
        double[] sums = unseen.computeIfAbsent(document.domain(), d -> new double[2]);
        sums[0] += document.kl();
        sums[1] += document.tokens();
      }
    }
    Map<String, Double> means = new TreeMap<>();
    unseen.forEach((domain, sums) -> means.put(domain, sums[0] / sums[1]));
    return Target.of(forgetTokens, means).map(weighed -> SplitScores.finite(weighed.nll()));
  }

  private static double[] chunkMeans(Dataset<Row> scores) {
    return scores
        .filter(col(SPLIT).equalTo(Split.FORGET.key()))
        .select(col(NLL).divide(col(TOKENS)).as(MEAN))
        .collectAsList()
        .stream()
        .mapToDouble(row -> row.<Double>getAs(MEAN))
        .toArray();
  }

  private static double nll(List<DocumentScore> documents) {
    return DistanceToTarget.mean(
        documents.stream().filter(d -> d.split().equals(Split.FORGET.key())).toList());
  }
}
