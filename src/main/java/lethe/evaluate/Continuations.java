package lethe.evaluate;

import static org.apache.spark.sql.functions.col;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import lethe.evaluate.metric.Extraction;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.inference.ModelTokenizer;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Has models write on after the forget chunks that the original one knows best. */
final class Continuations {
  /** Enough to look at. */
  private static final int MOST = 6;

  private static final StructType WRITTEN =
      new StructType()
          .add("before", DataTypes.StringType, false)
          .add("truth", DataTypes.StringType, false)
          .add("written", DataTypes.StringType, false)
          .add("same", DataTypes.IntegerType, false);

  private Continuations() {}

  /**
   * @param scores of the original model
   * @param chunks as prepare wrote them
   * @param models by name
   */
  static List<Continuation> of(
      SparkSession spark, Dataset<Row> scores, Dataset<Row> chunks, Map<String, ModelKey> models) {
    List<Row> best =
        scores
            .filter(col("split").equalTo("forget"))
            .filter("tokens - tokens div 2 >= " + Extraction.EXTRACTED)
            .orderBy(
                col("continued").desc(),
                col("nll").divide(col("tokens")),
                col("domain"),
                col("document"),
                col("ordinal"))
            .select("domain", "document", "ordinal")
            .limit(MOST)
            .collectAsList();
    if (best.isEmpty()) {
      return List.of();
    }
    List<String> id = List.of("domain", "document", "ordinal");
    List<Row> texts =
        chunks
            .join(
                spark.createDataFrame(
                    best, scores.select("domain", "document", "ordinal").schema()),
                scala.collection.JavaConverters.asScalaBuffer(new ArrayList<>(id)).toSeq())
            .filter(col("split").equalTo("forget"))
            .select("domain", "document", "ordinal", "tokens", "prompt")
            .orderBy("domain", "document", "ordinal")
            .collectAsList();
    List<int[]> ids = texts.stream().map(t -> Scores.ints(t.getList(3))).toList();
    int[] halves =
        texts.stream()
            .mapToInt(
                t -> {
                  Passage p =
                      Passage.chunk(Scores.ints(t.getList(3)), t.isNullAt(4) ? 0 : t.getInt(4));
                  return p.from() + Extraction.half(p.scored());
                })
            .toArray();
    List<Continuation> found = new ArrayList<>();
    models.forEach(
        (name, key) -> {
          if (!key.source().open().hasTokenizer()) {
            return;
          }
          List<Row> written =
              spark
                  .range(1)
                  .mapPartitions(
                      (MapPartitionsFunction<Long, Row>) one -> write(key, ids, halves, one),
                      Encoders.row(WRITTEN))
                  .collectAsList();
          for (int i = 0; i < written.size(); i++) {
            Row text = texts.get(i);
            Row row = written.get(i);
            found.add(
                new Continuation(
                    name,
                    text.getString(0),
                    text.getString(1),
                    text.getInt(2),
                    row.getString(0),
                    row.getString(1),
                    row.getString(2),
                    row.getInt(3)));
          }
        });
    return found;
  }

  private static Iterator<Row> write(
      ModelKey key, List<int[]> ids, int[] halves, Iterator<Long> one) {
    List<Row> rows = new ArrayList<>();
    while (one.hasNext()) { // of the partitions, one has something
      one.next();
      rows.addAll(LoadedModel.with(key, model -> write(model, ids, halves)));
    }
    return rows.iterator();
  }

  private static List<Row> write(LoadedModel model, List<int[]> ids, int[] halves) {
    ModelTokenizer text = model.text().orElseThrow();
    List<int[]> prefixes = new ArrayList<>();
    for (int i = 0; i < halves.length; i++) {
      prefixes.add(Arrays.copyOf(ids.get(i), halves[i]));
    }
    List<int[]> written = GreedyDecoder.continuations(model, prefixes, Extraction.EXTRACTED);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < halves.length; i++) {
      int[] truth = Arrays.copyOfRange(ids.get(i), halves[i], halves[i] + Extraction.EXTRACTED);
      int same = Arrays.mismatch(truth, written.get(i));
      int from = Math.max(0, halves[i] - Extraction.EXTRACTED);
      rows.add(
          RowFactory.create(
              text.text(Arrays.copyOfRange(ids.get(i), from, halves[i])),
              text.text(truth),
              text.text(written.get(i)),
              same < 0 ? truth.length : same));
    }
    return rows;
  }
}
