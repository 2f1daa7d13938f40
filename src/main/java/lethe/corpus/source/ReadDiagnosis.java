package lethe.corpus.source;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.failure.FailureText;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.commons.lang3.exception.ExceptionUtils;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Names the files behind a failure to read: Spark reports what is wrong with a damaged archive, but
 * not which one it is, nor which document was too long for an executor's memory.
 *
 * @param spark to read with
 * @param sources inputs that may be at fault; tables as {@link TableVersions} found them
 */
public record ReadDiagnosis(SparkSession spark, List<Source> sources) {
  /**
   * Memory that a task needs for a document, in lengths of it: lines, text and rows are copies. Of
   * 100 MB of JSON, 16 cost an executor on the way, 20 none.
   */
  private static final int MEMORY_PER_BYTE = 20;

  private static final int MOST_FAULTS_NAMED = 10;

  /** What to throw in place of a failure: one that names the files, where files are the cause. */
  public RuntimeException explained(Exception failure) {
    Throwable first = ExceptionUtils.getRootCause(failure);
    List<String> faults =
        ofFile(failure) || FailureText.CODEC.in(first)
            ? damaged()
            : FailureText.TOO_LITTLE_MEMORY.in(first) ? oversized() : expired();
    if (!faults.isEmpty()) {
      List<String> shown =
          new ArrayList<>(faults.subList(0, Math.min(MOST_FAULTS_NAMED, faults.size())));
      if (faults.size() > MOST_FAULTS_NAMED) {
        shown.add("and " + (faults.size() - MOST_FAULTS_NAMED) + " more");
      }
      return new InvalidSettings(String.join("\n", shown), failure);
    }
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException("Cannot prepare the corpus: " + first.getMessage(), failure);
  }

  /** Whether a file could not be read, among all that a failure comes from. */
  public static boolean ofFile(Throwable failure) {
    return ExceptionUtils.indexOfType(failure, IOException.class) >= 0;
  }

  /** A sentence on the longest document of each source, if it is long for the memory there is. */
  private List<String> oversized() {
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
                      listing(source).files().stream()
                          .max(Comparator.comparing(FileSlice::bytes))
                          .map(file -> giant(file.file(), file.bytes(), memory))
                          .stream();
                  default -> Stream.<Optional<String>>empty(); // unknown without reading it
                })
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<String> giant(String document, long bytes, long memory) {
    long needed = MEMORY_PER_BYTE * bytes;
    return needed <= memory
        ? Optional.empty()
        : Optional.of(
            "Cannot read %s: it has %d MB, too much for an executor of %d MB; cut it into several documents, leave it out, or set spark.executor.memory=%dm and spark.executor.cores=1"
                .formatted(document, bytes / 1_000_000, memory >> 20, (needed >> 20) + 1));
  }

  private List<LongestLine> longest(Source source) {
    var hadoop = FileRows.hadoop(spark);
    return files(source)
        .map(
            file -> {
              try (InputStream in = new Opener(hadoop.value().value()).text(file.file())) {
                return LongestLine.of(file.file(), in);
              }
            })
        .collect();
  }

  private JavaRDD<FileSlice> files(Source source) {
    List<FileSlice> files = listing(source).files();
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .parallelize(files, Math.max(1, files.size()));
  }

  private Listing listing(Source source) {
    return source.listing(new Files(spark.sparkContext().hadoopConfiguration()));
  }

  /** Reads every source file from start to end, which only a failed run has reason to do. */
  private List<String> damaged() {
    var hadoop = FileRows.hadoop(spark);
    return sources.stream()
        .flatMap(
            source ->
                switch (source.format()) {
                  case Source.JSON, Source.TEXT ->
                      files(source)
                          .map(
                              file ->
                                  fault(file, new Opener(hadoop.value().value()), source.format()))
                          .filter(Optional::isPresent)
                          .map(Optional::get)
                          .collect()
                          .stream();
                  default -> source.isTable() ? unreadable(source) : tables(source);
                })
        .distinct()
        .toList();
  }

  private static Optional<String> fault(FileSlice file, Opener opener, String format) {
    byte[] buffer = new byte[1 << 16];
    try (FileSliceReader entries = FileSliceReader.open(file, opener);
        InputStream in = opener.text(file.file())) {
      while (format.equals(Source.JSON) ? entries.next() != null : in.read(buffer) >= 0) {
        // only whether it can be read matters
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "Cannot read %s: %s; mend the file, or leave it out"
              .formatted(file.file(), e.getMessage()));
    }
  }

  /** Files that Spark cannot read, each tried alone. */
  private Stream<String> tables(Source source) {
    return new SourceRows(spark, source)
        .listing().stream()
            .flatMap(listing -> listing.files().stream())
            .flatMap(
                file -> {
                  try {
                    Source alone = source.at(file.file());
                    new SourceRows(spark, alone).rows().javaRDD().count();
                    return Stream.empty();
                  } catch (Exception e) { // Spark's are checked but not declared
                    return Stream.of(table(file, source, e));
                  }
                });
  }

  /** Tables whose versions are there no more: a store may say so in exceptions of its own. */
  private List<String> expired() {
    return sources.stream().filter(Source::isTable).flatMap(this::expired).toList();
  }

  private Stream<String> expired(Source source) {
    return TableVersions.missing(spark, source).stream()
        .map(why -> table(source, why + ": it went while it was read"));
  }

  /** A table of which some files are gone. */
  private Stream<String> unreadable(Source source) {
    List<String> expired = expired(source).toList();
    if (!expired.isEmpty()) {
      return expired.stream();
    }
    try {
      new SourceRows(spark, source).rows().javaRDD().count();
      return Stream.empty();
    } catch (Exception e) { // Spark's are checked but not declared
      return Stream.of(table(source, line(e)));
    }
  }

  private static String table(Source source, String why) {
    return "Cannot read source %s as %s: %s; restore it, or read what the table has now: run prepare with overwrite=true, without a snapshot or version in the settings"
        .formatted(source.path(), source.format(), why);
  }

  private static String line(Exception e) {
    Throwable first = ExceptionUtils.getRootCause(e);
    return String.valueOf(first.getMessage()).lines().findFirst().orElse("");
  }

  private static String table(FileSlice file, Source source, Exception e) {
    Throwable first = ExceptionUtils.getRootCause(e);
    String why = line(e);
    return "Cannot read %s as %s: %s%s"
        .formatted(
            file.file(),
            source.format(),
            why,
            FailureText.CODEC.in(first) ? "; write it with zstd, gzip or snappy" : "");
  }
}
