package lethe.evaluate;

import static lethe.evaluate.Scores.MIN_K;
import static lethe.evaluate.Scores.MIN_K_PLUS_PLUS;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;

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
import lethe.table.Rows;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Membership inference: each score's power to distinguish forget chunks from approximate ones, by
 * domain, and over all domains as {@link DomainRoc} weighs them. Yao et al. (arXiv:2402.15159)
 * compare the first approximate chunks, as many as there are of forget, whatever their domains;
 * here all count, since AUC and rates do not depend on how many there are of each.
 */
final class Membership {
  /** Most chunks of a split that are compared; of more, a share chosen by hash. */
  private static final long MOST_CHUNKS = 200_000;

  private static final int CURVE_POINTS = 100;

  /** The scores whose curves are kept; figures are kept of all. */
  private static final Set<String> CURVES =
      Set.of("loss", "zlib", "min-k-20", "min-k-plus-plus-20");

  private static final String LIKELIHOOD = "likelihood";
  private static final String ZLIB = "zlib";
  private static final String PLACE = "place";

  private Membership() {}

  /**
   * What is known of a chunk, each figure higher for a member.
   *
   * @param likelihood mean log-likelihood, nats per token
   * @param zlib the same over the text's compressed bytes; null without a tokenizer
   * @param minK at {@link MinK#PERCENTS}
   * @param minKPlusPlus at the same
   */
  private record Signals(
      String domain, double likelihood, Double zlib, List<Double> minK, List<Double> minKPlusPlus) {
    static Signals from(Row row) {
      return new Signals(
          row.getAs(DOMAIN),
          row.<Double>getAs(LIKELIHOOD),
          row.getAs(ZLIB),
          Rows.list(row, MIN_K),
          Rows.list(row, MIN_K_PLUS_PLUS));
    }
  }

  /**
   * @param model the name to give them
   * @param scores of its chunks
   * @return empty when no domain has chunks of both forget and approximate
   */
  static List<MembershipScore> of(String model, Dataset<Row> scores) {
    Map<String, List<Signals>> members = byDomain(chunks(scores, Split.FORGET));
    Map<String, List<Signals>> others = byDomain(chunks(scores, Split.APPROXIMATE));
    members.keySet().retainAll(others.keySet());
    others.keySet().retainAll(members.keySet());
    List<MembershipScore> found = new ArrayList<>();
    if (members.isEmpty()) {
      return found;
    }
    Map<String, ToDoubleFunction<Signals>> attacks = attacks(members, others);
    attacks.forEach(
        (name, attack) -> found.add(score(model, SplitScore.ALL, name, attack, members, others)));
    for (String domain : members.keySet()) {
      Map<String, List<Signals>> m = Map.of(domain, members.get(domain));
      Map<String, List<Signals>> n = Map.of(domain, others.get(domain));
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
        .filter(s -> s.model().equals(ModelNames.RETRAINED))
        .forEach(s -> retrained.put(List.of(s.domain(), s.score()), s.auc()));
    return scores.stream()
        .map(
            s ->
                s.model().equals(ModelNames.RETRAINED)
                    ? s
                    : s.beside(retrained.get(List.of(s.domain(), s.score()))))
        .toList();
  }

  private static List<Signals> chunks(Dataset<Row> scores, Split split) {
    Dataset<Row> all =
        scores
            .filter(col(SPLIT).equalTo(split.key()))
            .selectExpr(
                DOMAIN,
                "-nll / tokens AS " + LIKELIHOOD,
                "-nll / tokens / zlib_bytes AS " + ZLIB,
                MIN_K,
                MIN_K_PLUS_PLUS,
                "pmod(xxhash64(domain, document, ordinal), 1000003) AS " + PLACE);
    long count = all.count();
    return all
        .filter(col(PLACE).lt(1000003.0 * MOST_CHUNKS / Math.max(count, MOST_CHUNKS)))
        .collectAsList()
        .stream()
        .map(Signals::from)
        .toList();
  }

  private static Map<String, List<Signals>> byDomain(List<Signals> chunks) {
    return chunks.stream()
        .collect(Collectors.groupingBy(Signals::domain, TreeMap::new, Collectors.toList()));
  }

  /** The scores by name, higher for a member. */
  private static Map<String, ToDoubleFunction<Signals>> attacks(
      Map<String, List<Signals>> members, Map<String, List<Signals>> others) {
    Map<String, ToDoubleFunction<Signals>> attacks = new LinkedHashMap<>();
    attacks.put("loss", Signals::likelihood);
    if (Stream.of(members, others)
        .flatMap(chunks -> chunks.values().stream())
        .flatMap(List::stream)
        .noneMatch(chunk -> chunk.zlib() == null)) {
      attacks.put("zlib", Signals::zlib);
    }
    for (int i = 0; i < MinK.PERCENTS.size(); i++) {
      int at = i;
      attacks.put("min-k-" + MinK.PERCENTS.get(i), chunk -> chunk.minK().get(at));
      attacks.put("min-k-plus-plus-" + MinK.PERCENTS.get(i), chunk -> chunk.minKPlusPlus().get(at));
    }
    return attacks;
  }

  private static MembershipScore score(
      String model,
      String domain,
      String name,
      ToDoubleFunction<Signals> attack,
      Map<String, List<Signals>> members,
      Map<String, List<Signals>> others) {
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

  private static double[] values(List<Signals> chunks, ToDoubleFunction<Signals> attack) {
    return chunks.stream().mapToDouble(attack).toArray();
  }

  private static long count(Map<String, List<Signals>> chunks) {
    return chunks.values().stream().mapToLong(List::size).sum();
  }
}
