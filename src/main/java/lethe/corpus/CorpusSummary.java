package lethe.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import lethe.corpus.duplicate.Repeat;
import lethe.target.Split;

/**
 * What the splits of a corpus are like.
 *
 * @param rows of all sources
 * @param rejects rows that are not used, by domain and reason
 * @param counts one entry per split and domain
 * @param duplicates documents that repeat one of another split
 * @param reused documents whose chunks were taken over from an earlier run
 * @param warnings what a careful reader should know
 */
public record CorpusSummary(
    long rows,
    Map<String, Map<String, Long>> rejects,
    List<Manifest.Count> counts,
    List<Repeat> duplicates,
    long reused,
    List<String> warnings) {

  /** A table and sentences for a terminal. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "  %-12s %-14s %9s %9s %12s   %s",
            "split",
            "domain",
            "documents",
            "chunks",
            "tokens",
            "tokens per document: 5th, 50th and 95th percentile"));
    for (Manifest.Count count : counts) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  %-12s %-14s %9d %9d %12d   %d, %d, %d",
              count.split(),
              count.domain(),
              count.documents(),
              count.chunks(),
              count.tokens(),
              count.lengths().p5(),
              count.lengths().p50(),
              count.lengths().p95()));
    }
    long tooShort = sum(counts.stream(), Manifest.Count::tooShort);
    if (tooShort > 0) {
      lines.add("  too short for a chunk: " + tooShort + " documents");
    }
    rejects.forEach(
        (domain, reasons) ->
            reasons.forEach(
                (reason, n) ->
                    lines.add(
                        "  rejected: %d rows of domain %s, %s".formatted(n, domain, reason))));
    for (Repeat repeat : duplicates) {
      lines.add(
          "  duplicates: %d documents of %s, domain %s, repeat %s (%s): %s"
              .formatted(
                  repeat.documents(),
                  repeat.split(),
                  repeat.domain(),
                  repeat.of(),
                  repeat.kind(),
                  repeat.action()));
    }
    if (reused > 0) {
      lines.add("  reused: the chunks of " + reused + " documents");
    }
    warnings.forEach(warning -> lines.add("  warning: " + warning));
    return lines;
  }

  /** Sentences on how the approximate split differs from the forget split that it represents. */
  static List<String> differences(List<Manifest.Count> counts) {
    List<String> found = new ArrayList<>();
    List<Manifest.Count> forget = of(counts, Split.FORGET);
    List<Manifest.Count> approximate = of(counts, Split.APPROXIMATE);
    if (approximate.isEmpty()) {
      return found;
    }
    double all = sum(forget.stream(), Manifest.Count::tokens);
    double others = sum(approximate.stream(), Manifest.Count::tokens);
    for (Manifest.Count own : forget) {
      Manifest.Count other =
          approximate.stream()
              .filter(c -> c.domain().equals(own.domain()))
              .findFirst()
              .orElse(null);
      if (other == null) {
        found.add(
            "the approximate split has no document of domain %s, which the forget split has"
                .formatted(own.domain()));
        continue;
      }
      double share = own.tokens() / Math.max(1, all);
      double otherShare = other.tokens() / Math.max(1, others);
      if (Math.abs(share - otherShare) > LEAST_MIX_DIFFERENCE) {
        found.add(
            String.format(
                Locale.ROOT,
                "%.0f %% of the forget tokens belong to domain %s, but %.0f %% of the approximate ones",
                100 * share,
                own.domain(),
                100 * otherShare));
      }
      double ratio = Math.max(1, own.lengths().p50()) / (double) Math.max(1, other.lengths().p50());
      if (ratio > LEAST_LENGTH_RATIO || ratio < 1 / LEAST_LENGTH_RATIO) {
        found.add(
            "half of the forget documents of domain %s have at most %d tokens, half of the approximate ones at most %d"
                .formatted(own.domain(), own.lengths().p50(), other.lengths().p50()));
      }
    }
    return found;
  }

  /** Least difference in a domain's share of tokens that is reported. */
  private static final double LEAST_MIX_DIFFERENCE = 0.2;

  /** Least ratio of the median lengths in a domain that is reported. */
  private static final double LEAST_LENGTH_RATIO = 2;

  private static List<Manifest.Count> of(List<Manifest.Count> counts, Split split) {
    return counts.stream().filter(count -> count.split().equals(split.key())).toList();
  }

  private static long sum(Stream<Manifest.Count> counts, ToLongFunction<Manifest.Count> what) {
    return counts.mapToLong(what).sum();
  }
}
