package lethe.corpus.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PredicateTest {
  @Test
  void whatWouldOverflowAStackIsRefused() {
    String deep =
        "its parts are nested more than 200 deep; name documents in a file of ids instead";
    assertThat(Predicate.problem("NOT ".repeat(250) + "true")).contains(deep);
    assertThat(Predicate.problem("(".repeat(20_000) + "true" + ")".repeat(20_000))).contains(deep);
    assertThat(Predicate.problem("id = 'a'" + " OR id = 'a'".repeat(2_000))).isEmpty();
  }

  @Test
  void whatIsNotTheSameForADocumentEveryTimeIsRefused() {
    for (String call :
        List.of(
            "rand()",
            "uuid()",
            "now()",
            "current_timestamp()",
            "CURRENT_DATE()",
            "input_file_name()",
            "spark_partition_id()",
            "monotonically_increasing_id()",
            "unix_timestamp()",
            "shuffle(x)",
            "system.builtin.randn()")) {
      String name =
          call.replaceAll("\\(.*", "").replaceAll(".*[.]", "").toLowerCase(java.util.Locale.ROOT);
      assertThat(Predicate.problem("length(text) > 3 AND NOT (" + call + " = id)"))
          .contains(name + "() is not the same for a document in every run and partition");
    }
    assertThat(Predicate.problem("id < current_date"))
        .contains("current_date() is not the same for a document in every run and partition");
    assertThat(Predicate.problem("meta.day < date'today'"))
        .contains("a date that depends on today is not the same in every run");
  }

  @Test
  void whatRunsCodeOrLooksBeyondTheDocumentIsRefused() {
    assertThat(Predicate.problem("reflect('java.lang.System', 'setProperty', id, id) = 'x'"))
        .contains("reflect() can run any Java method, which is not allowed in a condition");
    assertThat(Predicate.problem("java_method('java.lang.System', 'exit', 0)"))
        .contains("java_method() can run any Java method, which is not allowed in a condition");
    String query = "it contains a query, but a condition sees only one document";
    assertThat(Predicate.problem("(SELECT count(*) FROM text.`/etc/hostname`) > 0"))
        .contains(query);
    assertThat(Predicate.problem("id IN (SELECT 1)")).contains(query);
    assertThat(Predicate.problem("EXISTS (SELECT 1)")).contains(query);
    assertThat(Predicate.problem("count(*) > 3"))
        .contains("count() needs values of many documents");
    assertThat(Predicate.problem("row_number() OVER (ORDER BY id) < 3").orElseThrow())
        .contains("needs more than one document's values");
    assertThat(Predicate.problem("explode(split(text, ' ')) = 'a'"))
        .contains("explode() makes rows, not a value");
    assertThat(Predicate.problem("foo(id)")).contains("foo() is not one of Spark's own functions");
  }

  @Test
  void aConditionThatIsCutOffIsNoName() {
    assertThat(Predicate.problem("domain = 'd' OR"))
        .contains("\"OR\" at its end is read as its alias");
  }

  @Test
  void ordinaryConditionsAreLeftAlone() {
    for (String sql :
        List.of(
            "domain = 'arxiv' AND meta.license LIKE 'CC-BY%' AND length(text) < 100000",
            "meta.number >= 18",
            "exists(split(text, ' '), w -> w = 'a')",
            "to_date(meta.day) < date'2024-01-01'",
            "get_json_object(meta, '$.language') IN ('en', 'de')",
            "`current_date` = 'x'",
            "true")) {
      assertThat(Predicate.problem(sql)).as(sql).isEmpty();
    }
  }

  @Test
  void idsThatAreNamedOneByOneAreKnown() {
    assertThat(new Predicate("id IN ('d2', 'd7') OR (id = 'd9' AND domain = 'x') OR id = 5").ids())
        .containsExactly("5", "d2", "d7", "d9");
    assertThat(new Predicate("NOT id IN ('d2') AND id <> 'd3' AND domain = 'd4'").ids()).isEmpty();
  }
}
