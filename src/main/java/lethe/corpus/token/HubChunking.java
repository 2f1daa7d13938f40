package lethe.corpus.token;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.TEXT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.SPLIT;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import lethe.settings.InvalidSettings;
import lethe.table.Rows;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Texts that a {@link HubTokenizer} has tokenized, to rows of {@link Chunks#SCHEMA}. It reports no
 * offsets, so that {@code start} and {@code end} of every chunk are those of its document.
 *
 * @param begin tokens before each chunk's own
 * @param before special tokens that it puts before every text
 * @param after special tokens that it puts after every text
 * @param length tokens per chunk
 * @param minimumTail tokens; a shorter last chunk is dropped
 */
public record HubChunking(List<Integer> begin, int before, int after, int length, int minimumTail)
    implements FlatMapFunction<Row, Row> {
  private static final String OUTPUT = "_encoded";
  private static final String IDS = "ids";
  private static final String NUMBER = "n";
  private static final int PROBE_WORDS = 20_000;

  /** Words, numbers, marks and a line of code, which no two vocabularies cut alike. */
  private static final String SENTENCE =
      "Remarkably, the 13 unbelievers weren't re-electing 42.5% of them.\n  def f(x): return x";

  /**
   * Finds out with a few texts how the tokenizer treats all.
   *
   * @param beginning what precedes each chunk
   * @param length tokens per chunk
   * @param minimumTail tokens; a shorter last chunk is dropped
   * @param own the model's tokenizer, whose tokens the model knows
   * @throws InvalidSettings when it cuts long texts, or makes other tokens than the model's
   */
  public static HubChunking probe(
      SparkSession spark,
      HubTokenizer hub,
      String id,
      Beginning beginning,
      int length,
      int minimumTail,
      Tokenizer own) {
    StructType schema = new StructType().add(NUMBER, DataTypes.IntegerType).add(TEXT, "string");
    List<Row> probes =
        List.of(
            RowFactory.create(0, ""),
            RowFactory.create(1, "a"),
            RowFactory.create(2, "a ".repeat(PROBE_WORDS)),
            RowFactory.create(3, SENTENCE));
    List<int[]> ids =
        hub
            .encode(spark.createDataFrame(probes, schema).coalesce(1), TEXT, OUTPUT, id)
            .orderBy(NUMBER)
            .select(OUTPUT + "." + IDS)
            .collectAsList()
            .stream()
            .map(row -> ids(Rows.list(row, IDS)))
            .toList();
    if (ids.get(2).length < PROBE_WORDS / 2) {
      throw new InvalidSettings(
          "Cannot use tokenizer hub:%s: it cuts a text of %d words to %d tokens; use the tokenizer.json of model.path"
              .formatted(id, PROBE_WORDS, ids.get(2).length));
    }
    int[] special = ids.get(0);
    int before = Math.min(special.length, Math.max(0, Arrays.mismatch(special, ids.get(1))));
    int[] hubs =
        Arrays.copyOfRange(ids.get(3), before, ids.get(3).length - (special.length - before));
    int[] models = own.encode(SENTENCE).ids;
    if (!Arrays.equals(hubs, models)) {
      throw new InvalidSettings(
          "Cannot use tokenizer hub:%s: it does not tokenize like the tokenizer.json of model.path: \"%s\" becomes %s instead of %s; leave corpus.tokenizer out"
              .formatted(
                  id,
                  SENTENCE.replace("\n", "\\n"),
                  Arrays.toString(hubs),
                  Arrays.toString(models)));
    }
    return new HubChunking(
        beginning == Beginning.TOKENIZER
            ? Arrays.stream(special).limit(before).boxed().toList()
            : List.of(),
        before,
        special.length - before,
        length,
        minimumTail);
  }

  /**
   * @param texts columns {@code split domain id text}
   */
  public Dataset<Row> chunks(HubTokenizer hub, String id, Dataset<Row> texts) {
    return hub.encode(texts.dropDuplicates(DOMAIN, ID), TEXT, OUTPUT, id)
        .select(SPLIT, DOMAIN, ID, TEXT, OUTPUT + "." + IDS)
        .flatMap(this, Encoders.row(Chunks.SCHEMA));
  }

  @Override
  public Iterator<Row> call(Row row) {
    int[] all = ids(Rows.list(row, IDS));
    int[] own = Arrays.copyOfRange(all, before, Math.max(before, all.length - after));
    TextDocument document = TextDocument.plain(row);
    int characters = document.characters();
    List<Row> rows = new ArrayList<>();
    int[] first = begin.stream().mapToInt(Integer::intValue).toArray();
    new Chunker(List.of(new Tokens(own, own, own)).iterator(), first, length, minimumTail)
        .forEachRemaining(
            chunk ->
                rows.add(
                    new Chunk(chunk.ordinal(), 0, characters, chunk.tokens(), null).row(document)));
    return rows.iterator();
  }

  private static int[] ids(List<Long> wide) {
    return wide.stream().mapToInt(Math::toIntExact).toArray();
  }
}
