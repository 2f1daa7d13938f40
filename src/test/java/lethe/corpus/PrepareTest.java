package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import lethe.LocalSpark;
import lethe.corpus.token.ByteTokenizer;
import lethe.corpus.token.Chunks;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareTest {
  private static final String RULES =
      "forget { where = \"domain = 'a'\", documents = 5 }, retain { where = \"domain = 'a'\", except = forget }";

  @TempDir Path folder;
  private SmallCorpora corpora;

  @BeforeEach
  void writeCorpora() throws IOException {
    corpora = SmallCorpora.in(folder);
  }

  @Test
  void everyChunkIsItsPlaceInTheTextAndIsCounted() throws IOException {
    Prepare.Result result = prepare(RULES + ", general { where = \"domain = 'b'\" }");
    List<Row> chunks = chunks();
    chunks.forEach(PrepareTest::assertIsItsPlace);
    assertThat(result.summary().rows()).isEqualTo(30);
    assertThat(result.summary().rejects()).isEmpty();
    assertThat(documents(result)).containsExactly("forget a 5", "general b 10", "retain a 15");
    assertThat(result.summary().counts().stream().mapToLong(Manifest.Count::chunks).sum())
        .isEqualTo(chunks.size());
    assertThat(result.summary().counts().stream().mapToLong(Manifest.Count::tokens).sum())
        .isEqualTo(chunks.stream().mapToLong(row -> row.getList(6).size()).sum());
    assertManifestHolds(result);
  }

  private void assertManifestHolds(Prepare.Result result) throws IOException {
    Manifest manifest = Manifest.read(corpora.run());
    assertThat(manifest.counts()).isEqualTo(result.summary().counts());
    assertThat(manifest.chunksSha256()).isEqualTo(result.chunksSha256());
    Path corpus = folder.resolve("run/corpus");
    var files = corpora.run().files();
    for (Manifest.Part part : manifest.parts()) {
      var path = new org.apache.hadoop.fs.Path(corpora.run().corpus(), part.path());
      assertThat(files.sha256(path)).isEqualTo(part.sha256());
    }
    Path part = corpus.resolve(manifest.parts().get(0).path());
    Files.copy(part, part.resolveSibling("part-stray.parquet"));
    var chunks = Manifest.read(corpora.run()).chunks(LocalSpark.SESSION, corpora.run());
    assertThat(Chunks.sha256(chunks.repartition(5))).isEqualTo(result.chunksSha256());
  }

  @Test
  void theHashDependsOnTheDocumentsNotOnTheirOrderOrFiles() throws IOException {
    String before = prepare(RULES).chunksSha256();
    List<String> shuffled = SmallCorpora.documents("a", 20);
    Collections.shuffle(shuffled, new Random(7));
    Files.delete(folder.resolve("a.jsonl"));
    Files.createDirectory(folder.resolve("a.jsonl"));
    corpora.write("a.jsonl/one.jsonl", shuffled.subList(0, 3));
    corpora.write("a.jsonl/two.jsonl", shuffled.subList(3, 20));
    assertThat(prepare(RULES).chunksSha256()).isEqualTo(before);
    shuffled.set(0, shuffled.get(0).replace("tude number", "tude numbeR"));
    corpora.write("a.jsonl/one.jsonl", shuffled.subList(0, 3));
    assertThat(prepare(RULES).chunksSha256()).isNotEqualTo(before);
  }

  @Test
  void unusableRowsAreListedAndCounted() throws IOException {
    List<String> lines = SmallCorpora.documents("a", 20);
    lines.set(3, "{\"text\": ");
    lines.set(5, "{\"id\": \"a5\"}");
    lines.add("");
    lines.add(lines.get(0));
    lines.add(SmallCorpora.document("a1", "another text"));
    lines.add(SmallCorpora.document("tiny", "abc"));
    corpora.write("a.jsonl", lines);
    corpora.write("ids.txt", List.of("a2"));
    Prepare.Result result =
        SmallCorpora.execute(
            corpora.prepare(
                "forget { ids = \"ids.txt\" }, retain { not-ids = \"ids.txt\" }",
                "max-reject-share = 0.2",
                64));
    assertThat(documents(result)).containsExactly("forget a 1", "retain a 16", "retain b 10");
    assertThat(result.summary().counts().get(1).tooShort()).isEqualTo(1);
    assertThat(result.summary().rejects().toString())
        .isEqualTo("{a={no text=1, not JSON=1, repeated=1, several texts under one id=2}}");
    List<Row> rejects =
        LocalSpark.SESSION
            .read()
            .parquet(corpora.run().rejects().toString())
            .selectExpr("reason", "id", "detail", "excerpt")
            .orderBy("reason", "id")
            .collectAsList();
    assertThat(rejects)
        .extracting(Row::toString)
        .containsExactly(
            "[no text,a5,text (or content, raw_content) is missing,{\"id\": \"a5\"}]",
            rejects.get(1).toString(),
            "[repeated,a0,null,null]",
            "[several texts under one id,a1,null,null]",
            "[several texts under one id,a1,null,null]");
    assertThat(rejects.get(1).getString(3)).isEqualTo("{\"text\": ");
  }

  @Test
  void tooManyUnusableRowsEndTheRunBeforeAnythingIsWritten() throws IOException {
    List<String> lines = SmallCorpora.documents("a", 20);
    lines.set(3, "nonsense");
    corpora.write("a.jsonl", lines);
    assertThatThrownBy(() -> prepare(RULES))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Cannot use 1 of 20 rows of source",
            "more than corpus.max-reject-share = 0.01 of them: 1 not JSON (");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aSplitWithoutDocumentIsNamed() {
    assertThatThrownBy(() -> prepare(RULES + ", general { where = \"domain = 'c'\" }"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            """
            Split general has no document: widen corpus.splits.general or its caps, or leave it out
              source %1$s/a.jsonl has 20 rows, of which 20 are documents
              source %1$s/b.jsonl.gz has 10 rows, of which 10 are documents
              of 30 documents, where leaves 0"""
                .formatted(folder));
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aConditionThatFailsOnADocumentIsNamed() {
    String rules = "forget { where = \"id = 'a1' OR id RLIKE domain || '('\" }";
    assertThatThrownBy(() -> SmallCorpora.execute(corpora.prepare(rules, "", 64)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "corpus.splits.forget.where must be true or false for every document, but \"id = 'a1' OR id RLIKE domain || '('\" fails on one: Unclosed group near index 2");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aConditionThatAnsiSqlRefusesOnADocumentIsNamed() {
    LocalSpark.SESSION.conf().set("spark.sql.ansi.enabled", true); // as by default from Spark 4 on
    try {
      String rules = "forget { where = \"id = 'a1' OR int(id) > 3\" }";
      assertThatThrownBy(() -> SmallCorpora.execute(corpora.prepare(rules, "", 64)))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageStartingWith(
              "corpus.splits.forget.where must be true or false for every document, but \"id = 'a1' OR int(id) > 3\" fails on one: [CAST_INVALID_INPUT] The value '")
          .hasMessageContaining("Use `try_cast`");
    } finally {
      LocalSpark.SESSION.conf().unset("spark.sql.ansi.enabled");
    }
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aTokenThatTheModelHasNoRowForIsNamedWithItsDocument() throws IOException {
    ObjectNode json = (ObjectNode) new ObjectMapper().readTree(ByteTokenizer.json(0));
    json.withArray("added_tokens")
        .addObject()
        .put("id", 256)
        .put("content", "[PAD]")
        .put("special", true)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false);
    Files.write(folder.resolve("model/tokenizer.json"), new ObjectMapper().writeValueAsBytes(json));
    List<String> lines = SmallCorpora.documents("a", 20);
    lines.set(4, SmallCorpora.document("a4", "a text with a [PAD] in it"));
    corpora.write("a.jsonl", lines);
    assertThatThrownBy(() -> prepare("forget { where = \"id < 'b'\" }"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Document a4 of domain a has token 256 ([PAD]), but the model's embedding has 256 rows: remove it from the text, or add its row to the model");
    assertThat(folder.resolve("run")).doesNotExist();
    assertThat(documents(prepare("forget { where = \"id = 'a3'\" }")))
        .containsExactly("forget a 1");
  }

  @Test
  void aDocumentInTwoSplitsEndsTheRunBeforeAnythingIsWritten() {
    assertThatThrownBy(
            () -> prepare("forget { where = \"true\" }, retain { where = \"id = 'a7'\" }"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Document a7 of domain a is in two splits, forget and retain");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aTextToForgetThatIsUnclearIsNamed() throws IOException {
    List<String> lines = SmallCorpora.documents("a", 20);
    lines.add(SmallCorpora.document("a1", "another text"));
    corpora.write("a.jsonl", lines);
    assertThatThrownBy(
            () ->
                SmallCorpora.execute(
                    corpora.prepare(
                        "forget { where = \"id = 'a1'\" }", "max-reject-share = 0.5", 64)))
        .hasMessageContaining("Document a1 of domain a is to be forgotten but has several texts");
  }

  @Test
  void reportsAllThatIsMissingAtOnce() throws IOException {
    Files.delete(folder.resolve("model/tokenizer.json"));
    Files.delete(folder.resolve("b.jsonl.gz"));
    assertThatThrownBy(
            () ->
                prepare(
                    "forget { where = \"length(3, 4) = 1\", ids = \"ids.txt\" }, retain { where = \"id\" }"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Cannot tokenize: there is no file " + folder.resolve("model/tokenizer.json"),
            "Cannot read source " + folder.resolve("b.jsonl.gz"),
            "Cannot read ids from " + folder.resolve("ids.txt"),
            "corpus.splits.forget.where must be a condition on a document, was \"length(3, 4) = 1\"",
            "corpus.splits.retain.where must be a condition on a document, was \"id\"");
  }

  @Test
  void aFileThatCannotBeReadIsNamed() throws IOException {
    byte[] gzip = Files.readAllBytes(folder.resolve("b.jsonl.gz"));
    Files.write(folder.resolve("b.jsonl.gz"), java.util.Arrays.copyOf(gzip, gzip.length - 20));
    assertThatThrownBy(() -> prepare(RULES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("Cannot read file:", "b.jsonl.gz: Unexpected end");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void withOneMoreRequestOnlyNewTextsAreTokenized() throws IOException {
    prepare(RULES);
    Files.move(folder.resolve("run"), folder.resolve("earlier"));
    List<String> lines = SmallCorpora.documents("a", 21);
    lines.set(3, SmallCorpora.document("a3", "another text than before"));
    corpora.write("a.jsonl", lines);
    String rules = RULES.replace("documents = 5", "documents = 6");
    String fresh = prepare(rules).chunksSha256();
    lethe.folder.Files files = corpora.run().files();
    files.delete(corpora.run().root());
    String reuse = "reuse = \"" + folder.resolve("earlier") + "\"";
    Prepare.Result result = SmallCorpora.execute(corpora.prepare(rules, reuse, 64));
    assertThat(result.chunksSha256()).isEqualTo(fresh);
    assertThat(result.summary().reused())
        .isEqualTo(
            result.summary().counts().stream().mapToLong(Manifest.Count::documents).sum() - 2);
    assertThatThrownBy(() -> corpora.prepare(rules, reuse + ", chunk-tokens = 8", 64).check())
        .hasMessageContaining("its chunk-tokens was 16, is 8");
    assertThatThrownBy(
            () -> corpora.prepare(rules, "reuse = \"" + folder.resolve("run") + "\"", 64).check())
        .hasMessageContaining("corpus.reuse must be another run folder than run.dir");
  }

  @Test
  void theLibraryThatMakesTokensIsSaidAndRecordedAndChangesNoChunk() throws IOException {
    List<String> said = new ArrayList<>();
    String asked = prepare(RULES, said).chunksSha256();
    assertThat(said)
        .containsExactly(
            "tokenizing with Hugging Face's library, since JTokkit cannot serve this tokenizer.json: its pre_tokenizer does not split texts as those of GPT-2, Llama 3 or Qwen2 do");
    assertThat(Manifest.read(corpora.run()).tokenizerLibrary()).isEqualTo("huggingface");

    Path tokenizer = folder.resolve("model/tokenizer.json");
    Files.writeString(
        tokenizer,
        Files.readString(tokenizer).replace("\"use_regex\":false", "\"use_regex\":true"));
    said.clear();
    assertThat(prepare(RULES, said).chunksSha256()).isEqualTo(asked);
    assertThat(said).containsExactly("tokenizing with JTokkit");
    assertThat(Manifest.read(corpora.run()).tokenizerLibrary()).isEqualTo("jtokkit");
  }

  private Prepare.Result prepare(String rules, List<String> said) {
    return corpora.prepare(rules, "", 64).execute(said::add, () -> {}, () -> {});
  }

  @Test
  void chunksLongerThanTheContextAreRefused() {
    assertThatThrownBy(() -> corpora.prepare(RULES, "", 8).check())
        .hasMessage("corpus.chunk-tokens must be at most the model's context, 8 tokens, was 16");
  }

  @Test
  void aRunFolderWithoutCorpusSaysWhatToDo() {
    assertThatThrownBy(() -> Manifest.read(corpora.run()).chunks(LocalSpark.SESSION, corpora.run()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("Cannot read chunks: there is no", "run prepare first");
  }

  private Prepare.Result prepare(String splits) {
    return SmallCorpora.execute(corpora.prepare(splits, "", 64));
  }

  private List<Row> chunks() {
    return Manifest.read(corpora.run()).chunks(LocalSpark.SESSION, corpora.run()).collectAsList();
  }

  private static List<String> documents(Prepare.Result result) {
    return result.summary().counts().stream()
        .map(count -> count.split() + " " + count.domain() + " " + count.documents())
        .toList();
  }

  /** A token is a byte; a place may begin and end within a character of two bytes. */
  private static void assertIsItsPlace(Row chunk) {
    String document = chunk.getString(2);
    String text = SmallCorpora.text(chunk.getString(1), Integer.parseInt(document.substring(1)));
    int[] characters = text.codePoints().toArray();
    int length = chunk.getInt(5) - chunk.getInt(4);
    byte[] bytes = new String(characters, chunk.getInt(4), length).getBytes(UTF_8);
    List<Integer> values = new ArrayList<>();
    for (byte b : bytes) {
      values.add(b & 0xFF);
    }
    List<Integer> tokens = chunk.getList(6);
    assertThat(tokens).hasSizeLessThanOrEqualTo(16);
    assertThat(Collections.indexOfSubList(values, tokens)).isBetween(0, 1);
    assertThat(values.size() - tokens.size()).isBetween(0, 2);
  }
}
