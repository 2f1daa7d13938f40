package lethe.examples;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.array_append;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.slice;
import static org.apache.spark.sql.functions.sort_array;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import lethe.generation.Answers;
import lethe.generation.StopReason;
import lethe.inference.ModelKey;
import lethe.model.network.Vocabulary;
import lethe.table.ChunkId;
import lethe.table.Rows;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Other answers to questions, drawn on the executors from what a model predicts: they depend on the
 * seed, the chunk's name and the model, never on the partitioning.
 *
 * <pre>
 * domain, document, ordinal   the chunk
 * answers  array(struct)      in the order of draws
 *   draw           int         from 0
 *   answer_tokens  array(int)  token ids; what the model ended itself ends as answers of the corpus do
 * </pre>
 */
final class DrawnAnswers {
  static final String ANSWERS = "answers";

  private static final String DRAW = "draw";

  /** The type of the column, as SQL has it. */
  static final String TYPE =
      "array<struct<%s: int, %s: array<int>>>".formatted(DRAW, Answers.ANSWER_TOKENS);

  private static final StructType PROMPTS =
      new StructType()
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(DRAW, DataTypes.IntegerType, false)
          .add(Answers.ID, DataTypes.StringType, false)
          .add(
              Answers.PROMPT_TOKENS,
              DataTypes.createArrayType(DataTypes.IntegerType, false),
              false);

  private DrawnAnswers() {}

  /**
   * @param chunks with domain, document, ordinal, tokens and prompt, all of them questions with
   *     answers
   * @param batch prompts that are answered together
   */
  static Dataset<Row> of(
      SparkSession spark,
      Dataset<Row> chunks,
      AnswerRequest request,
      Vocabulary vocabulary,
      ModelKey model,
      int batch,
      long seed) {
    Dataset<Row> prompts =
        chunks
            .select(DOMAIN, DOCUMENT, ORDINAL, TOKENS, PROMPT)
            .flatMap(new Ask(request, vocabulary), Encoders.row(PROMPTS));
    Column ended =
        when(
                col(Answers.STOP).equalTo(StopReason.END.key()),
                array_append(col(Answers.ANSWER_TOKENS), lit(request.endOfText())))
            .otherwise(col(Answers.ANSWER_TOKENS));
    return Answers.of(
            prompts,
            model,
            request.settings(batch, seed),
            spark.sparkContext().longAccumulator(),
            spark.sparkContext().longAccumulator())
        .groupBy(DOMAIN, DOCUMENT, ORDINAL)
        .agg(
            sort_array(collect_list(struct(col(DRAW), ended.as(Answers.ANSWER_TOKENS))))
                .as(ANSWERS));
  }

  /** The answers of a row; none where the column is null. */
  static List<int[]> read(Row row) {
    List<Row> answers = Rows.list(row, ANSWERS);
    return answers == null
        ? List.of()
        : answers.stream().map(answer -> Rows.ints(answer, Answers.ANSWER_TOKENS)).toList();
  }

  /** How many answers there are that the corpus itself has, in a table with its chunks. */
  static Column same() {
    return sum(
        size(
            filter(
                col(ANSWERS),
                answer ->
                    answer
                        .getField(Answers.ANSWER_TOKENS)
                        .equalTo(
                            slice(
                                col(TOKENS),
                                col(PROMPT).plus(1),
                                greatest(size(col(TOKENS)), lit(1)))))));
  }

  /** The draws of each chunk. */
  private record Ask(AnswerRequest request, Vocabulary vocabulary)
      implements FlatMapFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Row row) {
      ChunkId id = ChunkId.of(row);
      Integer[] prompt =
          Arrays.stream(
                  request.after(Rows.ints(row, TOKENS), row.<Integer>getAs(PROMPT), vocabulary))
              .boxed()
              .toArray(Integer[]::new);
      List<Row> draws = new ArrayList<>();
      for (int draw = 0; draw < request.draws(); draw++) {
        draws.add(
            RowFactory.create(
                id.domain(), id.document(), id.ordinal(), draw, id + "#" + draw, prompt));
      }
      return draws.iterator();
    }
  }
}
