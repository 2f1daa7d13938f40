package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.slice;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.evaluate.metric.Rouge;
import lethe.evaluate.metric.VerbatimMemorisation;
import lethe.generation.Answer;
import lethe.generation.GenerationSettings;
import lethe.generation.Generator;
import lethe.generation.Prompt;
import lethe.inference.BatchInference;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.inference.ModelTokenizer;
import lethe.table.ChunkId;
import lethe.table.Rows;
import lethe.target.Split;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;

/**
 * Has a model go on, always with the likeliest token, after the beginnings of chunks of forget and
 * approximate, and compares what it writes with the chunk, as texts. No text is kept:
 *
 * <pre>
 * split, domain, document, ordinal   the chunk
 * rouge_l_f1      double    see {@link VerbatimMemorisation}
 * rouge_l_recall  double    of the same
 * exact           boolean   whether all tokens are those of the chunk
 * </pre>
 */
final class VerbatimProbe {
  private static final String GIVEN = "given";
  private static final String F1 = "rouge_l_f1";
  private static final String RECALL = "rouge_l_recall";
  private static final String EXACT = "exact";

  static final StructType SCHEMA =
      new StructType()
          .add(SPLIT, DataTypes.StringType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(F1, DataTypes.DoubleType, false)
          .add(RECALL, DataTypes.DoubleType, false)
          .add(EXACT, DataTypes.BooleanType, false);

  private VerbatimProbe() {}

  /** The chunks that are continued. */
  static Dataset<Row> chosen(Dataset<Row> chunks, ContinuationSettings settings, long seed) {
    return ChosenChunks.of(
        chunks.filter(col(SPLIT).isin(Split.FORGET.key(), Split.APPROXIMATE.key())),
        settings.scored(),
        settings.chunks(),
        "verbatim",
        seed);
  }

  /**
   * @param chosen chunks
   * @param model with a tokenizer
   * @param microBatch texts that are continued together
   * @param done counts chunks
   * @param tokens counts those that are written
   */
  static Dataset<Row> of(
      Dataset<Row> chosen,
      ModelKey model,
      ContinuationSettings settings,
      int microBatch,
      LongAccumulator done,
      LongAccumulator tokens) {
    // A plain text's first token is one of those given.
    Column end =
        greatest(coalesce(col(PROMPT), lit(0)), lit(1)).plus(lit(settings.promptTokens() - 1));
    Dataset<Row> texts =
        chosen.select(
            col(SPLIT),
            col(DOMAIN),
            col(DOCUMENT),
            col(ORDINAL),
            end.as(GIVEN),
            slice(col(TOKENS), lit(1), end.plus(lit(settings.newTokens()))).as(TOKENS));
    return BatchInference.mapOneLength(
        texts,
        col(GIVEN),
        List.of(col(SPLIT), col(DOMAIN), col(DOCUMENT), col(ORDINAL)),
        microBatch,
        model,
        SCHEMA,
        (loaded, batch) -> go(loaded, batch, settings, done, tokens));
  }

  private static List<Row> go(
      LoadedModel model,
      List<Row> batch,
      ContinuationSettings settings,
      LongAccumulator done,
      LongAccumulator tokens) {
    List<Prompt> prompts =
        batch.stream()
            .map(
                row ->
                    new Prompt(
                        ChunkId.of(row).toString(),
                        Arrays.copyOf(Rows.ints(row, TOKENS), row.<Integer>getAs(GIVEN))))
            .toList();
    List<Answer> written =
        Generator.answers(
            model, prompts, GenerationSettings.greedy(settings.newTokens(), batch.size()));
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      int[] all = Rows.ints(batch.get(i), TOKENS);
      int[] truth = Arrays.copyOfRange(all, prompts.get(i).tokens().length, all.length);
      rows.add(compared(model.text().orElseThrow(), batch.get(i), truth, written.get(i)));
      tokens.add(written.get(i).tokens().length);
    }
    done.add(rows.size());
    return rows;
  }

  private static Row compared(ModelTokenizer tokenizer, Row chunk, int[] truth, Answer written) {
    String text = tokenizer.textWithoutSpecialTokens(truth);
    return RowFactory.create(
        chunk.getAs(SPLIT),
        chunk.getAs(DOMAIN),
        chunk.getAs(DOCUMENT),
        chunk.<Integer>getAs(ORDINAL),
        VerbatimMemorisation.of(text, written.text()),
        Rouge.longest(text, written.text()).recall(),
        Arrays.equals(truth, written.tokens()));
  }

  /** By split, over all domains and by domain; sums are taken in the order of the chunks. */
  static List<VerbatimScore> scores(String model, Dataset<Row> rows) {
    Map<String, Map<String, List<Row>>> splits = new LinkedHashMap<>();
    for (Row row : rows.orderBy(SPLIT, DOMAIN, DOCUMENT, ORDINAL).collectAsList()) {
      Map<String, List<Row>> domains =
          splits.computeIfAbsent(row.getAs(SPLIT), split -> new LinkedHashMap<>());
      for (String domain : List.of(SplitScore.ALL, row.<String>getAs(DOMAIN))) {
        domains.computeIfAbsent(domain, d -> new ArrayList<>()).add(row);
      }
    }
    List<VerbatimScore> scores = new ArrayList<>();
    splits.forEach(
        (split, domains) ->
            domains.forEach(
                (domain, own) ->
                    scores.add(
                        new VerbatimScore(
                            model,
                            split,
                            domain,
                            own.size(),
                            100 * mean(own, F1),
                            mean(own, RECALL),
                            (double) own.stream().filter(r -> r.<Boolean>getAs(EXACT)).count()
                                / own.size(),
                            VerbatimScore.DIRECTION))));
    return scores;
  }

  private static double mean(List<Row> rows, String column) {
    double sum = 0;
    for (Row row : rows) {
      sum += row.<Double>getAs(column);
    }
    return sum / rows.size();
  }
}
