package lethe.corpus.split;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lethe.corpus.CorpusSettings;
import lethe.corpus.source.Source;
import lethe.target.Split;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The rows of the sources that are not used, with their reasons.
 *
 * @param index of {@link DocumentIndex}
 * @param groups how many rows each source has of each domain and reason (null: a document)
 */
public record Rejects(Dataset<Row> index, List<Group> groups) {
  private static final int SHOWN = 3;

  /**
   * Rows of a source with one reason.
   *
   * @param source its number
   * @param example where one is and what is wrong
   * @param made rows whose id is a hash
   */
  public record Group(
      int source, String domain, String reason, long rows, String example, long made) {
    boolean unusable() {
      return reason != null && !reason.equals(DocumentIndex.REPEATED);
    }
  }

  public static Rejects of(Dataset<Row> index) {
    return new Rejects(
        index,
        index
            .groupBy("_source", "domain", "_reason")
            .agg(count(lit(1)), min(struct("_file", "_detail")), sum(col("_made").cast("long")))
            .collectAsList()
            .stream()
            .map(
                row ->
                    new Group(
                        row.getInt(0),
                        row.getString(1),
                        row.getString(2),
                        row.getLong(3),
                        example(row),
                        row.getLong(5)))
            .toList());
  }

  private static String example(Row row) {
    Row example = row.getStruct(4);
    String detail = example.isNullAt(1) ? "" : ": " + example.getString(1);
    return example.getString(0) + detail;
  }

  public long rows() {
    return groups.stream().mapToLong(Group::rows).sum();
  }

  /** Rows by domain and reason. */
  public Map<String, Map<String, Long>> reasons() {
    return groups.stream()
        .filter(group -> group.reason() != null)
        .collect(
            Collectors.groupingBy(
                Group::domain,
                TreeMap::new,
                Collectors.groupingBy(
                    Group::reason, TreeMap::new, Collectors.summingLong(Group::rows))));
  }

  /** Columns {@code source domain file id reason detail excerpt}. */
  public Dataset<Row> table() {
    return index
        .where(col("_reason").isNotNull())
        .select(
            col("source"),
            col("domain"),
            col("_file").as("file"),
            col("id"),
            col("_reason").as("reason"),
            col("_detail").as("detail"),
            col("_excerpt").as("excerpt"));
  }

  /** Sentences on sources that have no row at all, which is seldom what was meant. */
  public List<String> empty(CorpusSettings settings) {
    return IntStream.range(0, settings.sources().size())
        .filter(i -> groups.stream().noneMatch(group -> group.source() == i))
        .mapToObj(i -> "Source " + settings.sources().get(i).path() + " has no row")
        .distinct()
        .toList();
  }

  /** Sentences on documents that have no id of their own, where the source has plain text. */
  public List<String> made(CorpusSettings settings) {
    List<String> sentences = new ArrayList<>();
    for (int i = 0; i < settings.sources().size(); i++) {
      int number = i;
      Source source = settings.sources().get(i);
      long rows =
          groups.stream()
              .filter(group -> group.source() == number && group.reason() == null)
              .mapToLong(Group::made)
              .sum();
      if (rows > 0 && source.question() == null) {
        sentences.add(
            "%d documents of source %s have no %s: their ids are the first 16 digits of the SHA-256 of the source's path, a line feed and the text"
                .formatted(rows, source.path(), source.id()));
      }
    }
    return sentences;
  }

  /** A sentence for each source with too many of them, and for texts to forget that are unclear. */
  public List<String> problems(CorpusSettings settings) {
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < settings.sources().size(); i++) {
      tooMany(i, settings.sources().get(i), settings.maximumRejects(), problems);
    }
    if (groups.stream().anyMatch(group -> DocumentIndex.CONTRADICTED.equals(group.reason()))) {
      unclear(problems);
    }
    return problems;
  }

  private void unclear(List<String> problems) {
    index
        .where(col("_reason").equalTo(DocumentIndex.CONTRADICTED))
        .where(array_contains(col("splits"), Split.FORGET.key()))
        .select("domain", "id")
        .distinct()
        .orderBy("domain", "id")
        .limit(SHOWN)
        .collectAsList()
        .forEach(
            row ->
                problems.add(
                    "Document %s of domain %s is to be forgotten but has several texts: give each its own id or domain"
                        .formatted(row.getString(1), row.getString(0))));
  }

  private void tooMany(int number, Source source, double most, List<String> problems) {
    List<Group> own = groups.stream().filter(group -> group.source() == number).toList();
    long rows = own.stream().mapToLong(Group::rows).sum();
    List<Group> bad = own.stream().filter(Group::unusable).toList();
    long unusable = bad.stream().mapToLong(Group::rows).sum();
    if (unusable > most * rows) {
      problems.add(
          String.format(
              Locale.ROOT,
              "Cannot use %d of %d rows of source %s, more than corpus.max-reject-share = %s of them: %s",
              unusable,
              rows,
              source.path(),
              most,
              bad.stream()
                  .map(group -> group.rows() + " " + group.reason() + " (" + group.example() + ")")
                  .collect(Collectors.joining("; "))));
    }
  }
}
