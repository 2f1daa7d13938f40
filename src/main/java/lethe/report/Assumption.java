package lethe.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import lethe.evaluate.DistanceToRetrained;
import lethe.evaluate.ModelNames;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Verdict;
import lethe.target.Split;
import lethe.target.Target;

/**
 * An assumption behind using the target in place of a retrained model (Yao et al.,
 * arXiv:2402.15159), and what the run's own data say about it.
 *
 * @param statement what is assumed
 * @param finding what the data show
 * @param holds whether it holds, as far as the data show; null when they show nothing
 * @param domains what they show of each domain to forget; empty where it is not about domains
 */
record Assumption(String statement, String finding, Boolean holds, List<InDomain> domains) {
  /** Documents of one split may be this many times as long as those of another, on average. */
  private static final double LENGTH_RATIO = 2;

  private static final int ENOUGH_DOCUMENTS = 3;

  /**
   * The same of one domain.
   *
   * @param finding what the data show
   * @param holds whether it holds there
   */
  record InDomain(String domain, String finding, boolean holds) {}

  private Assumption(String statement, String finding, Boolean holds) {
    this(statement, finding, holds, List.of());
  }

  /** One that holds if it does in every domain. */
  private static Assumption inAll(String statement, String finding, List<InDomain> domains) {
    return new Assumption(statement, finding, domains.stream().allMatch(InDomain::holds), domains);
  }

  /**
   * @param band half the width of the verdict's band, nats per token: a target this close to the
   *     retrained model's loss counts as right
   */
  static List<Assumption> of(
      List<SplitScore> scores,
      List<DistanceToRetrained> toRetrained,
      Optional<Target> target,
      Optional<Verdict> verdict,
      double band) {
    List<SplitScore> original =
        scores.stream().filter(s -> s.model().equals(ModelNames.ORIGINAL)).toList();
    List<Assumption> found = new ArrayList<>();
    List<SplitScore> forget = domains(original, Split.FORGET);
    List<SplitScore> approximate = domains(original, Split.APPROXIMATE);
    found.add(mix(forget, approximate, target));
    found.add(lengths(forget, approximate));
    found.add(unseen(forget, approximate, domains(original, Split.RETAIN)));
    found.add(general(scores, band));
    found.add(estimate(toRetrained, band));
    verdict.ifPresent(v -> found.add(judged(v)));
    return found;
  }

  /** Names the domains in which a single document judges. */
  private static Assumption judged(Verdict verdict) {
    String statement = "Several documents of every domain judge.";
    if (verdict.single().isEmpty()) {
      return new Assumption(
          statement,
          "%d of forget and %d of approximate do."
              .formatted(verdict.forgetDocuments(), verdict.approximateDocuments()),
          true);
    }
    return new Assumption(
        statement,
        "Only one document of forget or approximate judges in "
            + String.join(", ", verdict.single())
            + ": the variance there is taken from the domain with the largest one."
            + (verdict.sole().isEmpty()
                ? ""
                : " It also steered the training in " + String.join(", ", verdict.sole()) + "."),
        false);
  }

  private static Assumption general(List<SplitScore> scores, double band) {
    String statement = "Forgetting these documents would not have moved the model elsewhere.";
    Optional<Damage> retrained = Damage.of(scores, ModelNames.RETRAINED);
    return retrained
        .map(
            d ->
                d.rise() == null
                    ? new Assumption(
                        statement,
                        "A loss on %s is not a finite number.".formatted(d.split()),
                        false)
                    : new Assumption(
                        statement,
                        String.format(
                            Locale.ROOT,
                            "The retrained model differs most on %s: %+.3f nats.",
                            d.split(),
                            d.rise()),
                        Math.abs(d.rise()) <= band))
        .orElse(new Assumption(statement, "Only a retrained model would show this.", null));
  }

  private static Assumption estimate(List<DistanceToRetrained> toRetrained, double band) {
    String statement = "The target is what a model retrained without the documents would show.";
    return toRetrained.stream()
        .filter(t -> t.estimate() != null && t.truth() != null)
        .findFirst()
        .map(
            t ->
                new Assumption(
                    statement,
                    String.format(
                        Locale.ROOT,
                        "Retrained: %.3f nats per token on forget, target %.3f, off by %+.3f.",
                        t.truth(),
                        t.estimate(),
                        t.estimate() - t.truth()),
                    Math.abs(t.estimate() - t.truth()) <= band))
        .orElse(new Assumption(statement, "Only a retrained model would show this.", null));
  }

  private static Assumption mix(
      List<SplitScore> forget, List<SplitScore> approximate, Optional<Target> target) {
    List<InDomain> domains = new ArrayList<>();
    for (SplitScore f : forget) {
      long documents = same(approximate, f).map(SplitScore::documents).orElse(0L);
      domains.add(
          new InDomain(
              f.domain(),
              "%d documents to forget, %d unseen".formatted(f.documents(), documents),
              documents >= ENOUGH_DOCUMENTS));
    }
    boolean enough = target.isPresent() && domains.stream().allMatch(InDomain::holds);
    return new Assumption(
        "Every domain to forget has unseen documents; the target weighs domains like forget.",
        listed(domains)
            + (enough ? "." : ". Fewer than %d documents show little.".formatted(ENOUGH_DOCUMENTS)),
        enough,
        domains);
  }

