package lethe.evaluate;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.size;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import lethe.folder.Files;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.inference.ModelStage;
import lethe.settings.InvalidSettings;
import lethe.table.Rows;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Documents in other words: texts that say what a document to forget, or an unseen one, says. What
 * a model knows of a document beyond its wording makes the other wording likelier than that of
 * unseen documents.
 *
 * <p>A line of the file is {@code {"document": "an id", "text": "..."}}, with {@code "domain"}
 * where two domains have the id; a document may have several lines. A text is cut into chunks as
 * long as the longest of the corpus.
 *
 * @param path JSON lines
 * @param files access to them
 */
public record Paraphrases(String path, Files files) {
  private static final String TEXT = "text";
  private static final String TEXTS = "texts";
  private static final String NAMED = "named";

  private static final String WANTED =
      "a line must be a JSON object with document (the id of a document in forget or approximate) and text (the same in other words)";

  /** Most characters of a line: some thousand pages. */
  private static final int MOST_CHARACTERS = 1 << 24;

  private static final StructType LINE =
      new StructType()
          .add(DOCUMENT, DataTypes.StringType)
          .add(DOMAIN, DataTypes.StringType)
          .add(TEXT, DataTypes.StringType);

  /** What {@link Scores} takes. */
  private static final StructType CHUNK =
      new StructType()
          .add(SPLIT, DataTypes.StringType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(TOKENS, DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add(PROMPT, DataTypes.IntegerType, true);

  /**
   * Checks whether the file can be used.
   *
   * @throws InvalidSettings when it has no line, or naming the first one that is wrong
   */
  public void check() {
    lines().check();
  }

  /** As {@link JsonLinesFile#sha256}. */
  public String sha256() {
    return lines().sha256();
  }

  private JsonLinesFile lines() {
    return new JsonLinesFile(
        path,
        files,
        new JsonLinesFile.Lines(
            "Cannot use evaluate.robustness.paraphrases (%s)".formatted(path),
            "it has no text",
            WANTED,
            MOST_CHARACTERS,
            Paraphrases::wrong));
  }

  private static String wrong(JsonNode line) {
    if (line.path(DOCUMENT).asText("").isEmpty()) {
      return "has no document";
    }
    return line.path(TEXT).asText("").isBlank() ? "has no text" : null;
  }

  /**
   * The texts of documents of a corpus as chunks, in the split and domain of their document.
   *
   * @param chunks of forget and approximate, as prepare wrote them
   * @param beginning tokens that precede each chunk of the corpus, as they do each of these
   * @param model whose tokenizer makes the tokens
   * @throws InvalidSettings when a document is in neither split, or it is not said which of two
   */
  Dataset<Row> chunks(
      SparkSession spark, Dataset<Row> chunks, List<Integer> beginning, ModelKey model) {
    Dataset<Row> documents = chunks.select(SPLIT, DOMAIN, DOCUMENT).distinct();
    Dataset<Row> lines = spark.read().schema(LINE).json(path);
    long bad = lines.filter(col(TEXT).isNull().or(col(DOCUMENT).isNull())).count();
    if (bad > 0) {
      throw refused("%d lines have no document or no text; %s".formatted(bad, WANTED));
    }
    Dataset<Row> texts = lines.withColumnRenamed(DOMAIN, NAMED);
    Dataset<Row> twice =
        texts
            .filter(col(NAMED).isNull())
            .join(documents.groupBy(DOCUMENT).count().filter(col("count").gt(1)), DOCUMENT);
    List<String> ambiguous = some(twice, col(DOCUMENT));
    if (!ambiguous.isEmpty()) {
      throw refused(
          "two domains or splits have the documents %s; write the domain into their lines"
              .formatted(listed(ambiguous)));
    }
    Dataset<Row> matched =
        texts.join(
            documents,
            texts
                .col(DOCUMENT)
                .equalTo(documents.col(DOCUMENT))
                .and(col(NAMED).isNull().or(col(NAMED).equalTo(documents.col(DOMAIN)))),
            "left");
    List<String> unknown =
        some(matched.filter(documents.col(DOCUMENT).isNull()), texts.col(DOCUMENT));
    if (!unknown.isEmpty()) {
      throw refused(
          "it has texts of documents that are in neither forget nor approximate: %s; leave their lines out, or give the domain that such an id belongs to"
              .formatted(listed(unknown)));
    }
    int longest = (int) Rows.aggregate(chunks, max(size(col(TOKENS))).cast("long"));
    Dataset<Row> grouped =
        matched
            .select(documents.col(SPLIT), documents.col(DOMAIN), documents.col(DOCUMENT), col(TEXT))
            .groupBy(SPLIT, DOMAIN, DOCUMENT)
            .agg(array_sort(collect_list(col(TEXT))).as(TEXTS)); // in an order of their own
    return ModelStage.mapPartitions(
        grouped, model.compute(), new Cutting(model, beginning, longest), CHUNK);
  }

  /** At most four of the ids in a column. */
  private static List<String> some(Dataset<Row> rows, Column id) {
    return rows.select(id).distinct().orderBy(DOCUMENT).limit(4).collectAsList().stream()
        .map(row -> row.<String>getAs(DOCUMENT))
        .toList();
  }

  private static String listed(List<String> ids) {
    return String.join(", ", ids.subList(0, Math.min(3, ids.size())))
        + (ids.size() > 3 ? ", ..." : "");
  }

  private InvalidSettings refused(String why) {
    return new InvalidSettings(
        "Cannot use evaluate.robustness.paraphrases (%s): %s".formatted(path, why));
  }

  /** Turns the texts of documents into chunks. */
  private record Cutting(ModelKey model, List<Integer> beginning, int longest)
      implements MapPartitionsFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Iterator<Row> documents) {
      List<Row> chunks = new ArrayList<>();
      documents.forEachRemaining(document -> cut(document, chunks));
      return chunks.iterator();
    }

    private void cut(Row document, List<Row> into) {
      int ordinal = 0;
      for (String text : Rows.<String>list(document, TEXTS)) {
        int[] tokens =
            LoadedModel.with(
                model,
                m ->
                    m.text()
                        .orElseThrow(
                            () ->
                                new InvalidSettings(
                                    "Cannot read evaluate.robustness.paraphrases: a model has no tokenizer.json"))
                        .tokens(text));
        int room = longest - beginning.size();
        for (int from = 0; from < tokens.length; from += room) {
          int[] own = Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + room));
          int[] chunk =
              IntStream.concat(beginning.stream().mapToInt(Integer::intValue), Arrays.stream(own))
                  .toArray();
          if (chunk.length < 2) {
            continue; // it predicts nothing
          }
          into.add(
              RowFactory.create(
                  document.getAs(SPLIT),
                  document.getAs(DOMAIN),
                  document.getAs(DOCUMENT),
                  ordinal++,
                  Arrays.stream(chunk).boxed().toArray(Integer[]::new),
                  null));
        }
      }
    }
  }
}
