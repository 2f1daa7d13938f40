package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * One run beside others.
 *
 * @param run its folder's name
 * @param method of unlearning
 * @param learningRate peak
 * @param steps applied
 * @param nll of forget, judging half, nats a token; null when it is no finite number
 * @param target of the judging half; null without a verdict
 * @param distance nll minus target; null when it is no finite number
 * @param outcome under, matched or over; null without a verdict
 * @param damage the largest rise of loss on a split to be kept; null when it is not known
 * @param damagedSplit where
 * @param tokens through forward and backward
 * @param best whether it reached the target with the least damage
 */
@JsonNaming(SnakeCaseStrategy.class)
record ComparedRun(
    String run,
    String method,
    Double learningRate,
    Long steps,
    Double nll,
    Double target,
    Double distance,
    String outcome,
    Double damage,
    String damagedSplit,
    Long tokens,
    boolean best) {

  /**
   * @param run its folder's name
   * @param report its report.json
   */
  static ComparedRun of(String run, JsonNode report) {
    JsonNode settings = report.at("/provenance/settings");
    JsonNode verdict = report.path("verdict");
    Optional<JsonNode> damage =
        StreamSupport.stream(report.path("damage").spliterator(), false)
            .filter(d -> d.path("model").asText().equals("unlearned"))
            .findFirst();
    return new ComparedRun(
        run,
        settings.at("/unlearn/method").asText(""),
        number(settings.at("/train/learning-rate")),
        whole(report.at("/cost/steps")),
        number(verdict.path("nll")),
        number(verdict.path("target")),
        number(verdict.path("distance")),
        verdict.path("outcome").asText(null),
        damage.map(d -> number(d.path("rise"))).orElse(null),
        damage.map(d -> d.path("split").asText()).orElse(null),
        whole(report.at("/cost/tokens")),
        false);
  }

  /** The same runs, the one that matched with the least damage marked. */
  static List<ComparedRun> marked(List<ComparedRun> runs) {
    Optional<ComparedRun> best =
        runs.stream()
            .filter(r -> "matched".equals(r.outcome) && r.damage != null)
            .min(Comparator.comparingDouble(ComparedRun::damage));
    return runs.stream()
        .map(r -> best.isPresent() && best.get().equals(r) ? r.asBest() : r)
        .toList();
  }

  private ComparedRun asBest() {
    return new ComparedRun(
        run,
        method,
        learningRate,
        steps,
        nll,
        target,
        distance,
        outcome,
        damage,
        damagedSplit,
        tokens,
        true);
  }

  private static Double number(JsonNode node) {
    return node.isNumber() ? node.asDouble() : null;
  }

  private static Long whole(JsonNode node) {
    return node.isNumber() ? node.asLong() : null;
  }
}
