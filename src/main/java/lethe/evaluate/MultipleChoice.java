package lethe.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import lethe.evaluate.metric.Bootstrap;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.inference.ModelStage;
import lethe.inference.ModelTokenizer;
import lethe.settings.InvalidSettings;
import lethe.table.Rows;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Multiple choice by log-likelihood: the model answers with the choice it finds most likely after
 * the query.
 *
 * <pre>
 *   answer             argmax_c  sum_t log p(c_t | query, " ", c_&lt;t)
 *   normalized answer  argmax_c  the same / characters of c
 * </pre>
 *
 * where the query is preceded by {@link TaskFile#preface}. This is lm-evaluation-harness's {@code
 * multiple_choice} with its usual target delimiter of one space (acc and acc_norm): query and
 * choice are tokenized together and the query's own tokens are taken off the front; blanks at the
 * query's end go with the choice; the special tokens that the tokenizer puts before a text come
 * first. Of a text longer than the context the last tokens are kept, as many as the context and one
 * more, since the last of all is predicted and not read.
 */
final class MultipleChoice {
  /** Between a query and its answer. */
  static final String DELIMITER = " ";

  private static final String QUERY = "query";
  private static final String CHOICES = "choices";
  private static final String GOLD = "gold";
  private static final String RIGHT = "right";
  private static final String RIGHT_NORMALIZED = "right_normalized";

  private MultipleChoice() {}

  /**
   * A question.
   *
   * @param gold place of the right choice, from 0
   */
  private record Question(String query, List<String> choices, int gold) {
    static final StructType SCHEMA =
        new StructType()
            .add(QUERY, DataTypes.StringType)
            .add(CHOICES, DataTypes.createArrayType(DataTypes.StringType))
            .add(GOLD, DataTypes.IntegerType);

    static Question from(Row row) {
      return new Question(row.getAs(QUERY), Rows.list(row, CHOICES), row.<Integer>getAs(GOLD));
    }
  }

  /**
   * What a model answered.
   *
   * @param right by the choices' log-likelihood
   * @param normalized right by log-likelihood per character
   */
  private record Answer(boolean right, boolean normalized) {
    static final StructType SCHEMA =
        new StructType()
            .add(RIGHT, DataTypes.BooleanType, false)
            .add(RIGHT_NORMALIZED, DataTypes.BooleanType, false);

    static Answer from(Row row) {
      return new Answer(row.<Boolean>getAs(RIGHT), row.<Boolean>getAs(RIGHT_NORMALIZED));
    }

    Row row() {
      return RowFactory.create(right, normalized);
    }
  }

  /**
   * Reads a task's questions.
   *
   * @throws InvalidSettings when the file has none, or a question cannot be asked
   */
  static Dataset<Row> questions(SparkSession spark, MultipleChoiceTask task) {
    Dataset<Row> questions = spark.read().schema(Question.SCHEMA).json(task.path());
    String wrong =
        "query IS NULL OR trim(query) = '' OR gold IS NULL OR choices IS NULL OR size(choices) < 2"
            + " OR gold < 0 OR gold >= size(choices) OR exists(choices, c -> c IS NULL OR c = '')";
    long bad = questions.filter(wrong).count();
    if (bad > 0 || questions.isEmpty()) {
      throw new InvalidSettings(
          List.of(
              "Cannot ask task %s (%s): %s"
                  .formatted(
                      task.name(),
                      task.path(),
                      bad == 0
                          ? "it has no question"
                          : bad
                              + " lines lack a query, two choices, or the place of the right one as gold; a line is {\"query\": \"...\", \"choices\": [\"...\", \"...\"], \"gold\": 0}")));
    }
    return questions;
  }

  /**
   * Asks a model.
   *
   * @param name the name to give it
   * @param preface precedes each query
   */
  static TaskScore ask(
      String name,
      MultipleChoiceTask task,
      String preface,
      Dataset<Row> questions,
      ModelKey model,
      int context,
      long seed) {
    List<Answer> answers =
        ModelStage.mapPartitions(
                questions.repartition(
                    Math.max(1, questions.sparkSession().sparkContext().defaultParallelism())),
                model.compute(),
                new Asking(model, preface, context),
                Answer.SCHEMA)
            .collectAsList()
            .stream()
            .map(Answer::from)
            .toList();
    boolean[] right = new boolean[answers.size()];
    int known = 0;
    long normalized = 0;
    for (Answer answer : answers) {
      if (answer.right()) {
        right[known++] = true; // first, so that draws do not depend on how Spark read the file
      }
      normalized += answer.normalized() ? 1 : 0;
    }
    int[] once = new int[right.length];
    Arrays.fill(once, 1);
    return new TaskScore(
        name,
        task.name(),
        right.length,
        share(right, once),
        (double) normalized / right.length,
        Bootstrap.interval(right.length, seed, times -> share(right, times)));
  }

  private static double share(boolean[] right, int[] times) {
    long count = 0;
    for (int i = 0; i < right.length; i++) {
      count += right[i] ? times[i] : 0;
    }
    return (double) count / right.length;
  }

  /** A query and one choice as tokens; those of the choice are scored. */
  static Passage passage(ModelTokenizer text, String query, String choice, int context) {
    String kept = query.stripTrailing();
    String continued = query.substring(kept.length()) + DELIMITER + choice;
    int[] begin = text.begin();
    int[] whole = joined(begin, text.tokens(kept + continued));
    int cut = Math.max(0, whole.length - context - 1);
    return new Passage(
        Arrays.copyOfRange(whole, cut, whole.length),
        // the first token has no prediction
        Math.max(1, begin.length + text.tokens(kept).length - cut),
        Math.min(whole.length - cut, context));
  }

  private static int[] joined(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  /**
   * The summed log-likelihood of each choice after a query, nats.
   *
   * @param context most tokens that the model reads
   * @throws InvalidSettings when the model's folder has no tokenizer
   */
  private static double[] likelihoods(
      LoadedModel model, String query, List<String> choices, int context) {
    ModelTokenizer text =
        model
            .text()
            .orElseThrow(
                () -> new InvalidSettings("Cannot ask questions: a model has no tokenizer.json"));
    return Scorer.score(model, choices.stream().map(c -> passage(text, query, c, context)).toList())
        .stream()
        .mapToDouble(scores -> -scores.summedNll())
        .toArray();
  }

  private record Asking(ModelKey model, String preface, int context)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> questions) {
      List<Row> answers = new ArrayList<>();
      questions.forEachRemaining(q -> answers.add(answer(Question.from(q)).row()));
      return answers.iterator();
    }

    private Answer answer(Question question) {
      List<String> choices = question.choices();
      double[] likelihoods =
          LoadedModel.with(
              model, m -> likelihoods(m, preface + question.query(), choices, context));
      double[] normalized = new double[likelihoods.length];
      for (int c = 0; c < normalized.length; c++) {
        String choice = choices.get(c);
        normalized[c] = likelihoods[c] / choice.codePointCount(0, choice.length());
      }
      int gold = question.gold();
      return new Answer(best(likelihoods) == gold, best(normalized) == gold);
    }

    /** The first of the highest. */
    private static int best(double[] values) {
      int best = 0;
      for (int i = 1; i < values.length; i++) {
        best = values[i] > values[best] ? i : best;
      }
      return best;
    }
  }
}
