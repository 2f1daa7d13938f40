package lethe.generation;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lethe.inference.BatchInference;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.table.Rows;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;

/**
 * The answers of a model to the prompts of a table, on all executors: one row in, one row out, with
 * the columns that it had and these:
 *
 * <pre>
 * answer         string       what was written, see {@link Answer}; null without a tokenizer
 * answer_tokens  array(int)   its tokens
 * stop           string       why it ends, see {@link StopReason}
 * </pre>
 *
 * The same rows come out for any partitions, batch size and number of executors; their order is not
 * defined.
 */
public final class Answers {
  /** Names a row; no two rows may have the same. */
  public static final String ID = "id";

  /** Token ids that the answer follows. */
  public static final String PROMPT_TOKENS = "prompt_tokens";

  public static final String ANSWER = "answer";
  public static final String ANSWER_TOKENS = "answer_tokens";
  public static final String STOP = "stop";

  private Answers() {}

  /**
   * @param prompts with the columns {@link #ID}, a string, and {@link #PROMPT_TOKENS}, an array of
   *     int; others are kept
   * @param done counts answers
   * @param tokens counts theirs
   */
  public static Dataset<Row> of(
      Dataset<Row> prompts,
      ModelKey model,
      GenerationSettings settings,
      LongAccumulator done,
      LongAccumulator tokens) {
    return BatchInference.mapOneLength(
        prompts,
        size(col(PROMPT_TOKENS)),
        List.of(col(ID)),
        settings.batch(),
        model,
        schema(prompts.schema()),
        new Answering(settings, done, tokens));
  }

  private static StructType schema(StructType prompts) {
    return prompts
        .add(ANSWER, DataTypes.StringType, true)
        .add(ANSWER_TOKENS, DataTypes.createArrayType(DataTypes.IntegerType, false), false)
        .add(STOP, DataTypes.StringType, false);
  }

  private record Answering(
      GenerationSettings settings, LongAccumulator done, LongAccumulator tokens)
      implements BatchInference.Work {
    @Override
    public List<Row> rows(LoadedModel model, List<Row> batch) {
      List<Prompt> prompts =
          batch.stream()
              .map(row -> new Prompt(row.getAs(ID), Rows.ints(row, PROMPT_TOKENS)))
              .toList();
      List<Answer> answers = Generator.answers(model, prompts, settings);
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < answers.size(); i++) {
        rows.add(row(batch.get(i), answers.get(i)));
        tokens.add(answers.get(i).tokens().length);
      }
      done.add(rows.size());
      return rows;
    }

    private static Row row(Row prompt, Answer answer) {
      Stream<Object> kept = Stream.iterate(0, i -> i < prompt.size(), i -> i + 1).map(prompt::get);
      Integer[] tokens = new Integer[answer.tokens().length];
      for (int t = 0; t < tokens.length; t++) {
        tokens[t] = answer.tokens()[t];
      }
      return RowFactory.create(
          Stream.concat(kept, Stream.of(answer.text(), tokens, answer.stop().key())).toArray());
    }
  }
}