  private static String listed(List<InDomain> domains) {
    return domains.stream()
        .map(d -> d.domain() + ": " + d.finding())
        .collect(Collectors.joining("; "));
  }

  private static Assumption lengths(List<SplitScore> forget, List<SplitScore> approximate) {
    List<InDomain> domains = new ArrayList<>();
    for (SplitScore f : forget) {
      same(approximate, f)
          .ifPresent(
              a -> {
                double ratio = length(f) / length(a);
                domains.add(
                    new InDomain(
                        f.domain(),
                        String.format(Locale.ROOT, "%.0f and %.0f", length(f), length(a)),
                        ratio < LENGTH_RATIO && ratio > 1 / LENGTH_RATIO));
              });
    }
    return inAll(
        "Documents to forget and unseen ones are alike in length.",
        "Scored tokens per document, forget and approximate: " + listed(domains) + ".",
        domains);
  }

  /**
   * Domains are weighed like forget: some domains are easier than others for any model, and a split
   * with more of an easy one would seem better known.
   */
  private static Assumption unseen(
      List<SplitScore> forget, List<SplitScore> approximate, List<SplitScore> retain) {
    String statement = "The model never saw the approximate documents.";
    Optional<double[]> own = weighed(forget, approximate, forget);
    if (own.isEmpty()) {
      return new Assumption(statement, "There are no scores to decide this.", null);
    }
    Optional<double[]> kept = weighed(forget, approximate, retain);
    boolean less =
        own.get()[1] > own.get()[0] && kept.map(means -> means[1] > means[0]).orElse(true);
    List<InDomain> domains = unseenByDomain(forget, approximate, retain);
    String but =
        domains.stream()
            .filter(d -> d.holds() != less)
            .map(InDomain::domain)
            .collect(Collectors.joining(", "));
    return new Assumption(
        statement,
        String.format(
            Locale.ROOT,
            "The original model has %.3f nats per token on them, %.3f on forget%s, domains weighed like forget: %s%s.",
            own.get()[1],
            own.get()[0],
            kept.map(
                    means ->
                        String.format(
                            Locale.ROOT,
                            "; %.3f and %.3f on retain, of the domains that retain has",
                            means[1],
                            means[0]))
                .orElse(""),
            less ? "it knows them less" : "it knows them as well",
            but.isEmpty() ? "" : ", but not in " + but),
        less,
        domains);
  }

  private static List<InDomain> unseenByDomain(
      List<SplitScore> forget, List<SplitScore> approximate, List<SplitScore> retain) {
    List<InDomain> domains = new ArrayList<>();
    for (SplitScore f : forget) {
      Optional<SplitScore> a = same(approximate, f).filter(score -> score.nll() != null);
      if (a.isPresent() && f.nll() != null) {
        double unseen = a.get().nll();
        Optional<SplitScore> r = same(retain, f).filter(score -> score.nll() != null);
        domains.add(
            new InDomain(
                f.domain(),
                String.format(
                    Locale.ROOT,
                    "%.3f on them, %.3f on forget%s",
                    unseen,
                    f.nll(),
                    r.map(score -> String.format(Locale.ROOT, ", %.3f on retain", score.nll()))
                        .orElse("")),
                unseen > f.nll() && r.map(score -> unseen > score.nll()).orElse(true)));
      }
    }
    return domains;
  }

  /**
   * Mean losses of a split and of approximate, over the domains that forget and both have, weighed
   * by the tokens of forget; nothing when there is no such domain.
   */
  private static Optional<double[]> weighed(
      List<SplitScore> forget, List<SplitScore> approximate, List<SplitScore> split) {
    double own = 0;
    double unseen = 0;
    long tokens = 0;
    for (SplitScore f : forget) {
      Optional<SplitScore> a = same(approximate, f).filter(score -> score.nll() != null);
      Optional<SplitScore> s = same(split, f).filter(score -> score.nll() != null);
      if (a.isPresent() && s.isPresent()) {
        own += f.tokens() * s.get().nll();
        unseen += f.tokens() * a.get().nll();
        tokens += f.tokens();
      }
    }
    return tokens == 0
        ? Optional.empty()
        : Optional.of(new double[] {own / tokens, unseen / tokens});
  }

  private static List<SplitScore> domains(List<SplitScore> scores, Split split) {
    return scores.stream()
        .filter(s -> s.split().equals(split.key()) && !s.domain().equals(SplitScore.ALL))
        .toList();
  }

  private static Optional<SplitScore> same(List<SplitScore> scores, SplitScore as) {
    return scores.stream().filter(s -> s.domain().equals(as.domain())).findFirst();
  }

  private static double length(SplitScore score) {
    return (double) score.tokens() / score.documents();
  }
}
