package lethe.corpus.split;

import static lethe.corpus.source.Documents.DETAIL;
import static lethe.corpus.source.Documents.EXCERPT;
import static lethe.corpus.source.Documents.FILE;
import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.MADE;
import static lethe.corpus.source.Documents.SOURCE;
import static lethe.corpus.source.Documents.SOURCE_NUMBER;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.split.DocumentIndex.SPLITS;
import static lethe.table.Columns.DOMAIN;
import static lethe.table.Columns.REASON;
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
  private static final String ROWS = "rows";
  private static final String EXAMPLE = "example";
  private static final int MOST_DOCUMENTS_NAMED = 3;

  /**
   * Rows of a source with one reason.
   *
   * @param source its number
   * @param example where one is and what is wrong
   * @param made rows whose id is a hash
   */
  public record Group(
      int source, String domain, String reason, long rows, String example, long made) {
    private static Group from(Row row) {
      Row example = row.getAs(EXAMPLE);
      String detail = example.getAs(DETAIL);
      return new Group(
          row.<Integer>getAs(SOURCE_NUMBER),
          row.getAs(DOMAIN),
          row.getAs(UNUSABLE),
          row.<Long>getAs(ROWS),
          example.getAs(FILE) + (detail == null ? "" : ": " + detail),
          row.<Long>getAs(MADE));
    }

    boolean unusable() {
      return reason != null && !reason.equals(DocumentIndex.REPEATED);
    }
  }

  public static Rejects of(Dataset<Row> index) {
    return new Rejects(
        index,
        index
            .groupBy(SOURCE_NUMBER, DOMAIN, UNUSABLE)
            .agg(
                count(lit(1)).as(ROWS),
                min(struct(FILE, DETAIL)).as(EXAMPLE),
                sum(col(MADE).cast("long")).as(MADE))
            .collectAsList()
            .stream()
            .map(Group::from)
            .toList());
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
        .where(col(UNUSABLE).isNotNull())
        .select(
            col(SOURCE),
            col(DOMAIN),
            col(FILE).as("file"),
            col(ID),
            col(UNUSABLE).as(REASON),
            col(DETAIL).as("detail"),
            col(EXCERPT).as("excerpt"));
  }

  /** Sentences on sources that have no row at all, which is rarely intended. */
  public List<String> empty(List<Source> sources) {
    return IntStream.range(0, sources.size())
        .filter(i -> groups.stream().noneMatch(group -> group.source() == i))
        .mapToObj(i -> "Source " + sources.get(i).path() + " has no row")
        .distinct()
        .toList();
  }

  /** Sentences on documents that have no id of their own, where the source has plain text. */
  public List<String> made(List<Source> sources) {
    List<String> sentences = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      int number = i;
      Source source = sources.get(i);
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

  /**
   * A sentence for each source with too many of them, and for texts to forget that are unclear.
   *
   * @param most share of a source's rows that may be unusable
   */
  public List<String> problems(List<Source> sources, double most) {
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      tooMany(i, sources.get(i), most, problems);
    }
    if (groups.stream().anyMatch(group -> DocumentIndex.CONTRADICTED.equals(group.reason()))) {
      unclear(problems);
    }
    return problems;
  }

  private void unclear(List<String> problems) {
    index
        .where(col(UNUSABLE).equalTo(DocumentIndex.CONTRADICTED))
        .where(array_contains(col(SPLITS), Split.FORGET.key()))
        .select(DOMAIN, ID)
        .distinct()
        .orderBy(DOMAIN, ID)
        .limit(MOST_DOCUMENTS_NAMED)
        .collectAsList()
        .forEach(
            row ->
                problems.add(
                    "Document %s of domain %s is to be forgotten but has several texts: give each its own id or domain"
                        .formatted(row.getAs(ID), row.getAs(DOMAIN))));
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
