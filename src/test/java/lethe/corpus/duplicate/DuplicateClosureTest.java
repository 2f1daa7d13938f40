package lethe.corpus.duplicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.corpus.SmallCorpora;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DuplicateClosureTest {
  private static final String RULES =
      """
      forget { where = "id = 'f'" }
      retain { where = "domain = 'a'", except = [forget, approximate], documents = 6 }
      approximate { where = "id = 'u'" }
      holdout { where = "domain = 'b'" }
      """;

  @TempDir Path folder;
  private SmallCorpora corpora;

  /** A document f, and in retain's domain: a copy, a near copy, a longer text with it, a chain. */
  @BeforeEach
  void writeCorpora() throws IOException {
    corpora = SmallCorpora.in(folder);
    List<String> text = words("f", 40);
    List<String> near = new ArrayList<>(text);
    near.subList(0, 3).clear();
    List<String> lines = new ArrayList<>();
    lines.add(document("f", text));
    lines.add(
        SmallCorpora.document("copy", String.join("  ", text).toUpperCase(java.util.Locale.ROOT)));
    lines.add(document("near", near));
    lines.add(document("chained", words("h", 200)));
    List<String> host = words("h", 200);
    host.addAll(100, text);
    lines.add(document("host", host));
    lines.add(document("excerpt", text.subList(20, 33)));
    lines.add(document("u", words("u", 40)));
    List<String> leak = words("u", 40);
    leak.addAll(words("v", 5));
    lines.add(document("leak", leak));
    for (int i = 0; i < 6; i++) {
      lines.add(document("other" + i, words("o" + i, 40)));
    }
    corpora.write("a.jsonl", lines);
  }

  private static List<String> words(String name, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> name + "x" + i)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static String document(String id, List<String> words) {
    return SmallCorpora.document(id, String.join(" ", words));
  }

  @Test
  void repeatsOfForgottenTextsAreDroppedAndTheCapFilledWithOthers() {
    Prepare.Result result =
        SmallCorpora.execute(corpora.prepare(RULES, "duplicates.action = drop", 64));
    assertThat(documents(result)).contains("forget 1", "retain 6");
    assertThat(ids("retain")).doesNotContain("copy", "near", "host", "excerpt");
    assertThat(listed())
        .contains(
            "retain excerpt of forget f: excerpt, dropped",
            "retain copy of forget f: exact, dropped",
            "retain near of forget f: near, dropped",
            "retain host of forget f: contained, dropped",
            "retain chained of retain host: near, chain")
        .noneMatch(line -> line.contains("other"));
    assertThat(result.summary().duplicates())
        .contains(new Repeat("retain", "a", "forget", "exact", "dropped", 1));
    assertThat(Manifest.read(corpora.run()).duplicates()).isEqualTo(result.summary().duplicates());
  }

  /** What was forgotten before must not be taught again, by itself or by a copy. */
  @Test
  void repeatsOfWhatWasForgottenEarlierAreDroppedToo() {
    SmallCorpora.execute(
        corpora.prepare(
            """
            forget { where = "id = 'other5'" }
            earlier { where = "id = 'f'", except = forget }
            retain { where = "domain = 'a'", except = [forget, earlier, approximate] }
            approximate { where = "id = 'u'" }
            """,
            "duplicates.action = drop",
            64));
    assertThat(ids("forget")).containsExactly("other5");
    assertThat(ids("earlier")).containsExactly("f");
    assertThat(ids("retain"))
        .contains("other0")
        .doesNotContain("f", "copy", "near", "host", "excerpt");
    assertThat(listed()).contains("retain copy of earlier f: exact, dropped");
  }

  @Test
  void repeatsCanBeForgottenToo() {
    Prepare.Result result =
        SmallCorpora.execute(corpora.prepare(RULES, "duplicates.action = forget", 64));
    assertThat(ids("forget")).containsExactlyInAnyOrder("f", "copy", "near", "host", "excerpt");
    assertThat(ids("retain")).doesNotContain("copy", "near", "host");
    assertThat(result.summary().duplicates())
        .contains(new Repeat("retain", "a", "forget", "near", "forgotten", 1));
  }

  @Test
  void trainingOnWhatIsTakenForUnseenIsListed() {
    SmallCorpora.execute(
        corpora.prepare(
            RULES.replace("documents = 6", "documents = 13"), "duplicates.action = list", 64));
    assertThat(ids("retain")).contains("copy", "near", "host", "leak");
    assertThat(listed())
        .contains(
            "retain leak of approximate u: near, listed", "retain copy of forget f: exact, listed");
  }

  @Test
  void anExcerptOfALongTextIsDroppedWithTheShareThatIsQuoted() throws IOException {
    List<String> whole = words("w", 400); // some 2,400 characters
    List<String> part = new ArrayList<>(whole.subList(100, 225));
    part.add("x");
    corpora.write(
        "a.jsonl",
        List.of(document("f", whole), document("part", part), document("other", words("o", 126))));
    SmallCorpora.execute(
        corpora.prepare(
            "forget { where = \"id = 'f'\" }, retain { where = \"domain = 'a'\", except = forget }",
            "duplicates.action = drop",
            64));
    assertThat(ids("retain")).containsExactly("other");
    Row listed = LocalSpark.SESSION.read().parquet(corpora.run().duplicates().toString()).head();
    assertThat(listed.<Double>getAs("contained")).isCloseTo(121 / 396.0, within(1e-9));
    assertThat(listed.<Double>getAs("excerpt")).isCloseTo(121 / 122.0, within(1e-9));
  }

  @Test
  void aSplitOfWhichDuplicatesLeaveNothingSaysSo() {
    String rules = "forget { where = \"id = 'f'\" }, retain { where = \"id IN ('near', 'host')\" }";
    assertThatThrownBy(
            () -> SmallCorpora.execute(corpora.prepare(rules, "duplicates.action = drop", 64)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            """
            Split retain has no document: widen corpus.splits.retain or its caps, or leave it out
              all of its 2 documents repeat documents to forget and were dropped; see corpus.duplicates""");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  private static List<String> documents(Prepare.Result result) {
    return result.summary().counts().stream().map(c -> c.split() + " " + c.documents()).toList();
  }

  private List<String> ids(String split) {
    return Manifest.read(corpora.run())
        .chunks(LocalSpark.SESSION, corpora.run())
        .where("split = '" + split + "'")
        .select("document")
        .distinct()
        .collectAsList()
        .stream()
        .map(row -> row.getString(0))
        .toList();
  }

  private List<String> listed() {
    Row[] rows =
        (Row[]) LocalSpark.SESSION.read().parquet(corpora.run().duplicates().toString()).collect();
    return Arrays.stream(rows)
        .map(
            row ->
                "%s %s of %s %s: %s, %s"
                    .formatted(
                        row.getAs("split"),
                        row.getAs("document"),
                        row.getAs("of_split"),
                        row.getAs("of_document"),
                        row.getAs("kind"),
                        row.getAs("action")))
        .toList();
  }
}
