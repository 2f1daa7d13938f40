package lethe.evaluate;

import static lethe.evaluate.Scores.ENTROPY;
import static lethe.evaluate.Scores.NLL;
import static org.apache.spark.sql.functions.col;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.evaluate.metric.Interval;
import lethe.json.OrNull;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How sure a model is on the forgotten text, beside how sure the original is on unseen text of the
 * same domain. A model that never saw the documents is as sure on both; one whose predictions on
 * forgotten text are flatter, or more peaked, was damaged there, whatever its mean loss.
 *
 * <pre>
 *   difference = sum_d T_d (H_d - A_d) / sum_d T_d
 * </pre>
 *
 * where H_d is the mean entropy of the model's predictions on the forget text of domain d, A_d that
 * of the original's on approximate text, and T_d the scored tokens to forget. The interval is that
 * of {@link DistanceToTarget}, with entropies in place of losses.
 *
 * @param model its name
 * @param domain or {@code *} for all domains together
 * @param forget mean entropy of the model's predictions on forget, nats; null when not finite
 * @param approximate mean entropy of the original's on approximate, nats
 * @param difference nats; null when not finite
 * @param interval of the difference, 95 %; null when it cannot be estimated
 * @param outcome what the interval allows to say
 */
@JsonNaming(SnakeCaseStrategy.class)
public record EntropyGap(
    String model,
    String domain,
    Double forget,
    Double approximate,
    Double difference,
    @OrNull Interval interval,
    Sureness outcome) {

  /** How sure the model is on forgotten text, beside unseen text. */
  public enum Sureness {
    /** Less sure: the whole interval is above 0. */
    @JsonProperty("flatter")
    FLATTER,
    /** Surer: the whole interval is below 0. */
    @JsonProperty("peaked")
    PEAKED,
    /** The interval has 0 in it. */
    @JsonProperty("alike")
    ALIKE,
    /** There is no interval, or the predictions are not finite. */
    @JsonProperty("undecided")
    UNDECIDED
  }

  /**
   * Entropies by document, where scores have losses.
   *
   * @param scores of a model's chunks
   */
  static List<DocumentScore> documents(Dataset<Row> scores) {
    return DocumentScore.of(scores.withColumn(NLL, col(ENTROPY)));
  }

  /**
   * One for all domains together, then one per domain; none where no domain to forget has
   * approximate text. A domain without is left out.
   *
   * @param model its name
   * @param judged its entropies by document
   * @param original the original model's
   */
  static List<EntropyGap> of(
      String model, List<DocumentScore> judged, List<DocumentScore> original) {
    Map<String, List<DocumentScore>> approximate = domains(original, Split.APPROXIMATE);
    Map<String, List<DocumentScore>> forget = domains(judged, Split.FORGET);
    forget.keySet().retainAll(approximate.keySet());
    List<EntropyGap> gaps = new ArrayList<>();
    if (!forget.isEmpty()) {
      gaps.add(gap(model, SplitScore.ALL, forget, approximate));
      forget.forEach(
          (domain, own) -> gaps.add(gap(model, domain, Map.of(domain, own), approximate)));
    }
    return gaps;
  }

  private static Map<String, List<DocumentScore>> domains(
      List<DocumentScore> documents, Split split) {
    return documents.stream()
        .filter(d -> d.split().equals(split.key()))
        .collect(Collectors.groupingBy(DocumentScore::domain, TreeMap::new, Collectors.toList()));
  }

  private static EntropyGap gap(
      String model,
      String domain,
      Map<String, List<DocumentScore>> forget,
      Map<String, List<DocumentScore>> approximate) {
    Map<String, List<DocumentScore>> unseen = new TreeMap<>(approximate);
    unseen.keySet().retainAll(forget.keySet());
    DistanceToTarget gap = DistanceToTarget.of(forget, unseen);
    double own = DistanceToTarget.mean(forget.values().stream().flatMap(List::stream).toList());
    return new EntropyGap(
        model,
        domain,
        SplitScores.finite(own),
        SplitScores.finite(own - gap.nats()),
        SplitScores.finite(gap.nats()),
        gap.interval(),
        outcome(gap.interval()));
  }

  private static Sureness outcome(Interval interval) {
    if (interval == null) {
      return Sureness.UNDECIDED;
    }
    if (interval.low() > 0) {
      return Sureness.FLATTER;
    }
    return interval.high() < 0 ? Sureness.PEAKED : Sureness.ALIKE;
  }
}
