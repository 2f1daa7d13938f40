package lethe.corpus.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.LocalSpark;
import lethe.corpus.CorpusSettings;
import lethe.corpus.Prepare;
import lethe.corpus.SmallCorpora;
import lethe.corpus.source.Documents;
import lethe.corpus.source.Predicate;
import lethe.corpus.source.TableVersions;
import lethe.table.MaterializedTables;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitsTest {
  private static final String ALL_OF_A = "forget { where = \"domain = 'a'\"";

  @TempDir Path folder;
  private SmallCorpora corpora;

  @BeforeEach
  void writeCorpora() throws IOException {
    corpora = SmallCorpora.in(folder);
  }

  @Test
  void capsTakeWholeDocumentsByRank() {
    List<String> five = split(ALL_OF_A + ", documents = 5 }").get("forget");
    assertThat(five).hasSize(5);
    // Every document weighs ten tokens here, so that 59 tokens have room for five of them.
    assertThat(split(ALL_OF_A + ", tokens = 59 }")).containsEntry("forget", five);
    assertThat(split(ALL_OF_A + ", tokens { a = 50 } }")).containsEntry("forget", five);
    assertThat(split(ALL_OF_A + ", documents { b = 1 }, tokens { a = 59 } }"))
        .containsEntry("forget", five);
    assertThat(split(ALL_OF_A + ", documents = 6 }").get("forget")).hasSize(6).containsAll(five);
  }

  @Test
  void exceptTakesWhatIsLeft() {
    Map<String, List<String>> split =
        split(
            ALL_OF_A
                + ", documents = 5 }, retain { where = \"true\", except = forget, documents { b = 2 } }");
    assertThat(split.get("forget")).hasSize(5);
    assertThat(split.get("retain")).hasSize(17).doesNotContainAnyElementsOf(split.get("forget"));
  }

  @Test
  void fractionsCutOneLine() {
    Map<String, List<String>> split =
        split(
            "forget { where = \"true\", fraction = 0.3 }, retain { where = \"true\", fraction = [0.3, 1] }");
    assertThat(split.get("forget").size() + split.get("retain").size()).isEqualTo(30);
    assertThat(split.get("forget").size()).isBetween(3, 16);
  }

  @Test
  void predicatesReachTheSourcesOwnMembers() {
    Map<String, List<String>> split =
        split("forget { where = \"meta.number >= 18\" }, retain { where = \"meta.number < 2\" }");
    assertThat(split).containsEntry("forget", List.of("a18", "a19"));
    assertThat(split).containsEntry("retain", List.of("a0", "a1", "b0", "b1"));
  }

  @Test
  void idFilesMayBeLinesOrJson() throws IOException {
    corpora.write("ids.jsonl", List.of("{\"id\": \"a3\", \"note\": 1}", "a4\r", ""));
    corpora.write(
        "ids.json", List.of("{\"x\": {\"a\": [\"a5\"], \"b\": {\"c\": \"b6\"}}, \"y\": [\"a9\"]}"));
    Map<String, List<String>> split =
        split("forget { ids = \"ids.jsonl\" }, retain { ids { file = \"ids.json\", at = x } }");
    assertThat(split).containsEntry("forget", List.of("a3", "a4"));
    assertThat(split).containsEntry("retain", List.of("a5", "b6"));
  }

  @Test
  void namesDocumentsInTwoSplits() {
    try (MaterializedTables tables = new MaterializedTables()) {
      Splits splits =
          splits(
              tables,
              "forget { where = \"id = 'a7'\" }, retain { where = \"domain = 'a'\" }, "
                  + "general { where = \"true\", except = [forget, retain] }");
      assertThat(splits.conflicts())
          .extracting(Splits.Conflict::sentence)
          .containsExactly(
              "Document a7 of domain a is in two splits, forget and retain: narrow one of their rules, or let one except the other");
    }
  }

  @Test
  void aDocumentThatHoldsUpTheStageIsToldBeforeItDoes() throws IOException {
    List<String> lines = SmallCorpora.documents("a", 20);
    lines.add(SmallCorpora.document("large", "0123456789".repeat(1_700_000)));
    corpora.write("a.jsonl", lines);
    Prepare prepare = corpora.prepare("forget { where = \"domain = 'a'\" }", "", 64);
    assertThatThrownBy(
            () ->
                prepare.execute(
                    early -> {
                      if (!early.startsWith("tokenizing with ")) {
                        throw new IllegalStateException(early); // no need to go on
                      }
                    },
                    () -> {},
                    () -> {}))
        .hasMessage(
            "Document large of domain a in %s/a.jsonl has 17000000 characters: a single task reads it, and the stage waits for that task",
            folder);
    assertThat(folder.resolve("run")).doesNotExist();
    try (MaterializedTables tables = new MaterializedTables()) {
      String others = "forget { where = \"domain = 'a' AND id <> 'large'\" }";
      assertThat(splits(tables, others).giants()).isEmpty();
    }
  }

  /** The ids of each split, sorted. */
  private Map<String, List<String>> split(String rules) {
    Map<String, List<String>> found = new TreeMap<>();
    try (MaterializedTables tables = new MaterializedTables()) {
      Splits splits = splits(tables, rules);
      for (Row row : splits.taken().orderBy("id").collectAsList()) {
        found.merge(
            row.getString(0),
            List.of(row.getString(2)),
            (a, b) -> java.util.stream.Stream.concat(a.stream(), b.stream()).sorted().toList());
      }
    }
    return found;
  }

  private Splits splits(MaterializedTables tables, String rules) {
    CorpusSettings settings = corpora.settings(rules, "");
    List<Predicate> predicates = settings.splits().predicates();
    Dataset<Row> documents =
        new Documents(
                LocalSpark.SESSION,
                settings.sources(),
                predicates,
                new TableVersions(LocalSpark.SESSION, List.of()))
            .read();
    RuleFiles named =
        RuleFiles.read(settings.splits(), tables, LocalSpark.SESSION, corpora.run().files());
    Dataset<Row> index = new DocumentIndex(settings.splits(), settings.seed(), named).of(documents);
    return new Splits(
        settings.splits(),
        tables,
        tables.keep(index),
        which -> which.selectExpr("domain", "id", "10 AS tokens"));
  }
}
