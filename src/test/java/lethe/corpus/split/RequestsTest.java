package lethe.corpus.split;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.corpus.CorpusSummary;
import lethe.corpus.Manifest;
import lethe.corpus.NothingToForget;
import lethe.corpus.Prepare;
import lethe.corpus.SmallCorpora;
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
    Prepare.Result result =
        SmallCorpora.execute(corpora.prepare(RULES, "max-reject-share = 0.1", 64));
    assertThat(result.summary().warnings()).isEmpty();
    assertThat(answers())
        .containsExactly(
            "[r1,document,a1,a,a1,null]",
            "[r1,document,a2,a,a2,null]",
            "[r2,url,https://x/3,a,a3,null]",
            "[3,sha256," + HexFormat.of().formatHex(digest) + ",a,a7,null]");
    List<String> forgotten =
        Manifest.read(corpora.run())
            .chunks(LocalSpark.SESSION, corpora.run())
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
    assertThatThrownBy(
            () -> SmallCorpora.execute(corpora.prepare(RULES, "max-reject-share = 0.1", 64)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Request r2 of split forget matches nothing: document a1, no document has it",
            "Request r3 of split forget matches nothing: document a4, no text",
            "Request r4 of split forget matches nothing: url https://x/4, no document has it")
        .hasMessageNotContaining("r1");
    assertThat(folder.resolve("run")).doesNotExist();
    CorpusSummary summary =
        corpora.prepare(RULES, "max-reject-share = 0.1, allow-unmet-requests = true", 64).preview();
    assertThat(summary.warnings()).hasSize(3);
    assertThat(summary.counts().get(0).documents()).isEqualTo(1);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aLineThatIsNoRequestIsShown() throws IOException {
    corpora.write(
        "ids.jsonl", List.of("{\"request\": \"r1\", \"document\": \"a1\", \"url\": \"u\"}"));
    assertThatThrownBy(
            () -> SmallCorpora.execute(corpora.prepare(RULES, "max-reject-share = 0.1", 64)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "a line must have a request and one of document, url and sha256, was {");
  }

  @Test
  void whatTheForgetSplitNamesAndLacksIsAnErrorUnlessAllowed() throws IOException {
    List<String> lines = SmallCorpora.documents("a", 20);
    lines.set(4, "{\"id\": \"a4\"}");
    lines.set(5, SmallCorpora.document("a5", "abcd")); // four tokens
    corpora.write("a.jsonl", lines);
    Files.writeString(folder.resolve("ids.txt"), "a1\nzz\na4\na5\n");
    Files.writeString(folder.resolve("ids.others"), "a1\nzz\n");
    String rules =
        "forget { ids = \"ids.txt\" }, retain { not-ids = \"ids.others\", except = forget }";
    assertThatThrownBy(
            () -> SmallCorpora.execute(corpora.prepare(rules, "max-reject-share = 0.1", 64)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            """
            Document a4 of domain a is to be forgotten and cannot be used: no text, text (or content, raw_content) is missing
            Document a5 of domain a is to be forgotten and has no chunk: shorter than corpus.min-tail-tokens = 5 tokens
            Id zz in %s/ids.txt is of no document
            Missing requests, ids or documents to forget, for reasons like these: 3; correct them, or set corpus.allow-unmet-requests = true to continue without them"""
                .formatted(folder));
    assertThat(folder.resolve("run")).doesNotExist();
    CorpusSummary summary =
        SmallCorpora.execute(
                corpora.prepare(rules, "max-reject-share = 0.1, allow-unmet-requests = true", 64))
            .summary();
    assertThat(summary.warnings())
        .hasSize(4)
        .contains("1 ids in " + folder + "/ids.others are of no document: zz");
    assertThat(Manifest.read(corpora.run()).forgetUnmet()).isEqualTo(3);
  }

  @Test
  void aRequestForADocumentWithoutChunkIsUnmet() throws IOException {
    corpora.write(
        "a.jsonl",
        List.of(
            SmallCorpora.document("phone", "0171"), SmallCorpora.document("a1", "long enough")));
    corpora.write("ids.jsonl", List.of("{\"request\": \"r0\", \"document\": \"phone\"}"));
    assertThatThrownBy(() -> SmallCorpora.execute(corpora.prepare(RULES, "", 64)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Request r0 of split forget matches nothing: document phone, shorter than corpus.min-tail-tokens = 5 tokens",
            "Missing requests, ids or documents to forget, for reasons like these: 1;");
    assertThatThrownBy(
            () -> SmallCorpora.execute(corpora.prepare(RULES, "allow-unmet-requests = true", 64)))
        .isInstanceOf(NothingToForget.class)
        .hasMessage(
            "Split forget has no chunk: all of its 1 documents are shorter than corpus.min-tail-tokens = 5 tokens");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void idsThatAConditionNamesAreMissedToo() throws IOException {
    List<String> lines = SmallCorpora.documents("a", 20);
    lines.set(7, lines.get(7).replace("\"meta\"", "\"score\": oops, \"meta\""));
    corpora.write("a.jsonl", lines);
    String ids =
        IntStream.range(0, 12).mapToObj(i -> "'x" + i + "'").collect(Collectors.joining(", "));
    assertThatThrownBy(
            () ->
                SmallCorpora.execute(
                    corpora.prepare(
                        "forget { where = \"id IN ('a2', 'a7', %s) AND id <> 'x'\" }"
                            .formatted(ids),
                        "max-reject-share = 0.1",
                        64)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Id a7 in corpus.splits.forget.where is of no document\n",
            "Id x6 in corpus.splits.forget.where is of no document\nand 3 more\n",
            "Missing requests, ids or documents to forget, for reasons like these: 13;");
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
