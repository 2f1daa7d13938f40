package lethe.evaluate;

import static lethe.evaluate.Scores.MIN_K;
import static lethe.evaluate.Scores.MIN_K_PLUS_PLUS;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;
import static org.apache.spark.sql.functions.col;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.evaluate.metric.MinK;
import lethe.table.Rows;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Membership inference on one model: each score's power to distinguish forget chunks from
 * approximate ones, by domain, and over all domains as {@link DomainRoc} weighs them. Yao et al.
 * (arXiv:2402.15159) compare the first approximate chunks, as many as there are of forget, whatever
 * their domains; here all count, since AUC and rates do not depend on how many there are of each.
 *
 * @param model attacked
 * @param attacks by score and domain, of the domains that have both members and non-members
 */
record Membership(String model, Map<String, Map<String, DomainAttack>> attacks) {
  /** Most chunks of a split that are compared; of more, a share chosen by hash. */
  private static final long MOST_CHUNKS = 200_000;

  private static final String LIKELIHOOD = "likelihood";
  private static final String ZLIB = "zlib";
  private static final String PLACE = "place";

  /**
   * What is known of a chunk, each figure higher for a member.
   *
   * @param likelihood mean log-likelihood, nats per token
   * @param zlib the same over the text's compressed bytes; null without a tokenizer
   * @param minK at {@link MinK#PERCENTS}
   * @param minKPlusPlus at the same
   */
  private record Signals(
      String domain,
      String document,
      double likelihood,
      Double zlib,
      List<Double> minK,
      List<Double> minKPlusPlus) {
    static Signals from(Row row) {
      return new Signals(
          row.getAs(DOMAIN),
          row.getAs(DOCUMENT),
          row.<Double>getAs(LIKELIHOOD),
          row.getAs(ZLIB),
          Rows.list(row, MIN_K),
          Rows.list(row, MIN_K_PLUS_PLUS));
    }
  }

  /**
   * @param scores of the model's chunks
   */
  static Membership of(String model, Dataset<Row> scores) {
    Map<String, Map<String, List<Signals>>> members = byDomain(chunks(scores, Split.FORGET));
    Map<String, Map<String, List<Signals>>> others = byDomain(chunks(scores, Split.APPROXIMATE));
    members.keySet().retainAll(others.keySet());
    others.keySet().retainAll(members.keySet());
    Map<String, Map<String, DomainAttack>> attacks = new LinkedHashMap<>();
    signals(members, others)
        .forEach(
            (name, signal) -> {
              Map<String, DomainAttack> domains = new TreeMap<>();
              members.forEach(
                  (domain, own) ->
                      domains.put(
                          domain,
                          DomainAttack.of(
                              values(own, signal), values(others.get(domain), signal))));
              attacks.put(name, domains);
            });
    return new Membership(model, attacks);
  }

  /**
   * The figures over all domains, then those of each.
   *
   * @param retrained the retrained model's over the same chunks; nothing where there is none, and
   *     for that model itself
   * @return empty when no domain has chunks of both forget and approximate
   */
  List<MembershipScore> scores(Optional<Membership> retrained) {
    List<MembershipScore> found = new ArrayList<>();
    if (attacks.values().stream().allMatch(Map::isEmpty)) {
      return found;
    }
    Map<String, Map<String, DomainAttack>> goals =
        retrained.map(Membership::attacks).orElse(Map.of());
    attacks.forEach(
        (name, domains) ->
            found.add(
                new DomainRoc(domains, goals.getOrDefault(name, Map.of()))
                    .score(model, SplitScore.ALL, name, 1)));
    for (String domain : attacks.values().iterator().next().keySet()) {
      attacks.forEach(
          (name, domains) -> {
            DomainAttack own = domains.get(domain);
            Map<String, DomainAttack> goal = new TreeMap<>(goals.getOrDefault(name, Map.of()));
            goal.keySet().retainAll(List.of(domain));
            long all = domains.values().stream().mapToLong(DomainAttack::members).sum();
            found.add(
                new DomainRoc(Map.of(domain, own), goal)
                    .score(model, domain, name, (double) own.members() / all));
          });
    }
    return found;
  }

  private static List<Signals> chunks(Dataset<Row> scores, Split split) {
    Dataset<Row> all =
        scores
            .filter(col(SPLIT).equalTo(split.key()))
            .selectExpr(
                DOMAIN,
                DOCUMENT,
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

  /** The chunks by domain and document, both in order. */
  private static Map<String, Map<String, List<Signals>>> byDomain(List<Signals> chunks) {
    return chunks.stream()
        .collect(
            Collectors.groupingBy(
                Signals::domain,
                TreeMap::new,
                Collectors.groupingBy(Signals::document, TreeMap::new, Collectors.toList())));
  }

  /** The scores by name, higher for a member. */
  private static Map<String, ToDoubleFunction<Signals>> signals(
      Map<String, Map<String, List<Signals>>> members,
      Map<String, Map<String, List<Signals>>> others) {
    Map<String, ToDoubleFunction<Signals>> signals = new LinkedHashMap<>();
    signals.put("loss", Signals::likelihood);
    if (Stream.of(members, others)
        .flatMap(domains -> domains.values().stream())
        .flatMap(documents -> documents.values().stream())
        .flatMap(Collection::stream)
        .noneMatch(chunk -> chunk.zlib() == null)) {
      signals.put("zlib", Signals::zlib);
    }
    for (int i = 0; i < MinK.PERCENTS.size(); i++) {
      int at = i;
      signals.put("min-k-" + MinK.PERCENTS.get(i), chunk -> chunk.minK().get(at));
      signals.put("min-k-plus-plus-" + MinK.PERCENTS.get(i), chunk -> chunk.minKPlusPlus().get(at));
    }
    return signals;
  }

  private static List<double[]> values(
      Map<String, List<Signals>> documents, ToDoubleFunction<Signals> signal) {
    return documents.values().stream()
        .map(chunks -> chunks.stream().mapToDouble(signal).toArray())
        .toList();
  }
}
