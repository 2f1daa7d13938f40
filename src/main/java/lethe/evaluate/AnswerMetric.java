package lethe.evaluate;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import lethe.evaluate.QuestionSet.Use;
import lethe.evaluate.metric.TruthRatio;

/** The figures of a set's answers, each a mean over its rows, in the order of the report. */
public enum AnswerMetric {
  ROUGE_L_RECALL("higher: more of the true answer is said"),
  PROBABILITY("higher: the true answer is likelier"),
  TRUTH_RATIO("of forget lower: right and wrong answers are as likely; of others higher"),
  TOKEN_ENTROPY("higher: fewer repetitions"),
  COSINE_SIMILARITY("higher: nearer to the original answer"),
  ENTAILMENT("higher: agrees with the true answer"),
  ROUGE_1_RECALL("higher: more of the true answer's words are said"),
  ROUGE_L_F1("higher: more of the true answer is said, and less else"),
  TRUTH_RATIO_TOFU("of forget higher: right and wrong answers are as likely"),
  EXACT_MEMORISATION("higher: more is known by heart"),
  EXTRACTION_STRENGTH("higher: more is known by heart");

  /** Those of which model utility is made. */
  static final List<AnswerMetric> UTILITY =
      List.of(
          ROUGE_L_RECALL, PROBABILITY, TRUTH_RATIO, TOKEN_ENTROPY, COSINE_SIMILARITY, ENTAILMENT);

  /** Those of which TOFU makes it. */
  static final List<AnswerMetric> TOFU_UTILITY = List.of(ROUGE_L_RECALL, PROBABILITY, TRUTH_RATIO);

  private final String direction;

  AnswerMetric(String direction) {
    this.direction = direction;
  }

  /** Its value for a row; null where the row has not the means for it. */
  Double of(AnswerRow row, Use use) {
    return switch (this) {
      case ROUGE_L_RECALL -> row.rougeLRecall();
      case PROBABILITY -> row.probability();
      case TRUTH_RATIO -> ratio(row, use == Use.FORGET ? TruthRatio::decided : TruthRatio::kept);
      case TOKEN_ENTROPY -> row.tokenEntropy();
      case COSINE_SIMILARITY -> row.cosineSimilarity();
      case ENTAILMENT -> row.entailment();
      case ROUGE_1_RECALL -> row.rouge1Recall();
      case ROUGE_L_F1 -> row.rougeLF1();
      case TRUTH_RATIO_TOFU -> use == Use.FORGET ? ratio(row, TruthRatio::undecided) : null;
      case EXACT_MEMORISATION -> row.exactMemorisation();
      case EXTRACTION_STRENGTH -> row.extractionStrength();
    };
  }

  private static Double ratio(AnswerRow row, Function<TruthRatio, Double> form) {
    return row.truthRatio() == null ? null : form.apply(new TruthRatio(row.truthRatio()));
  }

  /** Which way it points. */
  public String direction() {
    return direction;
  }

  /** As files have it. */
  @JsonValue
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
