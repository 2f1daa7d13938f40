package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lethe.corpus.token.QuestionEncoder.Encoded;
import lethe.evaluate.metric.ExactMemorisation;
import lethe.evaluate.metric.Extraction;
import lethe.evaluate.metric.TokenScores;
import lethe.inference.BatchInference;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.table.Rows;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;

/** What a model finds of given answers to questions: their tokens scored, on the executors. */
final class AnswerLosses {
  private static final String NLL = "nll";
  private static final String EXACT = "exact";
  private static final String STRENGTH = "strength";

  private static final StructType PASSAGES =
      new StructType()
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(TOKENS, DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add(PROMPT, DataTypes.IntegerType, false);

  private static final StructType SCORES =
      new StructType()
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(NLL, DataTypes.DoubleType, false)
          .add(EXACT, DataTypes.DoubleType, false)
          .add(STRENGTH, DataTypes.DoubleType, false);

  private final List<Row> passages = new ArrayList<>();

  /**
   * A given answer's score.
   *
   * @param nll nats per token, of the answer and the token that ends it
   * @param exact see {@link ExactMemorisation}
   * @param strength see {@link Extraction}
   */
  record Score(double nll, double exact, double strength) {}

  /**
   * Adds an answer.
   *
   * @param question id of its question
   * @param place among the answers of the question
   * @param answer that leaves room for at least one token behind the question
   */
  void add(String question, int place, Encoded answer) {
    passages.add(
        RowFactory.create(
            "",
            question,
            place,
            Arrays.stream(answer.tokens()).boxed().toArray(Integer[]::new),
            Math.max(1, answer.prompt())));
  }

  /** Tokens of all answers and their questions. */
  long tokens() {
    return passages.stream().mapToLong(row -> row.<Integer[]>getAs(3).length).sum();
  }

  /** Adds all answers to a digest. */
  void update(MessageDigest digest) {
    for (Row passage : passages) {
      digest.update(
          (passage.getString(1)
                  + passage.getInt(2)
                  + Arrays.toString(passage.<Integer[]>getAs(3))
                  + passage.getInt(4))
              .getBytes(StandardCharsets.UTF_8));
    }
  }

  /** The scores of all answers, by question and place. */
  Map<String, Map<Integer, Score>> of(
      SparkSession spark, ModelKey model, int batch, LongAccumulator done) {
    Dataset<Row> scored =
        BatchInference.map(
            spark.createDataFrame(passages, PASSAGES),
            size(col(TOKENS)),
            batch,
            model,
            SCORES,
            (loaded, rows) -> score(loaded, rows, done));
    Map<String, Map<Integer, Score>> all = new HashMap<>();
    for (Row row : scored.collectAsList()) {
      all.computeIfAbsent(row.getAs(DOCUMENT), question -> new HashMap<>())
          .put(
              row.<Integer>getAs(ORDINAL),
              new Score(
                  row.<Double>getAs(NLL), row.<Double>getAs(EXACT), row.<Double>getAs(STRENGTH)));
    }
    return all;
  }

  private static List<Row> score(LoadedModel model, List<Row> rows, LongAccumulator done) {
    List<Passage> texts =
        rows.stream()
            .map(row -> new Passage(Rows.ints(row, TOKENS), row.<Integer>getAs(PROMPT)))
            .toList();
    List<TokenScores> scores = Scorer.score(model, texts);
    List<Row> scored = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      TokenScores own = scores.get(i);
      scored.add(
          RowFactory.create(
              rows.get(i).getAs(DOCUMENT),
              rows.get(i).<Integer>getAs(ORDINAL),
              own.summedNll() / own.tokens(),
              ExactMemorisation.of(own.hit()),
              Extraction.of(own.hit()).strength()));
      done.add(texts.get(i).tokens().length);
    }
    return scored;
  }
}
