package lethe.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
 */
record Assumption(String statement, String finding, Boolean holds) {
  /** Documents of one split may be this many times as long as those of another, on average. */
  private static final double LENGTH_RATIO = 2;

  private static final int ENOUGH_DOCUMENTS = 3;

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
    List<String> parts = new ArrayList<>();
    boolean enough = target.isPresent();
    for (SplitScore f : forget) {
      Optional<SplitScore> a = same(approximate, f);
      long documents = a.map(SplitScore::documents).orElse(0L);
      enough &= documents >= ENOUGH_DOCUMENTS;
      parts.add(
          "%s: %d documents to forget, %d unseen".formatted(f.domain(), f.documents(), documents));
    }
    return new Assumption(
        "Every domain to forget has unseen documents; the target weighs domains like forget.",
        String.join("; ", parts)
            + (enough ? "." : ". Fewer than %d documents show little.".formatted(ENOUGH_DOCUMENTS)),
        enough);
  }

  private static Assumption lengths(List<SplitScore> forget, List<SplitScore> approximate) {
    List<String> parts = new ArrayList<>();
    boolean alike = true;
    for (SplitScore f : forget) {
      Optional<SplitScore> a = same(approximate, f);
      if (a.isPresent()) {
        double ratio = length(f) / length(a.get());
        alike &= ratio < LENGTH_RATIO && ratio > 1 / LENGTH_RATIO;
        parts.add(
            String.format(
                Locale.ROOT, "%s: %.0f and %.0f", f.domain(), length(f), length(a.get())));
      }
    }
    return new Assumption(
        "Documents to forget and unseen ones are alike in length.",
        "Scored tokens per document, forget and approximate: " + String.join("; ", parts) + ".",
        alike);
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
    return new Assumption(
        statement,
        String.format(
            Locale.ROOT,
            "The original model has %.3f nats per token on them, %.3f on forget%s, domains weighed like forget: %s.",
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
            less ? "it knows them less" : "it knows them as well"),
        less);
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
