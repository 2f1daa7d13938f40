package lethe.evaluate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.evaluate.metric.MinK;
import lethe.evaluate.metric.RocCurve;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Membership inference: each score's power to tell forget chunks from approximate ones, by domain,
 * and over all domains as {@link DomainRoc} weighs them. Yao et al. (arXiv:2402.15159) compare the
 * first approximate chunks, as many as there are of forget, whatever their domains; here all count,
 * since AUC and rates do not depend on how many there are of each.
 */
final class Membership {
  /** Chunks of a split looked at; of more, a share chosen by hash. */
  private static final long MOST = 200_000;

  private static final int CURVE_POINTS = 100;

  /** The scores whose curves are kept; figures are kept of all. */
  private static final Set<String> CURVES =
      Set.of("loss", "zlib", "min-k-20", "min-k-plus-plus-20");

  private Membership() {}

  /**
   * @param model the name to give them
   * @param scores of its chunks
   * @return empty when no domain has chunks of both forget and approximate
   */
  static List<MembershipScore> of(String model, Dataset<Row> scores) {
    Map<String, List<Row>> members = byDomain(chunks(scores, "forget"));
    Map<String, List<Row>> others = byDomain(chunks(scores, "approximate"));
    members.keySet().retainAll(others.keySet());
    others.keySet().retainAll(members.keySet());
    List<MembershipScore> found = new ArrayList<>();
    if (members.isEmpty()) {
      return found;
    }
    Map<String, ToDoubleFunction<Row>> attacks = attacks(members, others);
    attacks.forEach(
        (name, attack) -> found.add(score(model, SplitScore.ALL, name, attack, members, others)));
    for (String domain : members.keySet()) {
      Map<String, List<Row>> m = Map.of(domain, members.get(domain));
      Map<String, List<Row>> n = Map.of(domain, others.get(domain));
      attacks.forEach((name, attack) -> found.add(score(model, domain, name, attack, m, n)));
    }
    return found;
  }

  /**
   * The same scores, each beside what the retrained model has there.
   *
   * @param scores of all models
   */
  static List<MembershipScore> besideRetrained(List<MembershipScore> scores) {
    Map<List<String>, Double> retrained = new HashMap<>();
    scores.stream()
        .filter(s -> s.model().equals(RetrainedDistance.RETRAINED))
        .forEach(s -> retrained.put(List.of(s.domain(), s.score()), s.auc()));
    return scores.stream()
        .map(
            s ->
                s.model().equals(RetrainedDistance.RETRAINED)
                    ? s
                    : s.beside(retrained.get(List.of(s.domain(), s.score()))))
        .toList();
  }

  private static List<Row> chunks(Dataset<Row> scores, String split) {
    Dataset<Row> all =
        scores
            .filter(scores.col("split").equalTo(split))
            .selectExpr(
                "domain",
                "-nll / tokens AS likelihood",
                "-nll / tokens / zlib_bytes AS zlib",
                "min_k",
                "min_k_plus_plus",
                "pmod(xxhash64(domain, document, ordinal), 1000003) AS place");
    long count = all.count();
    return all.filter("place < " + 1000003.0 * MOST / Math.max(count, MOST)).collectAsList();
  }

  private static Map<String, List<Row>> byDomain(List<Row> rows) {
    return rows.stream()
        .collect(Collectors.groupingBy(r -> r.getString(0), TreeMap::new, Collectors.toList()));
  }

  /** The scores by name, higher for a member. */
  private static Map<String, ToDoubleFunction<Row>> attacks(
      Map<String, List<Row>> members, Map<String, List<Row>> others) {
    Map<String, ToDoubleFunction<Row>> attacks = new LinkedHashMap<>();
    attacks.put("loss", r -> r.getDouble(1));
    if (Stream.of(members, others)
        .flatMap(chunks -> chunks.values().stream())
        .flatMap(List::stream)
        .noneMatch(r -> r.isNullAt(2))) {
      attacks.put("zlib", r -> r.getDouble(2));
    }
    for (int i = 0; i < MinK.PERCENTS.size(); i++) {
      int at = i;
      attacks.put("min-k-" + MinK.PERCENTS.get(i), r -> r.<Double>getList(3).get(at));
      attacks.put("min-k-plus-plus-" + MinK.PERCENTS.get(i), r -> r.<Double>getList(4).get(at));
    }
    return attacks;
  }

  private static MembershipScore score(
      String model,
      String domain,
      String name,
      ToDoubleFunction<Row> attack,
      Map<String, List<Row>> members,
      Map<String, List<Row>> others) {
    DomainRoc roc =
        new DomainRoc(
            members.keySet().stream()
                .map(
                    d ->
                        new RocCurve(values(members.get(d), attack), values(others.get(d), attack)))
                .toList());
    boolean drawn = domain.equals(SplitScore.ALL) && CURVES.contains(name);
    return new MembershipScore(
        model,
        domain,
        name,
        count(members),
        count(others),
        roc.auc(),
        null,
        roc.tprAt(0.001),
        roc.tprAt(0.01),
        roc.tprAt(0.05),
        drawn ? roc.curve(CURVE_POINTS) : List.of());
  }

  private static double[] values(List<Row> chunks, ToDoubleFunction<Row> attack) {
    return chunks.stream().mapToDouble(attack).toArray();
  }

  private static long count(Map<String, List<Row>> chunks) {
    return chunks.values().stream().mapToLong(List::size).sum();
  }
}
