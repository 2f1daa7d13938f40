package lethe.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import lethe.evaluate.metric.CosineSimilarity;
import lethe.inference.ComputeSettings;
import lethe.inference.EncoderKey;
import lethe.inference.LoadedEncoder;
import lethe.inference.ModelStage;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What other networks make of answers, on the executors, one answer at a time.
 *
 * @param sentences gives the vectors of texts; null: no similarity
 * @param entailment labels pairs of texts; null: no label
 */
record AnswerJudges(EncoderKey sentences, EncoderKey entailment) implements Serializable {
  private static final String ID = "id";
  private static final String LABEL = "label";
  private static final String COSINE = "cosine";

  private static final StructType PAIRS =
      new StructType()
          .add(ID, DataTypes.StringType, false)
          .add("answer", DataTypes.StringType, false)
          .add("original", DataTypes.StringType, false)
          .add("premise", DataTypes.StringType, false)
          .add("hypothesis", DataTypes.StringType, false);

  private static final StructType JUDGED =
      new StructType()
          .add(ID, DataTypes.StringType, false)
          .add(COSINE, DataTypes.DoubleType, true)
          .add(LABEL, DataTypes.StringType, true);

  /**
   * What was found of an answer.
   *
   * @param cosine similarity to what the original would say; null without sentences
   * @param label of the pair of answer and truth; null without entailment
   */
  record Judgement(Double cosine, String label) {
    static final Judgement NONE = new Judgement(null, null);
  }

  /**
   * An answer to judge.
   *
   * @param question it answers
   * @param answer what was said
   */
  record Said(Question question, String answer) {
    /** As {@link #PAIRS} has it. */
    Row row() {
      boolean truth = question.follows() == Question.Follows.TRUTH;
      return RowFactory.create(
          question.id(),
          answer,
          question.original(),
          truth ? answer : question.sentence(),
          truth ? question.sentence() : answer);
    }
  }

  /** Judgements by the question's id. */
  Map<String, Judgement> judge(SparkSession spark, List<Said> said, ComputeSettings compute) {
    Map<String, Judgement> all = new HashMap<>();
    if (sentences == null && entailment == null) {
      return all;
    }
    Dataset<Row> pairs =
        spark
            .createDataFrame(said.stream().map(Said::row).toList(), PAIRS)
            .repartition(Math.max(1, spark.sparkContext().defaultParallelism()));
    MapPartitionsFunction<Row, Row> judging = this::judge;
    for (Row row : ModelStage.mapPartitions(pairs, compute, judging, JUDGED).collectAsList()) {
      all.put(row.getAs(ID), new Judgement(row.getAs(COSINE), row.getAs(LABEL)));
    }
    return all;
  }

  private Iterator<Row> judge(Iterator<Row> pairs) {
    List<Row> judged = new ArrayList<>();
    while (pairs.hasNext()) {
      Row pair = pairs.next();
      judged.add(RowFactory.create(pair.getAs(ID), cosine(pair), label(pair)));
    }
    return judged.iterator();
  }

  private Double cosine(Row pair) {
    if (sentences == null) {
      return null;
    }
    List<String> texts = List.of(pair.<String>getAs("answer"), pair.<String>getAs("original"));
    List<float[]> vectors = LoadedEncoder.with(sentences, e -> e.vectors(texts));
    return CosineSimilarity.of(vectors.get(0), vectors.get(1));
  }

  private String label(Row pair) {
    return entailment == null
        ? null
        : LoadedEncoder.with(
                entailment,
                e ->
                    e.labels(
                        List.of(pair.<String>getAs("premise")),
                        List.of(pair.<String>getAs("hypothesis"))))
            .get(0);
  }
}
