package lethe.corpus;

import static lethe.corpus.source.Documents.ID;
import static lethe.corpus.source.Documents.UNUSABLE;
import static lethe.corpus.split.Requests.WHAT;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lethe.corpus.source.Members;
import lethe.corpus.split.DocumentIndex;
import lethe.corpus.split.IdFile;
import lethe.corpus.split.Rejects;
import lethe.corpus.split.RuleFiles;
import lethe.corpus.split.SplitRule;
import lethe.corpus.split.Splits;
import lethe.target.Split;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Explains why a split has no document. It reads the sources once more, which is worth it only
 * because the run ends here.
 *
 * @param documents of {@link lethe.corpus.source.Documents}
 * @param rejects how many rows each source has
 */
record EmptySplits(
    CorpusSettings settings,
    Dataset<Row> documents,
    RuleFiles named,
    Dataset<Row> index,
    Rejects rejects) {
  private static final int MOST_REASONS_NAMED = 3;

  /** Documents counted. */
  private static final String DOCUMENTS = "documents";

  /**
   * Sentences on the splits that have no document: one each, and below it what is known of it.
   *
   * @param taken documents of all splits
   * @param before the same before duplicates were dropped; null where none were
   */
  List<String> problems(Splits taken, Splits before) {
    List<String> problems = new ArrayList<>();
    for (Split split : settings.splits().bySplit().keySet()) {
      if (taken.documents(split) == 0) {
        problems.add(
            "Split %s has no document: widen corpus.splits.%1$s or its caps, or leave it out"
                .formatted(split.key()));
        reasons(split, taken, before).forEach(reason -> problems.add("  " + reason));
      }
    }
    return problems;
  }

  private List<String> reasons(Split split, Splits taken, Splits before) {
    long dropped = before == null ? 0 : before.documents(split);
    if (dropped > 0) {
      return List.of(
          "all of its %d documents repeat documents to forget and were dropped; see corpus.duplicates"
              .formatted(dropped));
    }
    List<String> reasons = new ArrayList<>(rows());
    reasons.add(conditions(split, taken));
    if (split == Split.FORGET) {
      UnmetRequests.unusable(index).orderBy(WHAT).limit(MOST_REASONS_NAMED).collectAsList().stream()
          .map(row -> row.<String>getAs(WHAT))
          .forEach(reasons::add);
    }
    SplitRule rule = settings.splits().rule(split);
    rule.where()
        .ifPresent(
            where -> reasons.addAll(new Members(settings.sources(), documents).remarks(where)));
    Stream.of(rule.ids(), rule.notIds())
        .flatMap(Optional::stream)
        .forEach(file -> reasons.addAll(ids(file)));
    return reasons;
  }

  /** How many rows each source has, and how many of them are documents. */
  private List<String> rows() {
    return IntStream.range(0, settings.sources().size())
        .mapToObj(
            number -> {
              String path = settings.sources().get(number).path();
              List<Rejects.Group> own =
                  rejects.groups().stream().filter(group -> group.source() == number).toList();
              long usable =
                  own.stream()
                      .filter(group -> group.reason() == null)
                      .mapToLong(Rejects.Group::rows)
                      .sum();
              return "source %s has %d rows, of which %d are documents"
                  .formatted(path, own.stream().mapToLong(Rejects.Group::rows).sum(), usable);
            })
        .toList();
  }

  /** How many documents are left after each condition, in the order of the settings. */
  private String conditions(Split split, Splits taken) {
    DocumentIndex own = new DocumentIndex(settings.splits(), settings.seed(), named);
    Dataset<Row> rows = own.marked(documents).where(col(UNUSABLE).isNull());
    Map<String, Column> conditions = own.conditions(split);
    List<Column> counts = new ArrayList<>();
    Column all = lit(true);
    for (Map.Entry<String, Column> condition : conditions.entrySet()) {
      all = all.and(condition.getValue());
      counts.add(count(when(all, lit(1))).as(condition.getKey()));
    }
    Row found = rows.agg(count(lit(1)).as(DOCUMENTS), counts.toArray(Column[]::new)).head();
    StringBuilder sentence = new StringBuilder();
    sentence.append("of ").append(found.<Long>getAs(DOCUMENTS)).append(" documents");
    for (String name : conditions.keySet()) {
      sentence.append(", ").append(name).append(" leaves ").append(found.<Long>getAs(name));
    }
    SplitRule rule = settings.splits().rule(split);
    if (!rule.except().isEmpty()) {
      sentence.append(", except leaves ").append(taken.candidates(split).count());
    }
    if (rule.capped()) {
      sentence.append(", the caps leave 0");
    }
    return sentence.toString();
  }

  /** How many of the listed ids some document has, and what the others look like. */
  private List<String> ids(IdFile file) {
    Dataset<Row> listed = named.ids().get(file);
    Dataset<Row> known = index.where(col(UNUSABLE).isNull()).select(ID).distinct();
    Dataset<Row> unknown = listed.join(known, new String[] {ID}, "left_anti");
    List<String> some =
        unknown.orderBy(ID).limit(MOST_REASONS_NAMED).collectAsList().stream()
            .map(row -> row.<String>getAs(ID))
            .toList();
    List<String> reasons = new ArrayList<>();
    reasons.add(
        "%s lists %d ids, of which %d are of no document%s"
            .formatted(
                file.file(),
                listed.count(),
                unknown.count(),
                some.isEmpty() ? "" : ": " + String.join(", ", some)));
    shape(some).ifPresent(shape -> reasons.add(file.file() + " " + shape));
    return reasons;
  }

  /** What a file seems to be if it is not a list of ids, one per line. */
  static Optional<String> shape(List<String> ids) {
    if (ids.stream().anyMatch(id -> id.matches("[\"'].*[\"'],?"))) {
      return Optional.of("has ids in quotes: remove the quotes");
    }
    if (ids.stream().anyMatch(id -> id.indexOf(',') > 0 || id.indexOf(';') > 0)) {
      return Optional.of("seems to have several columns: write one id per line and nothing else");
    }
    return Optional.empty();
  }
}
