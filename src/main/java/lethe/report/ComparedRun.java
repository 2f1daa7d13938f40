package lethe.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.evaluate.ModelNames;
import lethe.evaluate.SplitScore;
import lethe.settings.Section;
import lethe.target.Outcome;
import lethe.target.Split;

/**
 * One run of a comparison.
 *
 * @param run its folder's name
 * @param method of unlearning
 * @param variant other settings in which runs of the same method differ; empty when there is none
 * @param learningRate peak
 * @param steps applied
 * @param seconds of these steps
 * @param tokens through forward and backward
 * @param losses before and after, by split
 * @param target of all documents, nats per token; null when there is none
 * @param distance of the judging half's forget loss from its target, or of all documents' where the
 *     comparison has its own band, nats per token; null without a verdict, or when it is not a
 *     finite number
 * @param band half the width of the band around the target, nats per token; null without a verdict
 * @param holdoutBand half the width of the band around the original's loss on holdout
 * @param outcome of the verdict: under, matched, over or undecided; where the comparison has its
 *     own band, under, matched or over by the point, which is no verdict; null without a verdict
 * @param damage the largest rise of loss on a split to be kept; null when it is not known, or not a
 *     finite number
 * @param damagedSplit the split with that rise
 * @param toRetrained mean KL divergence of the unlearned model's predictions on forget from the
 *     retrained model's, nats per token; null where there is no retrained model, or it is not
 *     finite
 * @param best whether it reached its target with the least damage
 * @param frontier whether no other run is both as near to its target and as little damaged, and
 *     better in one of the two
 */
@JsonNaming(SnakeCaseStrategy.class)
record ComparedRun(
    String run,
    String method,
    String variant,
    Double learningRate,
    Long steps,
    Double seconds,
    Long tokens,
    Map<String, Change> losses,
    Double target,
    Double distance,
    Double band,
    Double holdoutBand,
    String outcome,
    Double damage,
    String damagedSplit,
    Double toRetrained,
    boolean best,
    boolean frontier) {
  static final List<String> SPLITS =
      Arrays.stream(Split.values())
          .filter(split -> split != Split.EARLIER) // no two runs of a comparison have the same
          .map(Split::key)
          .toList();

  /**
   * The loss on all domains of a split, nats per token; null where it is not a finite number.
   *
   * @param before of the original model
   * @param after of the unlearned one
   */
  record Change(Double before, Double after) {
    /** How much it rose; not a number when either loss is unknown. */
    double rise() {
      return before == null || after == null ? Double.NaN : after - before;
    }
  }

  /**
   * @param run its folder's name
   * @param variant other settings in which runs of the same method differ
   * @param report its report.json
   * @param band the comparison's own band around the target of all documents, in place of the
   *     verdict
   */
  static ComparedRun of(String run, String variant, JsonNode report, Optional<Double> band) {
    JsonNode settings = report.at("/provenance/settings");
    JsonNode verdict = report.path("verdict");
    JsonNode damage = ofUnlearned(report.path("damage"));
    Double own = number(verdict.path("band"));
    Map<String, Change> losses = losses(report);
    Double target = number(report.at("/target/nll"));
    Double distance = number(verdict.path("distance"));
    String outcome = verdict.path("outcome").asText(null);
    if (own != null && band.isPresent()) {
      Change forget = losses.get(Split.FORGET.key());
      boolean known = forget != null && forget.after() != null && target != null;
      distance = known ? Double.valueOf(forget.after() - target) : null;
      outcome = outcome(distance, band.get());
    }
    return new ComparedRun(
        run,
        settings.at("/unlearn/method").asText(""),
        variant,
        rate(report),
        whole(report.at("/cost/steps")),
        number(report.at("/cost/seconds")),
        whole(report.at("/cost/tokens")),
        losses,
        target,
        distance,
        own == null ? null : band.orElse(own),
        own,
        outcome,
        number(damage.path("rise")),
        damage.path("split").asText(null),
        number(ofUnlearned(report.path("truths")).path("divergence")),
        false,
        false);
  }

  /** The peak that was given, or else found. */
  private static Double rate(JsonNode report) {
    Double given = number(report.at("/provenance/settings/train/learning-rate"));
    return given != null ? given : number(report.at("/range_test/rate"));
  }

  private static String outcome(Double distance, double band) {
    double known = distance == null ? Double.NaN : distance;
    return Section.spelling(Outcome.of(known, band));
  }

  private static Map<String, Change> losses(JsonNode report) {
    Map<String, Change> losses = new LinkedHashMap<>();
    for (String split : SPLITS) {
      Double before = nll(report, ModelNames.ORIGINAL, split);
      Double after = nll(report, ModelNames.UNLEARNED, split);
      if (before != null || after != null) {
        losses.put(split, new Change(before, after));
      }
    }
    return losses;
  }

  private static Double nll(JsonNode report, String model, String split) {
    for (JsonNode score : report.path("scores")) {
      if (score.path("model").asText().equals(model)
          && score.path("split").asText().equals(split)
          && score.path("domain").asText().equals(SplitScore.ALL)) {
        return number(score.path("nll"));
      }
    }
    return null;
  }

  private static JsonNode ofUnlearned(JsonNode figures) {
    for (JsonNode figure : figures) {
      if (figure.path("model").asText().equals(ModelNames.UNLEARNED)) {
        return figure;
      }
    }
    return MissingNode.getInstance();
  }

  /** Whether the loss on a split to be kept is not a finite number: worse than any damage. */
  boolean ruined() {
    return damage == null && damagedSplit != null;
  }

  boolean matched() {
    return Section.spelling(Outcome.MATCHED).equals(outcome);
  }

  /**
   * The damage if forget reached its band, else null: a run that forgets less also damages less.
   */
  @JsonProperty("damage_at_target")
  Double damageAtTarget() {
    return matched() ? damage : null;
  }

  /**
   * Whether forget is in its band and holdout, if there is any, within the holdout band around the
   * original's loss.
   */
  @JsonProperty("within_bands")
  boolean withinBands() {
    Change holdout = losses.get(Split.HOLDOUT.key());
    return matched() && (holdout == null || Math.abs(holdout.rise()) <= holdoutBand);
  }

  /** Whether it is as good as another run in both distance and damage, and better in one. */
  boolean dominates(ComparedRun other) {
    double nearer = Math.abs(other.distance) - Math.abs(distance);
    double gentler = other.damage - damage;
    return nearer >= 0 && gentler >= 0 && nearer + gentler > 0;
  }

  /** The same with its marks among others. */
  ComparedRun marked(boolean asBest, boolean onFrontier) {
    return new ComparedRun(
        run,
        method,
        variant,
        learningRate,
        steps,
        seconds,
        tokens,
        losses,
        target,
        distance,
        band,
        holdoutBand,
        outcome,
        damage,
        damagedSplit,
        toRetrained,
        asBest,
        onFrontier);
  }

  private static Double number(JsonNode node) {
    return node.isNumber() ? node.asDouble() : null;
  }

  private static Long whole(JsonNode node) {
    return node.isNumber() ? node.asLong() : null;
  }
}
