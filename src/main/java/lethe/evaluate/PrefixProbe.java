package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import lethe.evaluate.metric.CommonRun;
import lethe.evaluate.metric.Extraction;
import lethe.generation.Answer;
import lethe.generation.GenerationSettings;
import lethe.generation.Generator;
import lethe.generation.Prompt;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.inference.ModelStage;
import lethe.table.ChunkId;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;

/**
 * Has a model go on, always with the likeliest token, from the first k tokens of chunks: extraction
 * where it is easiest, with little of the text or much of it given. A chunk is used for a k if it
 * has {@value Extraction#EXTRACTED} tokens after them.
 *
 * <pre>
 * split, domain, document, ordinal   the chunk
 * given   int       k: tokens given, of the answer where there is a question
 * exact   boolean   whether the next tokens of the text are written
 * run     int       see {@link CommonRun}, of what is written and the next tokens of the text
 * </pre>
 */
final class PrefixProbe {
  private static final String GIVEN = "given";
  private static final String EXACT = "exact";
  private static final String RUN = "run";

  static final StructType SCHEMA =
      new StructType()
          .add(SPLIT, DataTypes.StringType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(GIVEN, DataTypes.IntegerType, false)
          .add(EXACT, DataTypes.BooleanType, false)
          .add(RUN, DataTypes.IntegerType, false);

  private PrefixProbe() {}

  /**
   * Chunks of each split and domain that have room for at least the shortest prefix, chosen by a
   * seeded hash.
   *
   * @param most of a split and domain
   */
  static Dataset<Row> chosen(Dataset<Row> chunks, int shortest, int most, long seed) {
    return ChosenChunks.of(chunks, shortest + Extraction.EXTRACTED, most, "prefix", seed);
  }

  /**
   * @param chunks to continue
   * @param size tokens of all of them
   * @param prefixes the numbers of tokens given
   * @param microBatch texts that are continued together
   */
  static Dataset<Row> of(
      Dataset<Row> chunks,
      long size,
      ModelKey model,
      List<Integer> prefixes,
      int microBatch,
      LongAccumulator done,
      LongAccumulator tokens) {
    return ModelStage.mapPartitions(
        Scores.arranged(chunks, size),
        model.compute(),
        new Continuing(model, prefixes, microBatch, done, tokens),
        SCHEMA);
  }

  private record Continuing(
      ModelKey model,
      List<Integer> prefixes,
      int microBatch,
      LongAccumulator done,
      LongAccumulator tokens)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> chunks) {
      return ChunkBatches.rows(
          chunks,
          microBatch,
          done,
          tokens,
          batch -> prefixes.stream().flatMap(given -> go(given, batch).stream()).toList());
    }

    private List<Row> go(int given, List<ChunkPassage> batch) {
      List<ChunkPassage> enough =
          batch.stream()
              .filter(c -> c.passage().scored() >= given - 1 + Extraction.EXTRACTED)
              .toList();
      if (enough.isEmpty()) {
        return List.of();
      }
      List<Prompt> prefixes = enough.stream().map(c -> prefix(c, given)).toList();
      List<Answer> written =
          LoadedModel.with(
              model,
              m ->
                  Generator.answers(
                      m,
                      prefixes,
                      GenerationSettings.greedy(Extraction.EXTRACTED, prefixes.size())));
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < written.size(); i++) {
        rows.add(row(enough.get(i), given, written.get(i).tokens()));
      }
      return rows;
    }

    private static Prompt prefix(ChunkPassage chunk, int given) {
      return new Prompt(
          chunk.chunk().toString(), Arrays.copyOf(chunk.passage().tokens(), end(chunk, given)));
    }

    /** The place after the tokens given. A text's first token is one of them. */
    private static int end(ChunkPassage chunk, int given) {
      return chunk.passage().from() - 1 + given;
    }

    private static Row row(ChunkPassage passage, int given, int[] written) {
      int end = end(passage, given);
      int[] truth = Arrays.copyOfRange(passage.passage().tokens(), end, end + Extraction.EXTRACTED);
      ChunkId chunk = passage.chunk();
      return RowFactory.create(
          passage.split(),
          chunk.domain(),
          chunk.document(),
          chunk.ordinal(),
          given,
          Arrays.equals(truth, written),
          CommonRun.longest(truth, written));
    }
  }

  /** By split, domain and number of tokens given, in order. */
  static List<RobustnessScores.Prefixed> scores(String model, Dataset<Row> rows) {
    return rows
        .groupBy(SPLIT, DOMAIN, GIVEN)
        .agg(
            count(lit(1)).as(TOKENS),
            avg(col(EXACT).cast(DataTypes.IntegerType)).as(EXACT),
            avg(col(RUN)).as(RUN))
        .orderBy(SPLIT, DOMAIN, GIVEN)
        .collectAsList()
        .stream()
        .map(
            row ->
                new RobustnessScores.Prefixed(
                    model,
                    row.getAs(SPLIT),
                    row.getAs(DOMAIN),
                    row.<Integer>getAs(GIVEN),
                    row.<Long>getAs(TOKENS),
                    row.<Double>getAs(EXACT),
                    row.<Double>getAs(RUN)))
        .toList();
  }
}
