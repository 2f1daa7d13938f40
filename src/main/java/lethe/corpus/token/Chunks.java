package lethe.corpus.token;

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
import lethe.corpus.Manifest;
import lethe.folder.RunFolder;
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
 * split     string      forget, retain, approximate, general or holdout
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
  /** The columns; {@link Manifest#version} counts their changes, too. */
  public static final StructType SCHEMA =
      new StructType()
          .add("split", DataTypes.StringType, false)
          .add("domain", DataTypes.StringType, false)
          .add("document", DataTypes.StringType, false)
          .add("ordinal", DataTypes.IntegerType, false)
          .add("start", DataTypes.IntegerType, false)
          .add("end", DataTypes.IntegerType, false)
          .add("tokens", DataTypes.createArrayType(DataTypes.IntegerType, false), false)
          .add("prompt", DataTypes.IntegerType, true);

  /** Hexadecimal digits: 4096 groups, so that a group of a billion chunks' digests fits memory. */
  private static final int PREFIX = 3;

  private Chunks() {}

  /**
   * The chunks of a finished corpus: the files its manifest lists, and no other.
   *
   * @throws IllegalArgumentException when there is no manifest
   */
  public static Dataset<Row> read(SparkSession spark, RunFolder folder) {
    return open(
        spark,
        folder.corpus(),
        Manifest.read(folder).parts().stream().map(Manifest.Part::path).toList());
  }

  /** The chunks in the files at these paths, relative to the corpus folder. */
  public static Dataset<Row> open(SparkSession spark, Path corpus, List<String> parts) {
    return spark
        .read()
        .schema(SCHEMA) // given, or a domain named 007 would come back as the number 7
        .option("__globPaths__", "false") // a folder may be named run[1]
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
            .select(sha2(to_json(struct(columns)).cast(DataTypes.BinaryType), 256).as("digest"))
            .groupBy(substring(col("digest"), 1, PREFIX).as("prefix"))
            .agg(concat_ws("", array_sort(collect_list(col("digest")))).as("joined"))
            .select(col("prefix"), sha2(col("joined").cast(DataTypes.BinaryType), 256))
            .orderBy("prefix")
            .collectAsList();
    return DigestUtils.sha256Hex(
        groups.stream()
            .map(group -> group.getString(0) + group.getString(1))
            .collect(Collectors.joining()));
  }
}
