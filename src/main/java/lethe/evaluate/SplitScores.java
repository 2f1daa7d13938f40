package lethe.evaluate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.evaluate.metric.Bootstrap;
import lethe.evaluate.metric.Interval;

/**
 * Sums up documents by split and domain, and by split over all domains. Sums run over the documents
 * in their order, so that they have the same bits however the scores lie in files.
 */
final class SplitScores {
  private SplitScores() {}

  /**
   * @param model the name to give them
   * @param documents its scores, in order
   * @param seed of the intervals' draws
   */
  static List<SplitScore> of(String model, List<DocumentScore> documents, long seed) {
    List<SplitScore> found = new ArrayList<>();
    bySplit(documents)
        .forEach(
            (split, domains) ->
                domains.forEach(
                    (domain, own) -> found.add(score(model, split, domain, own, seed))));
    return found;
  }

  /**
   * The documents of each split and domain, and of each split under {@link SplitScore#ALL}, which
   * comes first; in their order.
   */
  static Map<String, Map<String, List<DocumentScore>>> bySplit(List<DocumentScore> documents) {
    Map<String, Map<String, List<DocumentScore>>> splits = new TreeMap<>();
    for (String split : documents.stream().map(DocumentScore::split).distinct().toList()) {
      List<DocumentScore> all = documents.stream().filter(d -> d.split().equals(split)).toList();
      Map<String, List<DocumentScore>> domains = new LinkedHashMap<>();
      domains.put(SplitScore.ALL, all);
      all.stream()
          .collect(Collectors.groupingBy(DocumentScore::domain, TreeMap::new, Collectors.toList()))
          .forEach(domains::put);
      splits.put(split, domains);
    }
    return splits;
  }

  private static SplitScore score(
      String model, String split, String domain, List<DocumentScore> documents, long seed) {
    double nll = 0;
    double chunkMeans = 0;
    long chunks = 0;
    long tokens = 0;
    long hits = 0;
    for (DocumentScore document : documents) {
      nll += document.nll();
      chunkMeans += document.chunkMeans();
      chunks += document.chunks();
      tokens += document.tokens();
      hits += document.hits();
    }
    return new SplitScore(
        model,
        split,
        domain,
        documents.size(),
        chunks,
        tokens,
        finite(nll / tokens),
        finite(Math.exp(nll / tokens)),
        finite(Math.exp(chunkMeans / chunks)),
        (double) hits / tokens,
        intervals(documents, seed));
  }

  private interface Share {
    double of(DocumentScore document);
  }

  private static SplitScore.Intervals intervals(List<DocumentScore> documents, long seed) {
    if (documents.size() < 2) {
      return null;
    }
    Interval nll = ratio(documents, seed, DocumentScore::nll, DocumentScore::tokens);
    Interval macro = ratio(documents, seed, DocumentScore::chunkMeans, DocumentScore::chunks);
    return new SplitScore.Intervals(
        nll,
        exp(nll),
        exp(macro),
        ratio(documents, seed, DocumentScore::hits, DocumentScore::tokens));
  }

  private static Interval ratio(
      List<DocumentScore> documents, long seed, Share above, Share below) {
    return Bootstrap.interval(
        documents.size(),
        seed,
        times -> {
          double a = 0;
          double b = 0;
          for (int i = 0; i < times.length; i++) {
            a += times[i] * above.of(documents.get(i));
            b += times[i] * below.of(documents.get(i));
          }
          return a / b;
        });
  }

  /** Of exp of a figure: exp keeps order, so it keeps percentiles. */
  private static Interval exp(Interval interval) {
    if (interval == null || !Double.isFinite(Math.exp(interval.high()))) {
      return null;
    }
    return new Interval(Math.exp(interval.low()), Math.exp(interval.high()));
  }

  static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
