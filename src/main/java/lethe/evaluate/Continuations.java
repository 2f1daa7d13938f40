package lethe.evaluate;

import static lethe.evaluate.Scores.CONTINUED;
import static lethe.evaluate.Scores.NLL;
import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lethe.evaluate.metric.Extraction;
import lethe.generation.Answer;
import lethe.generation.GenerationSettings;
import lethe.generation.Generator;
import lethe.generation.Prompt;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.inference.ModelStage;
import lethe.inference.ModelTokenizer;
import lethe.table.ChunkId;
import lethe.table.Rows;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Has models continue the forget chunks that the original one knows best. */
final class Continuations {
  /** Enough to look at. */
  private static final int MOST_CHUNKS = 6;

  private Continuations() {}

  /**
   * A chunk that is continued from its middle.
   *
   * @param chunk its name
   * @param ids of its tokens
   * @param half tokens of its first half, and of a question before its answer
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Opening(ChunkId chunk, int[] ids, int half) implements Serializable {
    static Opening from(Row row) {
      int[] ids = Rows.ints(row, TOKENS);
      Integer prompt = row.getAs(PROMPT);
      Passage passage = Passage.chunk(ids, prompt == null ? 0 : prompt);
      return new Opening(ChunkId.of(row), ids, passage.from() + Extraction.half(passage.scored()));
    }

    int[] firstHalf() {
      return Arrays.copyOf(ids, half);
    }

    int[] before() {
      return Arrays.copyOfRange(ids, Math.max(0, half - Extraction.EXTRACTED), half);
    }

    int[] truth() {
      return Arrays.copyOfRange(ids, half, half + Extraction.EXTRACTED);
    }
  }

  /** What a model wrote after an opening, see {@link Continuation}. */
  private record Written(String before, String truth, String written, int same) {
    private static final String BEFORE = "before";
    private static final String TRUTH = "truth";
    private static final String WRITTEN = "written";
    private static final String SAME = "same";

    static final StructType SCHEMA =
        new StructType()
            .add(BEFORE, DataTypes.StringType, false)
            .add(TRUTH, DataTypes.StringType, false)
            .add(WRITTEN, DataTypes.StringType, false)
            .add(SAME, DataTypes.IntegerType, false);

    static Written of(ModelTokenizer text, Opening opening, int[] written) {
      int[] truth = opening.truth();
      int same = Arrays.mismatch(truth, written);
      return new Written(
          text.text(opening.before()),
          text.text(truth),
          text.text(written),
          same < 0 ? truth.length : same);
    }

    static Written from(Row row) {
      return new Written(
          row.getAs(BEFORE), row.getAs(TRUTH), row.getAs(WRITTEN), row.<Integer>getAs(SAME));
    }

    Row row() {
      return RowFactory.create(before, truth, written, same);
    }

    Continuation of(String model, Opening opening) {
      return new Continuation(
          model,
          opening.chunk().domain(),
          opening.chunk().document(),
          opening.chunk().ordinal(),
          before,
          truth,
          written,
          same);
    }
  }

  /**
   * @param scores of the original model
   * @param chunks as prepare wrote them
   * @param models by name; those without a tokenizer are left out
   */
  static List<Continuation> of(
      SparkSession spark, Dataset<Row> scores, Dataset<Row> chunks, Map<String, ModelKey> models) {
    List<Opening> openings = openings(spark, best(scores), chunks);
    List<Continuation> found = new ArrayList<>();
    if (openings.isEmpty()) {
      return found;
    }
    models.forEach(
        (name, key) -> {
          if (key.source().open().hasTokenizer()) {
            List<Written> written = written(spark, key, openings);
            for (int i = 0; i < written.size(); i++) {
              found.add(written.get(i).of(name, openings.get(i)));
            }
          }
        });
    return found;
  }

  /** The chunks of which the model writes most by itself; of as many tokens, the likeliest. */
  private static Dataset<Row> best(Dataset<Row> scores) {
    return scores
        .filter(col(SPLIT).equalTo(Split.FORGET.key()))
        .filter("tokens - tokens div 2 >= " + Extraction.EXTRACTED)
        .orderBy(
            col(CONTINUED).desc(),
            col(NLL).divide(col(TOKENS)),
            col(DOMAIN),
            col(DOCUMENT),
            col(ORDINAL))
        .select(DOMAIN, DOCUMENT, ORDINAL)
        .limit(MOST_CHUNKS);
  }

  private static List<Opening> openings(
      SparkSession spark, Dataset<Row> best, Dataset<Row> chunks) {
    List<Row> names = best.collectAsList(); // few, so that the chunks need no sorted join
    if (names.isEmpty()) {
      return List.of();
    }
    return chunks
        .join(spark.createDataFrame(names, best.schema()), ChunkId.columns())
        .filter(col(SPLIT).equalTo(Split.FORGET.key()))
        .select(DOMAIN, DOCUMENT, ORDINAL, TOKENS, PROMPT)
        .orderBy(DOMAIN, DOCUMENT, ORDINAL)
        .collectAsList()
        .stream()
        .map(Opening::from)
        .toList();
  }

  private static List<Written> written(SparkSession spark, ModelKey key, List<Opening> openings) {
    return ModelStage.mapPartitions(
            spark.range(1), key.compute(), one -> write(key, openings, one), Written.SCHEMA)
        .collectAsList()
        .stream()
        .map(Written::from)
        .toList();
  }

  private static Iterator<Row> write(ModelKey key, List<Opening> openings, Iterator<Long> one) {
    List<Row> rows = new ArrayList<>();
    while (one.hasNext()) { // only one of the partitions has a row
      one.next();
      LoadedModel.with(key, model -> write(model, openings))
          .forEach(written -> rows.add(written.row()));
    }
    return rows.iterator();
  }

  private static List<Written> write(LoadedModel model, List<Opening> openings) {
    ModelTokenizer text = model.text().orElseThrow();
    List<Answer> written =
        Generator.answers(
            model,
            openings.stream().map(o -> new Prompt(o.chunk().toString(), o.firstHalf())).toList(),
            GenerationSettings.greedy(Extraction.EXTRACTED, openings.size()));
    return IntStream.range(0, openings.size())
        .mapToObj(i -> Written.of(text, openings.get(i), written.get(i).tokens()))
        .toList();
  }
}
