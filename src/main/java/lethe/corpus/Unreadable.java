package lethe.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
 * not which one it is.
 *
 * @param spark to read with
 * @param sources inputs that may be at fault
 */
record Unreadable(SparkSession spark, List<Source> sources) {

  /** What to throw in place of a failure: one that names the files, where files are the cause. */
  RuntimeException explained(Exception failure) {
    Throwable first = failure;
    while (first.getCause() != null && first.getCause() != first) {
      first = first.getCause();
    }
    List<String> faults = first instanceof IOException ? faults() : List.of();
    if (!faults.isEmpty()) {
      return new IllegalArgumentException(String.join("\n", faults), failure);
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException("Cannot prepare the corpus: " + first.getMessage(), failure);
  }

  /** Reads every source file from start to end, which only a failed run has reason to do. */
  private List<String> faults() {
    List<String> files =
        sources.stream()
            .filter(source -> source.format().equals(Source.JSON)) // Spark names the others itself
            .flatMap(source -> Arrays.stream(spark.read().text(source.path()).inputFiles()))
            .toList();
    var context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    var hadoop = new SerializableConfiguration(context.hadoopConfiguration());
    return context
        .parallelize(files, Math.max(1, files.size()))
        .map(file -> fault(file, hadoop.value()))
        .filter(Optional::isPresent)
        .map(Optional::get)
        .collect();
  }

  private static Optional<String> fault(String file, Configuration hadoop) {
    Path path = new Path(java.net.URI.create(file));
    Configuration codecs = new Configuration(hadoop);
    codecs.set(Zstandard.OPTION, Zstandard.class.getName());
    CompressionCodec codec = new CompressionCodecFactory(codecs).getCodec(path);
    byte[] buffer = new byte[1 << 16];
    try (InputStream raw = FileSystem.get(path.toUri(), hadoop).open(path);
        InputStream in = codec == null ? raw : codec.createInputStream(raw)) {
      while (in.read(buffer) >= 0) {
        // only whether it can be read matters
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("Cannot read " + path + ": " + e.getMessage());
    }
  }
}
