package lethe.corpus;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The documents table: every row of every source, usable or not.
 *
 * <p>Columns {@code source} (the path in the settings), {@code domain}, {@code id}, {@code text},
 * the members that predicates name, and, with a leading underscore lest they hide such a member,
 * {@code _file}, {@code _reason} and {@code _detail} (why the row is unusable; null if it is a
 * document), {@code _excerpt} (its start, if it is unusable), {@code _url} (or null), {@code
 * _question} (null in plain text; the text is its answer) and {@code _characters} (of the text).
 */
final class Documents {
  private static final List<String> OWN = List.of("source", "domain", "id", "text");

  private final SparkSession spark;
  private final List<Source> sources;
  private final Fields fields;

  Documents(SparkSession spark, List<Source> sources, Collection<Predicate> predicates) {
    this.spark = spark;
    this.sources = sources;
    this.fields =
        Fields.at(
            predicates.stream()
                .flatMap(predicate -> predicate.columns().stream())
                .filter(path -> OWN.stream().noneMatch(path.get(0)::equalsIgnoreCase))
                .toList());
  }

  private StructType schema() {
    StructType schema = new StructType();
    for (String name : List.of("_file", "_reason", "_detail", "_excerpt", "_url", "_question")) {
      schema = schema.add(name, DataTypes.StringType);
    }
    schema = schema.add("_characters", DataTypes.IntegerType);
    for (String name : OWN) {
      schema = schema.add(name, DataTypes.StringType);
    }
    for (var member : fields.schema().fields()) {
      schema = schema.add(member);
    }
    return schema;
  }

  Dataset<Row> read() {
    return sources.stream().map(this::read).reduce(Dataset::unionAll).orElseThrow();
  }

  /** What is wrong with a predicate over this table, if anything is. */
  Optional<String> problem(Predicate predicate) {
    try {
      spark.createDataFrame(List.of(), schema()).where(predicate.sql());
      return Optional.empty();
    } catch (Exception e) { // Spark's AnalysisException, which is checked but not declared
      String why = e.getMessage().lines().findFirst().orElse("");
      return Optional.of(
          "must be a condition on a document, was \"%s\": %s".formatted(predicate.sql(), why));
    }
  }

  /** What is wrong with a source, if anything is that shows before it is read. */
  Optional<String> problem(Source source) {
    return SourceRows.problem(spark, source);
  }

  private Dataset<Row> read(Source source) {
    return SourceRows.of(spark, source).flatMap(new Parse(source, fields), Encoders.row(schema()));
  }

  /** A row of {@link SourceRows} to one of this table; a blank line is none. */
  private record Parse(Source source, Fields fields) implements FlatMapFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Row row) {
      byte[] bytes = (byte[]) row.get(0);
      if (!row.isNullAt(2)) {
        return List.of(values(JsonLine.file(bytes, row.getString(2)), bytes, row.getString(1)))
            .iterator();
      }
      return blank(bytes)
          ? Collections.emptyIterator()
          : List.of(values(JsonLine.parse(bytes, source), bytes, row.getString(1))).iterator();
    }

    private Row values(JsonLine line, byte[] bytes, String file) {
      List<Object> values = new ArrayList<>();
      values.add(file);
      values.add(line.reason());
      values.add(line.detail());
      values.add(line.reason() == null ? null : JsonLine.excerpt(bytes));
      values.add(line.url(source));
      values.add(line.question());
      values.add(line.text() == null ? null : line.text().codePointCount(0, line.text().length()));
      values.add(source.path());
      values.add(source.domain());
      values.add(line.id());
      values.add(line.text());
      Row members = fields.of(line.object());
      for (int i = 0; i < members.size(); i++) {
        values.add(members.get(i));
      }
      return RowFactory.create(values.toArray());
    }

    private static boolean blank(byte[] line) {
      for (byte b : line) {
        if (b != ' ' && b != '\t' && b != '\r') {
          return false;
        }
      }
      return true;
    }
  }
}
