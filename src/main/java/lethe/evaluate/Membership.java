package lethe.evaluate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Membership inference: each score's power to tell forget chunks from approximate ones, by domain
 * and over all. Yao et al. (arXiv:2402.15159) compare the first approximate chunks, as many as
 * there are of forget; here all count, since AUC and rates do not depend on how many there are of
 * each.
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
   * @return empty when forget or approximate has no chunk
   */
  static List<MembershipScore> of(String model, Dataset<Row> scores) {
    List<Row> members = chunks(scores, "forget");
    List<Row> others = chunks(scores, "approximate");
    List<MembershipScore> found = new ArrayList<>();
    Set<String> domains = new TreeSet<>(); // "*" sorts first
    domains.add(SplitScore.ALL);
    members.forEach(r -> domains.add(r.getString(0)));
    for (String domain : domains) {
      List<Row> m = of(domain, members);
      List<Row> n = of(domain, others);
      if (!m.isEmpty() && !n.isEmpty()) {
        attacks(m, n)
            .forEach((name, attack) -> found.add(score(model, domain, name, attack, m, n)));
      }
    }
    return found;
  }

  private static List<Row> chunks(Dataset<Row> scores, String split) {
    Dataset<Row> all =
        scores
            .filter(scores.col("split").equalTo(split))
            .selectExpr(
                "domain",
                "-nll / tokens AS likelihood",
                "-nll / zlib_bytes AS zlib",
                "min_k",
                "min_k_plus_plus",
                "pmod(xxhash64(domain, document, ordinal), 1000003) AS place");
    long count = all.count();
    return all.filter("place < " + 1000003.0 * MOST / Math.max(count, MOST)).collectAsList();
  }

  private static List<Row> of(String domain, List<Row> rows) {
    return domain.equals(SplitScore.ALL)
        ? rows
        : rows.stream().filter(r -> r.getString(0).equals(domain)).toList();
  }

  /** The scores by name, higher for a member. */
  private static Map<String, ToDoubleFunction<Row>> attacks(List<Row> m, List<Row> n) {
    Map<String, ToDoubleFunction<Row>> attacks = new LinkedHashMap<>();
    attacks.put("loss", r -> r.getDouble(1));
    if (m.stream().noneMatch(r -> r.isNullAt(2)) && n.stream().noneMatch(r -> r.isNullAt(2))) {
      attacks.put("zlib", r -> r.getDouble(2));
    }
    for (int i = 0; i < MinK.PERCENTS.length; i++) {
      int at = i;
      attacks.put("min-k-" + MinK.PERCENTS[i], r -> r.<Double>getList(3).get(at));
      attacks.put("min-k-plus-plus-" + MinK.PERCENTS[i], r -> r.<Double>getList(4).get(at));
    }
    return attacks;
  }

  private static MembershipScore score(
      String model,
      String domain,
      String name,
      ToDoubleFunction<Row> attack,
      List<Row> members,
      List<Row> others) {
    Roc roc =
        new Roc(
            members.stream().mapToDouble(attack).toArray(),
            others.stream().mapToDouble(attack).toArray());
    boolean drawn = domain.equals(SplitScore.ALL) && CURVES.contains(name);
    return new MembershipScore(
        model,
        domain,
        name,
        members.size(),
        others.size(),
        roc.auc(),
        roc.tprAt(0.001),
        roc.tprAt(0.01),
        roc.tprAt(0.05),
        drawn ? roc.curve(CURVE_POINTS) : List.of());
  }
}
