package lethe.examples;

import static lethe.examples.DrawnAnswers.ANSWERS;
import static lethe.examples.ExampleRow.PAIR;
import static lethe.examples.FixedPairing.SENTENCE;
import static lethe.examples.SubstituteLabels.LABELS;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import lethe.loss.Example;
import lethe.model.network.TokenBatch;
import lethe.objective.LikeliestTokens;
import lethe.objective.ViewKind;
import lethe.table.ChunkId;
import lethe.table.Rows;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/** Makes the views of chunks. */
final class ExampleViews {
  private ExampleViews() {}

  /**
   * The examples that some chunks become.
   *
   * @param chunks of one split, with split, domain, document, ordinal, tokens, prompt (tokens
   *     before the answer, null in plain text), labels (other ones, if {@code kinds} asks for any),
   *     answers (drawn ones, likewise), pair, sentence (which rejection) and stored ({@link
   *     LikeliestTokens}, if a view has them)
   * @param kinds in the order of the views
   * @return rows that {@link ExampleRow} reads
   */
  static Dataset<Row> of(
      Dataset<Row> chunks,
      List<ViewKind> kinds,
      RejectionSentences rejections,
      ChunkPadding padding,
      RepeatedLabels repeated,
      AnswerRequest request) {
    return chunks
        .select(
            col(SPLIT),
            col(DOMAIN),
            col(DOCUMENT),
            col(ORDINAL),
            col(PAIR),
            col(TOKENS),
            coalesce(col(PROMPT), lit(0)).as(PROMPT),
            col(LABELS),
            col(ANSWERS),
            col(SENTENCE),
            col(StoredLabelStage.STORED))
        .map(
            new Make(kinds, rejections, padding, repeated, request),
            Encoders.row(ExampleRow.SCHEMA));
  }

  /**
   * What views are made from.
   *
   * @param pair as in {@link ExampleRow}
   * @param prompt tokens before the answer, 0 in plain text
   * @param labels other ones than the tokens, one per token; null unless a view has them
   * @param answers drawn ones; empty unless views have them
   * @param sentence which rejection
   * @param stored distributions at the scored positions; null unless a view has them
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Source(
      String split,
      ChunkId chunk,
      Long pair,
      int[] tokens,
      int prompt,
      int[] labels,
      List<int[]> answers,
      int sentence,
      LikeliestTokens stored) {
    static Source of(Row row) {
      return new Source(
          row.getAs(SPLIT),
          ChunkId.of(row),
          row.getAs(PAIR),
          Rows.ints(row, TOKENS),
          row.<Integer>getAs(PROMPT),
          Rows.ints(row, LABELS),
          DrawnAnswers.read(row),
          row.<Integer>getAs(SENTENCE),
          stored(row.getAs(StoredLabelStage.STORED)));
    }

    private static LikeliestTokens stored(byte[] bytes) {
      return bytes == null ? null : LikeliestTokens.of(bytes);
    }

    ExampleRow with(List<Example.View> views) {
      return new ExampleRow(split, chunk, pair, TokenBatch.scored(views.get(0).labels()), views);
    }
  }

  private record Make(
      List<ViewKind> kinds,
      RejectionSentences rejections,
      ChunkPadding padding,
      RepeatedLabels repeated,
      AnswerRequest request)
      implements MapFunction<Row, Row> {
    @Override
    public Row call(Row row) {
      Source source = Source.of(row);
      List<Example.View> views = new ArrayList<>();
      for (int i = 0; i < kinds.size(); i++) {
        ViewKind kind = kinds.get(i);
        views.add(view(kind, Collections.frequency(kinds.subList(0, i), kind), source));
      }
      return source.with(views).row();
    }

    /**
     * @param before views of that kind that the example has already
     */
    private Example.View view(ViewKind kind, int before, Source source) {
      int[] tokens = source.tokens();
      int prompt = source.prompt();
      return switch (kind) {
        case TEXT -> masked(tokens, tokens, prompt);
        case WHOLE -> masked(tokens, tokens, 0);
        case PADDED -> {
          int[] full = padding.fill(tokens);
          yield masked(full, full, 0);
        }
        case RANDOM_LABELS,
            ADVERSARIAL_LABELS,
            EARLY_ADVERSARIAL_LABELS,
            SAMPLED_LABELS,
            GENERIC_LABELS ->
            masked(tokens, source.labels(), prompt);
        case STORED_LABELS -> {
          Example.View own = masked(tokens, tokens, prompt);
          yield new Example.View(own.tokens(), own.labels(), own.reference(), source.stored());
        }
        case REPEATED_LABELS -> masked(tokens, repeated.labels(tokens.length, prompt), prompt);
        case MISMATCHED_ANSWER, REJECTION -> {
          int[] other = rejections.after(tokens, prompt, source.sentence());
          yield masked(other, other, prompt);
        }
        case DRAWN_ANSWER -> {
          int[] other = request.instead(tokens, prompt, source.answers().get(before));
          yield masked(other, other, prompt);
        }
      };
    }

    /** A view that no model has scored, of which the prompt has no labels. */
    private static Example.View masked(int[] tokens, int[] labels, int prompt) {
      if (prompt == 0) {
        return new Example.View(tokens, labels, Double.NaN);
      }
      int[] scored = labels.clone();
      Arrays.fill(scored, 0, Math.min(prompt, scored.length), TokenBatch.IGNORED);
      return new Example.View(tokens, scored, Double.NaN);
    }
  }
}
