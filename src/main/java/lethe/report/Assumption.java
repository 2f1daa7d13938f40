package lethe.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lethe.evaluate.GroundTruth;
import lethe.evaluate.SplitScore;
import lethe.target.Target;

/**
 * Something that must hold for the target to stand for a retrained model (Yao et al.,
 * arXiv:2402.15159), and what the run's own data say of it.
 *
 * @param statement what is assumed
 * @param finding what was seen
 * @param holds as far as data can tell; null when they cannot
 */
record Assumption(String statement, String finding, Boolean holds) {
  /** Documents of one split may be this many times as long as those of another, on average. */
  private static final double LENGTH_RATIO = 2;

  private static final int FEW = 3;

  /** Nats a token. */
  private static final double NEAR = 0.15;

  static List<Assumption> of(
      List<SplitScore> scores, List<GroundTruth> truths, Optional<Target> target) {
    List<SplitScore> original = scores.stream().filter(s -> s.model().equals("original")).toList();
    List<Assumption> found = new ArrayList<>();
    List<SplitScore> forget = domains(original, "forget");
    List<SplitScore> approximate = domains(original, "approximate");
    found.add(mix(forget, approximate, target));
    found.add(lengths(forget, approximate));
    found.add(unseen(original));
    found.add(general(scores));
    found.add(estimate(truths));
    return found;
  }

  private static Assumption general(List<SplitScore> scores) {
    String statement = "Forgetting these documents would not have moved the model elsewhere.";
    Optional<Damage> retrained = Damage.of(scores, GroundTruth.RETRAINED);
    return retrained
        .map(
            d ->
                new Assumption(
                    statement,
                    String.format(
                        Locale.ROOT,
                        "The retrained model differs most on %s: %+.3f nats.",
                        d.split(),
                        d.rise()),
                    Math.abs(d.rise()) < NEAR))
        .orElse(new Assumption(statement, "Only a retrained model would tell.", null));
  }

  private static Assumption estimate(List<GroundTruth> truths) {
    String statement = "The target is what a model retrained without the documents would show.";
    return truths.stream()
        .filter(t -> t.estimate() != null && t.truth() != null)
        .findFirst()
        .map(
            t ->
                new Assumption(
                    statement,
                    String.format(
                        Locale.ROOT,
                        "Retrained: %.3f nats a token on forget, target %.3f, off by %+.3f.",
                        t.truth(),
                        t.estimate(),
                        t.estimate() - t.truth()),
                    Math.abs(t.estimate() - t.truth()) < NEAR))
        .orElse(new Assumption(statement, "Only a retrained model would tell.", null));
  }

  private static Assumption mix(
      List<SplitScore> forget, List<SplitScore> approximate, Optional<Target> target) {
    List<String> parts = new ArrayList<>();
    boolean enough = target.isPresent();
    for (SplitScore f : forget) {
      Optional<SplitScore> a = same(approximate, f);
      long documents = a.map(SplitScore::documents).orElse(0L);
      enough &= documents >= FEW;
      parts.add(
          "%s: %d documents to forget, %d unseen".formatted(f.domain(), f.documents(), documents));
    }
    return new Assumption(
        "Every domain to forget has unseen documents; the target weighs domains like forget.",
        String.join("; ", parts) + (enough ? "." : ". Fewer than %d say little.".formatted(FEW)),
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
        "Scored tokens a document, forget and approximate: " + String.join("; ", parts) + ".",
        alike);
  }

  private static Assumption unseen(List<SplitScore> original) {
    Optional<Double> retain = Damage.nll(original, "original", "retain");
    Optional<Double> forget = Damage.nll(original, "original", "forget");
    Optional<Double> approximate = Damage.nll(original, "original", "approximate");
    if (approximate.isEmpty() || forget.isEmpty()) {
      return new Assumption(
          "The model never saw the approximate documents.", "There are no scores to tell.", null);
    }
    double seen = Math.max(forget.get(), retain.orElse(forget.get()));
    return new Assumption(
        "The model never saw the approximate documents.",
        String.format(
            Locale.ROOT,
            "The original model has %.3f nats a token on them, %.3f on forget%s: %s.",
            approximate.get(),
            forget.get(),
            retain.map(r -> String.format(Locale.ROOT, " and %.3f on retain", r)).orElse(""),
            approximate.get() > seen ? "it knows them less" : "it knows them as well"),
        approximate.get() > seen);
  }

  private static List<SplitScore> domains(List<SplitScore> scores, String split) {
    return scores.stream()
        .filter(s -> s.split().equals(split) && !s.domain().equals(SplitScore.ALL))
        .toList();
  }

  private static Optional<SplitScore> same(List<SplitScore> scores, SplitScore as) {
    return scores.stream().filter(s -> s.domain().equals(as.domain())).findFirst();
  }

  private static double length(SplitScore score) {
    return (double) score.tokens() / score.documents();
  }
}
