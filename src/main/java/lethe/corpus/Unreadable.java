package lethe.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Names the files behind a failure to read: Spark tells what is wrong with a damaged archive, but
 * not which one it is; nor which document was too long for an executor's memory.
 *
 * @param spark to read with
 * @param sources inputs that may be at fault
 */
record Unreadable(SparkSession spark, List<Source> sources) {
  /** How Spark tells that an executor had too little memory, or died without saying why. */
  private static final Pattern MEMORY =
      Pattern.compile("OutOfMemory|ExecutorLostFailure|BufferHolder");

  /**
   * Memory that a task needs for a document, in lengths of it: lines, text and rows are copies. Of
   * 100 MB of JSON, 16 cost an executor on the way, 20 none.
   */
  private static final int TIMES = 20;

  /** What to throw in place of a failure: one that names the files, where files are the cause. */
  RuntimeException explained(Exception failure) {
    Throwable first = failure;
    while (first.getCause() != null && first.getCause() != first) {
      first = first.getCause();
    }
    List<String> faults =
        first instanceof IOException
            ? faults()
            : MEMORY.matcher(first.toString()).find() ? giants() : List.of();
    if (!faults.isEmpty()) {
      return new InvalidSettings(String.join("\n", faults), failure);
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException("Cannot prepare the corpus: " + first.getMessage(), failure);
  }

  /** A sentence on the longest document of each source, if it is long for the memory there is. */
  private List<String> giants() {
    long memory =
        spark.sparkContext().isLocal()
            ? Runtime.getRuntime().maxMemory()
            : spark.sparkContext().conf().getSizeAsBytes("spark.executor.memory", "1g");
    return sources.stream()
        .flatMap(
            source ->
                switch (source.format()) {
                  case Source.JSON ->
                      longest(source).stream()
                          .map(line -> giant(line.name(source.id()), line.bytes(), memory));
                  case Source.TEXT ->
                      SourceRows.largest(spark, source).stream()
                          .map(file -> giant(file.getString(0), file.getLong(1), memory));
                  default -> Stream.<Optional<String>>empty(); // nobody knows without reading it
                })
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<String> giant(String document, long bytes, long memory) {
    long needed = TIMES * bytes;
    return needed <= memory
        ? Optional.empty()
        : Optional.of(
            "Cannot read %s: it has %d MB, too much for an executor of %d MB; cut it into several documents, leave it out, or set spark.executor.memory=%dm and spark.executor.cores=1"
                .formatted(document, bytes / 1_000_000, memory >> 20, (needed >> 20) + 1));
  }

  private List<LongestLine> longest(Source source) {
    var hadoop = hadoop();
    List<String> files = files(source).toList();
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .parallelize(files, Math.max(1, files.size()))
        .map(
            file -> {
              try (InputStream in = open(file, hadoop.value())) {
                return LongestLine.of(file, in);
              }
            })
        .collect();
  }

  private SerializableConfiguration hadoop() {
    return new SerializableConfiguration(spark.sparkContext().hadoopConfiguration());
  }

  private Stream<String> files(Source source) {
    return Arrays.stream(spark.read().text(source.path()).inputFiles());
  }

  /** Reads every source file from start to end, which only a failed run has reason to do. */
  private List<String> faults() {
    List<String> files =
        sources.stream()
            .filter(source -> source.format().equals(Source.JSON)) // Spark names the others itself
            .flatMap(this::files)
            .toList();
    var hadoop = hadoop();
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .parallelize(files, Math.max(1, files.size()))
        .map(file -> fault(file, hadoop.value()))
        .filter(Optional::isPresent)
        .map(Optional::get)
        .collect();
  }

  private static Optional<String> fault(String file, Configuration hadoop) {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = open(file, hadoop)) {
      while (in.read(buffer) >= 0) {
        // only whether it can be read matters
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("Cannot read " + path(file) + ": " + e.getMessage());
    }
  }

  private static Path path(String file) {
    return new Path(java.net.URI.create(file));
  }

  private static InputStream open(String file, Configuration hadoop) throws IOException {
    Configuration codecs = new Configuration(hadoop);
    codecs.set(Zstandard.OPTION, Zstandard.class.getName());
    CompressionCodec codec = new CompressionCodecFactory(codecs).getCodec(path(file));
    InputStream raw = FileSystem.get(path(file).toUri(), hadoop).open(path(file));
    return codec == null ? raw : codec.createInputStream(raw);
  }
}
