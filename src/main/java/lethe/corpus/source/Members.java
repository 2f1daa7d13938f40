package lethe.corpus.source;

import static lethe.corpus.source.Documents.FILE;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lethe.table.Columns;
import lethe.table.Rows;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * What a condition names that the rows of the sources do not have, and what they have instead.
 *
 * @param documents of {@link Documents}
 */
public record Members(List<Source> sources, Dataset<Row> documents) {
  /** Rows of each source that are searched for members. */
  private static final int ROWS_SEARCHED = 100;

  /** Sentences on members that are null in every row, and on members that are hidden. */
  public List<String> remarks(Predicate where) {
    List<String> remarks = new ArrayList<>();
    List<JsonNode> rows = rows();
    for (List<String> path : where.columns().stream().distinct().toList()) {
      if (Documents.OWN.contains(path.get(0).toLowerCase(Locale.ROOT))) {
        hidden(path.get(0), rows).ifPresent(remarks::add);
      } else if (Rows.aggregate(documents, count(col(quoted(path)))) == 0) {
        remarks.add(String.join(".", path) + " is null in every row" + instead(path, rows));
      }
    }
    return remarks;
  }

  /** Some rows of each source, unchanged. */
  private List<JsonNode> rows() {
    List<JsonNode> rows = new ArrayList<>();
    for (Source source : sources) {
      rows.addAll(Documents.some(documents.sparkSession(), source, ROWS_SEARCHED));
    }
    return rows;
  }

  private Optional<String> hidden(String name, List<JsonNode> rows) {
    String own = name.toLowerCase(Locale.ROOT);
    if (!Set.of(Documents.SOURCE, Columns.DOMAIN).contains(own)
        || rows.stream().noneMatch(r -> r.has(own))) {
      return Optional.empty();
    }
    String values =
        sources.stream()
            .map(source -> own.equals(Documents.SOURCE) ? source.path() : source.domain())
            .distinct()
            .limit(3)
            .collect(Collectors.joining(", "));
    return Optional.of(
        "%s is the source's %s in the settings (%s) and hides the rows' own member of that name"
            .formatted(own, own.equals(Documents.SOURCE) ? "path" : "domain", values));
  }

  /** What the rows have where this path is missing. */
  private String instead(List<String> path, List<JsonNode> rows) {
    String dotted = String.join(".", path);
    if (path.size() > 1 && rows.stream().anyMatch(row -> row.has(dotted))) {
      return "; rows have a member with a dot in its name: write `" + dotted + "`";
    }
    String outer = path.get(0);
    if (path.size() > 1 && rows.stream().anyMatch(row -> row.path(outer).isTextual())) {
      String rest = String.join(".", path.subList(1, path.size()));
      return "; %s is a text: where it is JSON, write get_json_object(%1$s, '$.%s')"
          .formatted(outer, rest);
    }
    if (!documents.where(col(FILE).contains("/" + outer + "=")).isEmpty()) {
      return "; it is in the name of a folder that the source's path includes: give the folder above it as path";
    }
    Set<String> known = new TreeSet<>();
    rows.forEach(row -> members("", row, known));
    return known.stream()
        .min(Comparator.comparingInt(name -> distance(name, dotted)))
        .filter(name -> distance(name, dotted) <= Math.max(2, dotted.length() / 3))
        .map(name -> "; did you mean " + name + "?")
        .orElse(known.isEmpty() ? "" : "; rows have " + first(known));
  }

  private static String first(Set<String> known) {
    return known.stream().limit(10).collect(Collectors.joining(", "))
        + (known.size() > 10 ? ", ..." : "");
  }

  /** Letters to change, whatever their case. */
  private static int distance(String a, String b) {
    return UTF8String.fromString(a.toLowerCase(Locale.ROOT))
        .levenshteinDistance(UTF8String.fromString(b.toLowerCase(Locale.ROOT)));
  }

  private static void members(String prefix, JsonNode object, Set<String> found) {
    object
        .properties()
        .forEach(
            member -> {
              String path = prefix + member.getKey();
              if (member.getValue().isObject()) {
                members(path + ".", member.getValue(), found);
              } else {
                found.add(path);
              }
            });
  }

  private static String quoted(List<String> path) {
    return path.stream()
        .map(name -> "`" + name.replace("`", "``") + "`")
        .collect(Collectors.joining("."));
  }
}
