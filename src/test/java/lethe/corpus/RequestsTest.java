package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import lethe.LocalSpark;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestsTest {
  private static final String RULES =
      "forget { requests = \"ids.jsonl\" }, retain { where = \"domain = 'a'\", except = forget }";

  @TempDir Path folder;
  private SmallCorpora corpora;

  @BeforeEach
  void writeCorpora() throws IOException {
    corpora = SmallCorpora.in(folder);
    List<String> lines = SmallCorpora.documents("a", 20);
    lines.set(3, lines.get(3).replace("\"meta\": {", "\"meta\": {\"url\": \"https://x/3\", "));
    lines.set(4, "{\"id\": \"a4\"}");
    corpora.write("a.jsonl", lines);
  }

  @Test
  void aDocumentIsNamedByIdUrlOrHash() throws IOException {
    byte[] digest = lethe.folder.Files.sha256().digest(SmallCorpora.text("a", 7).getBytes(UTF_8));
    corpora.write(
        "ids.jsonl",
        List.of(
            "{\"request\": \"r1\", \"document\": \"a1\", \"domain\": \"a\"}",
            "{\"request\": \"r1\", \"document\": \"a2\"}",
            "{\"request\": \"r2\", \"url\": \"https://x/3\"}",
            "{\"request\": 3, \"sha256\": \"" + HexFormat.of().formatHex(digest) + "\"}"));
    Prepare.Result result = corpora.prepare(RULES, "maximum-rejects = 0.1", 64).execute();
    assertThat(result.evidence().warnings()).isEmpty();
    assertThat(answers())
        .containsExactly(
            "[r1,document,a1,a,a1,null]",
            "[r1,document,a2,a,a2,null]",
            "[r2,url,https://x/3,a,a3,null]",
            "[3,sha256," + HexFormat.of().formatHex(digest) + ",a,a7,null]");
    List<String> forgotten =
        Chunks.read(LocalSpark.SESSION, corpora.run())
            .where("split = 'forget'")
            .select("document")
            .distinct()
            .orderBy("document")
            .collectAsList()
            .stream()
            .map(row -> row.getString(0))
            .toList();
    assertThat(forgotten).containsExactly("a1", "a2", "a3", "a7");
  }

  @Test
  void requestsThatMatchNothingAreNamed() throws IOException {
    corpora.write(
        "ids.jsonl",
        List.of(
            "{\"request\": \"r1\", \"document\": \"a1\"}",
            "{\"request\": \"r2\", \"document\": \"a1\", \"domain\": \"b\"}",
            "{\"request\": \"r3\", \"document\": \"a4\"}",
            "{\"request\": \"r4\", \"url\": \"https://x/4\"}"));
    assertThatThrownBy(() -> corpora.prepare(RULES, "maximum-rejects = 0.1", 64).execute())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Request r2 of split forget matches nothing: document a1, no document has it",
            "Request r3 of split forget matches nothing: document a4, no text",
            "Request r4 of split forget matches nothing: url https://x/4, no document has it")
        .hasMessageNotContaining("r1");
    assertThat(folder.resolve("run")).doesNotExist();
    Evidence evidence =
        corpora.prepare(RULES, "maximum-rejects = 0.1, allow-unmet-requests = true", 64).preview();
    assertThat(evidence.warnings()).hasSize(3);
    assertThat(evidence.counts().get(0).documents()).isEqualTo(1);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aLineThatIsNoRequestIsShown() throws IOException {
    corpora.write(
        "ids.jsonl", List.of("{\"request\": \"r1\", \"document\": \"a1\", \"url\": \"u\"}"));
    assertThatThrownBy(() -> corpora.prepare(RULES, "maximum-rejects = 0.1", 64).execute())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "a line must have a request and one of document, url and sha256, was {");
  }

  @Test
  void listedIdsOfNoDocumentAreTold() throws IOException {
    Files.writeString(folder.resolve("ids.txt"), "a1\nzz\nyy\n");
    Evidence evidence =
        corpora.prepare("forget { ids = \"ids.txt\" }", "maximum-rejects = 0.1", 64).preview();
    assertThat(evidence.warnings()).hasSize(1);
    assertThat(evidence.warnings().get(0))
        .contains("2 ids in", "ids.txt are of no document: yy, zz");
  }

  private List<String> answers() {
    return LocalSpark.SESSION
        .read()
        .parquet(corpora.run().requests().toString())
        .select("request", "by", "key", "domain", "document", "reason")
        .orderBy("document")
        .collectAsList()
        .stream()
        .map(Row::toString)
        .toList();
  }
}
