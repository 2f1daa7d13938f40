package lethe.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import lethe.evaluate.metric.AnswerProbability;
import lethe.evaluate.metric.EntailmentScore;
import lethe.evaluate.metric.Rouge;
import lethe.evaluate.metric.TokenEntropy;
import lethe.evaluate.metric.TruthRatio;
import lethe.generation.StopReason;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * One question, what a model answers, and every figure of it. A figure that the row has not the
 * means for is null.
 *
 * @param set of questions
 * @param number of the question in its set, from 1
 * @param answer what the model wrote; null where the question fills its context
 * @param answerTokens ids of the answer
 * @param stop why the answer ends, see {@link StopReason}
 * @param nll loss of the true answer, nats per token
 * @param paraphraseNll of the true answer in other words
 * @param wrongNll of the wrong answers
 */
@JsonNaming(SnakeCaseStrategy.class)
record AnswerRow(
    String set,
    int number,
    String question,
    String truth,
    String answer,
    List<Integer> answerTokens,
    String stop,
    @JsonProperty("rouge_1_recall") Double rouge1Recall,
    @JsonProperty("rouge_l_recall") Double rougeLRecall,
    @JsonProperty("rouge_l_f1") Double rougeLF1,
    Double nll,
    Double paraphraseNll,
    List<Double> wrongNll,
    Double probability,
    Double truthRatio,
    Double tokenEntropy,
    Double cosineSimilarity,
    String entailmentLabel,
    Double entailment,
    Double exactMemorisation,
    Double extractionStrength) {

  static final StructType SCHEMA =
      new StructType()
          .add("set", DataTypes.StringType, false)
          .add("number", DataTypes.IntegerType, false)
          .add("question", DataTypes.StringType, false)
          .add("truth", DataTypes.StringType, false)
          .add("answer", DataTypes.StringType, true)
          .add("answer_tokens", DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add("stop", DataTypes.StringType, false)
          .add("rouge_1_recall", DataTypes.DoubleType, true)
          .add("rouge_l_recall", DataTypes.DoubleType, true)
          .add("rouge_l_f1", DataTypes.DoubleType, true)
          .add("nll", DataTypes.DoubleType, true)
          .add("paraphrase_nll", DataTypes.DoubleType, true)
          .add("wrong_nll", DataTypes.createArrayType(DataTypes.DoubleType, true), false)
          .add("probability", DataTypes.DoubleType, true)
          .add("truth_ratio", DataTypes.DoubleType, true)
          .add("token_entropy", DataTypes.DoubleType, true)
          .add("cosine_similarity", DataTypes.DoubleType, true)
          .add("entailment_label", DataTypes.StringType, true)
          .add("entailment", DataTypes.DoubleType, true)
          .add("exact_memorisation", DataTypes.DoubleType, true)
          .add("extraction_strength", DataTypes.DoubleType, true);

  /**
   * A row's losses.
   *
   * @param truth of the true answer; null where the question leaves no room for one
   * @param paraphrase of it in other words; null where there are none
   * @param wrong of the wrong answers; empty where there are none
   */
  record Losses(AnswerLosses.Score truth, AnswerLosses.Score paraphrase, List<Double> wrong) {
    private double[] wrongOnes() {
      return wrong.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }

  static AnswerRow of(
      Question question,
      String answer,
      List<Integer> tokens,
      String stop,
      Losses losses,
      AnswerJudges.Judgement judged) {
    boolean options = question.set().use() == QuestionSet.Use.OPTIONS;
    boolean said = !stop.equals(StopReason.PROMPT.key());
    Rouge longest = said ? Rouge.longest(question.truth(), answer) : null;
    AnswerLosses.Score truth = losses.truth();
    AnswerLosses.Score right = options ? truth : losses.paraphrase();
    boolean compared = right != null && !losses.wrong().isEmpty();
    return new AnswerRow(
        question.set().name(),
        question.number(),
        question.question(),
        question.truth(),
        said ? answer : null,
        tokens,
        stop,
        said ? Rouge.one(question.truth(), answer).recall() : null,
        said ? longest.recall() : null,
        said ? longest.f1() : null,
        truth == null ? null : truth.nll(),
        losses.paraphrase() == null ? null : losses.paraphrase().nll(),
        losses.wrong(),
        probability(options, losses),
        compared ? TruthRatio.of(right.nll(), losses.wrongOnes()).ratio() : null,
        said ? TokenEntropy.of(tokens.stream().mapToInt(Integer::intValue).toArray()) : null,
        judged.cosine(),
        judged.label(),
        judged.label() == null ? null : EntailmentScore.of(judged.label(), longest.recall()),
        truth == null ? null : truth.exact(),
        truth == null ? null : truth.strength());
  }

  private static Double probability(boolean options, Losses losses) {
    if (losses.truth() == null || (options && losses.wrong().isEmpty())) {
      return null;
    }
    return options
        ? AnswerProbability.amongOptions(losses.truth().nll(), losses.wrongOnes())
        : AnswerProbability.of(losses.truth().nll());
  }

  /** As {@link #SCHEMA} has it. */
  Row row() {
    return RowFactory.create(
        set,
        number,
        question,
        truth,
        answer,
        answerTokens.toArray(Integer[]::new),
        stop,
        rouge1Recall,
        rougeLRecall,
        rougeLF1,
        nll,
        paraphraseNll,
        wrongNll.toArray(Double[]::new),
        probability,
        truthRatio,
        tokenEntropy,
        cosineSimilarity,
        entailmentLabel,
        entailment,
        exactMemorisation,
        extractionStrength);
  }

  static AnswerRow from(Row row) {
    return new AnswerRow(
        row.getAs("set"),
        row.<Integer>getAs("number"),
        row.getAs("question"),
        row.getAs("truth"),
        row.getAs("answer"),
        row.getList(row.fieldIndex("answer_tokens")),
        row.getAs("stop"),
        row.getAs("rouge_1_recall"),
        row.getAs("rouge_l_recall"),
        row.getAs("rouge_l_f1"),
        row.getAs("nll"),
        row.getAs("paraphrase_nll"),
        row.getList(row.fieldIndex("wrong_nll")),
        row.getAs("probability"),
        row.getAs("truth_ratio"),
        row.getAs("token_entropy"),
        row.getAs("cosine_similarity"),
        row.getAs("entailment_label"),
        row.getAs("entailment"),
        row.getAs("exact_memorisation"),
        row.getAs("extraction_strength"));
  }
}
