package lethe.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lethe.evaluate.AnswerScores.Figure;
import lethe.evaluate.AnswerScores.SetScore;
import lethe.evaluate.AnswerScores.Summary;
import lethe.evaluate.QuestionSet.Use;
import lethe.evaluate.metric.ForgetEfficacy;
import lethe.evaluate.metric.ForgetQuality;
import lethe.evaluate.metric.KnowledgeMemorisation;
import lethe.evaluate.metric.ModelUtility;
import lethe.generation.StopReason;

/** Figures of sets, and of several sets together, made of their rows. */
final class AnswerSummaries {
  private static final String BETTER = "higher: better";

  private AnswerSummaries() {}

  /**
   * The figures of a model's answers to a set.
   *
   * @param rows at least one, of this set
   */
  static SetScore of(String model, QuestionSet set, List<AnswerRow> rows, AnswerSettings settings) {
    List<Figure> figures = new ArrayList<>();
    for (AnswerMetric metric : AnswerMetric.values()) {
      if (metric != AnswerMetric.TRUTH_RATIO_TOFU || set.use() == Use.FORGET) {
        figures.add(figure(metric, set, rows, settings));
      }
    }
    return new SetScore(
        model,
        set.name(),
        set.use(),
        rows.size(),
        count(rows, row -> row.answer() != null && row.answerTokens().isEmpty()),
        count(rows, row -> row.stop().equals(StopReason.PROMPT.key())),
        count(
            rows,
            row ->
                row.stop().equals(StopReason.LENGTH.key())
                    || row.stop().equals(StopReason.CONTEXT.key())),
        figures);
  }

  private static int count(List<AnswerRow> rows, Predicate<AnswerRow> which) {
    return (int) rows.stream().filter(which).count();
  }

  private static Figure figure(
      AnswerMetric metric, QuestionSet set, List<AnswerRow> rows, AnswerSettings settings) {
    double sum = 0;
    int counted = 0;
    for (AnswerRow row : rows) {
      Double value = metric.of(row, set.use());
      if (value != null) {
        sum += value;
        counted++;
      }
    }
    Double mean = counted == 0 ? null : SplitScores.finite(sum / counted);
    String missing =
        counted == rows.size()
            ? null
            : "%d of %d rows: %s"
                .formatted(rows.size() - counted, rows.size(), why(metric, set, settings));
    return new Figure(metric.key(), mean, counted, metric.direction(), missing);
  }

  private static String why(AnswerMetric metric, QuestionSet set, AnswerSettings settings) {
    return switch (metric) {
      case COSINE_SIMILARITY ->
          settings.sentenceEncoder() == null
              ? "evaluate.answers.sentence-encoder is not set"
              : "no answer";
      case ENTAILMENT ->
          settings.entailment() == null ? "evaluate.answers.entailment is not set" : "no answer";
      case TRUTH_RATIO, TRUTH_RATIO_TOFU ->
          set.use() == Use.OPTIONS
              ? "no perturbed_answer, or no room for it"
              : "no paraphrased_answer or perturbed_answer, or no room for them";
      case PROBABILITY ->
          set.use() == Use.OPTIONS ? "no perturbed_answer, or no room for it" : "no room for it";
      default -> "the question fills the model's context";
    };
  }

  /**
   * Figures of several sets of one model.
   *
   * @param sets its own
   * @param ratios truth ratios of forget rows by set, of this model
   * @param retrained those of the retrained model; null where there is none
   */
  static List<Summary> summaries(
      String model,
      List<SetScore> sets,
      Map<String, double[]> ratios,
      Map<String, double[]> retrained) {
    List<Summary> all = new ArrayList<>();
    List<SetScore> kept = sets.stream().filter(set -> set.use() != Use.FORGET).toList();
    List<SetScore> retain = sets.stream().filter(set -> set.use() == Use.RETAIN).toList();
    all.add(utility(model, "model_utility", kept, AnswerMetric.UTILITY));
    all.add(utility(model, "model_utility_retain", retain, AnswerMetric.UTILITY));
    all.add(utility(model, "model_utility_tofu", kept, AnswerMetric.TOFU_UTILITY));
    sets.stream()
        .filter(set -> set.use() != Use.OPTIONS)
        .forEach(set -> all.add(knowledge(model, set)));
    sets.stream()
        .filter(set -> set.use() == Use.FORGET)
        .forEach(
            set -> {
              all.add(efficacy(model, set));
              all.add(quality(model, set.set(), ratios, retrained));
            });
    return all;
  }

  private static Summary utility(
      String model, String name, List<SetScore> sets, List<AnswerMetric> metrics) {
    if (sets.isEmpty()) {
      return new Summary(model, null, name, null, BETTER, "there is no such set of questions");
    }
    double[] values =
        sets.stream().flatMapToDouble(set -> metrics.stream().mapToDouble(set::value)).toArray();
    return summary(model, null, name, ModelUtility.of(values), lacking(sets, metrics));
  }

  private static Summary knowledge(String model, SetScore set) {
    double value = KnowledgeMemorisation.of(set.value(AnswerMetric.ROUGE_L_F1));
    return new Summary(
        model,
        set.set(),
        "knowledge_memorisation",
        Double.isNaN(value) ? null : value,
        "higher: more is known; of forget lower is better",
        Double.isNaN(value) ? "no question was answered" : null);
  }

  private static Summary efficacy(String model, SetScore set) {
    List<AnswerMetric> metrics =
        AnswerMetric.UTILITY.stream().filter(m -> m != AnswerMetric.TOKEN_ENTROPY).toList();
    double value =
        ForgetEfficacy.of(
            set.value(AnswerMetric.ROUGE_L_RECALL),
            set.value(AnswerMetric.PROBABILITY),
            set.value(AnswerMetric.TRUTH_RATIO),
            set.value(AnswerMetric.COSINE_SIMILARITY),
            set.value(AnswerMetric.ENTAILMENT));
    return summary(model, set.set(), "forget_efficacy", value, lacking(List.of(set), metrics));
  }

  private static Summary quality(
      String model, String set, Map<String, double[]> ratios, Map<String, double[]> retrained) {
    double[] own = ratios.getOrDefault(set, new double[0]);
    double[] other = retrained == null ? new double[0] : retrained.getOrDefault(set, new double[0]);
    return summary(
        model,
        set,
        "forget_quality",
        own.length == 0 || other.length == 0 ? Double.NaN : ForgetQuality.of(own, other),
        retrained == null ? "there is no retrained model" : "no row has a truth ratio");
  }

  private static Summary summary(
      String model, String set, String name, double value, String missing) {
    boolean known = !Double.isNaN(value);
    return new Summary(model, set, name, known ? value : null, BETTER, known ? null : missing);
  }

  /** Which figures a mean would need. */
  private static String lacking(List<SetScore> sets, List<AnswerMetric> metrics) {
    return "without "
        + String.join(
            ", ",
            metrics.stream()
                .filter(m -> sets.stream().anyMatch(set -> Double.isNaN(set.value(m))))
                .flatMap(m -> Stream.of(m.key()))
                .toList());
  }
}
