package lethe.corpus.token;

import static lethe.table.Columns.DOCUMENT;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.END;
import static lethe.table.Columns.ORDINAL;
import static lethe.table.Columns.PROMPT;
import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.START;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.to_json;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import lethe.folder.RunFolder;
import lethe.table.TableFiles;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The chunks of a prepared corpus.
 *
 * <pre>
 * split     string      forget, retain, approximate, general, holdout or earlier
 * domain    string      of the source
 * document  string      id of the document; with the domain it names one document
 * ordinal   int         place among the document's chunks, from 0
 * start     int         place of the first character in the document's text, from 0
 * end       int         place after the last character
 * tokens    array(int)  ids by the model's tokenizer, at most corpus.chunk-tokens
 * prompt    int         of a question with its answer, the tokens before the answer; null in plain text
 * </pre>
 *
 * <p>Places count Unicode characters (code points), as Python's slices and SQL's {@code substring}
 * do: {@code substring(text, start + 1, end - start)} is the chunk's text. Where a chunk begins
 * within a character, both its neighbours count it.
 */
public final class Chunks {
  /** The columns; a corpus' manifest counts their changes in its version. */
  public static final StructType SCHEMA =
      new StructType()
          .add(SPLIT, DataTypes.StringType, false)
          .add(DOMAIN, DataTypes.StringType, false)
          .add(DOCUMENT, DataTypes.StringType, false)
          .add(ORDINAL, DataTypes.IntegerType, false)
          .add(START, DataTypes.IntegerType, false)
          .add(END, DataTypes.IntegerType, false)
          .add(TOKENS, DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add(PROMPT, DataTypes.IntegerType, true);

  /** Hexadecimal digits: 4096 groups, so that a group of a billion chunks' digests fits memory. */
  private static final int PREFIX_DIGITS = 3;

  private static final String DIGEST = "digest";
  private static final String PREFIX = "prefix";
  private static final String JOINED = "joined";
  private static final String HASH = "hash";

  private Chunks() {}

  /**
   * The chunks in the files at these paths, relative to the corpus folder: all of a finished corpus
   * are in its manifest.
   */
  public static Dataset<Row> read(SparkSession spark, Path corpus, List<String> parts) {
    return TableFiles.read(spark)
        .schema(SCHEMA) // given, or a domain named 007 would come back as the number 7
        .option("basePath", new Path(corpus, RunFolder.CHUNKS).toString())
        .parquet(
            parts.stream().map(part -> new Path(corpus, part).toString()).toArray(String[]::new))
        .select(Arrays.stream(SCHEMA.fieldNames()).map(functions::col).toArray(Column[]::new));
  }

  /**
   * A hash of a set of chunks, the same however it is partitioned or ordered. A chunk's digest is
   * the SHA-256 of its compact JSON, members in the order of {@link #SCHEMA}, without those that
   * are null; digests with the same first three digits are sorted, joined and hashed; and the hash
   * of these hashes, each after its three digits, in order, is the result (all hashes as lower-case
   * hexadecimal text in UTF-8).
   */
  public static String sha256(Dataset<Row> chunks) {
    Column[] columns =
        Arrays.stream(SCHEMA.fieldNames()).map(functions::col).toArray(Column[]::new);
    List<Row> groups =
        chunks
            .select(sha2(to_json(struct(columns)).cast(DataTypes.BinaryType), 256).as(DIGEST))
            .groupBy(substring(col(DIGEST), 1, PREFIX_DIGITS).as(PREFIX))
            .agg(concat_ws("", array_sort(collect_list(col(DIGEST)))).as(JOINED))
            .select(col(PREFIX), sha2(col(JOINED).cast(DataTypes.BinaryType), 256).as(HASH))
            .collectAsList();
    return DigestUtils.sha256Hex(
        groups.stream()
            .map(group -> group.<String>getAs(PREFIX) + group.<String>getAs(HASH))
            .sorted() // by the prefixes, which have one length and differ
            .collect(Collectors.joining()));
  }
}
