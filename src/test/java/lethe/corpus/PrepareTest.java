package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareTest {
  private static final String FORGET_SOME =
      "forget { where = \"domain = 'a'\", documents = 5 }, retain { where = \"domain = 'a'\", except = forget }";

  @TempDir Path folder;

  @BeforeEach
  void writeCorpora() throws IOException {
    Files.createDirectory(folder.resolve("model"));
    Files.write(folder.resolve("model/tokenizer.json"), ByteTokenizer.json(0));
    write("a.jsonl", documents("a", 20));
    write("ids.txt", List.of("a2"));
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("b.jsonl.gz")))) {
      out.write(String.join("\n", documents("b", 10)).getBytes(UTF_8));
    }
  }

  @Test
  void everyChunkIsItsPlaceInTheText() {
    prepare("forget { where = \"true\" }");
    List<Row> chunks = chunks();
    assertThat(chunks).isNotEmpty();
    for (Row chunk : chunks) {
      String text = text(chunk.getString(1), Integer.parseInt(chunk.getString(2).substring(1)));
      int[] characters = text.codePoints().toArray();
      String part = new String(characters, chunk.getInt(4), chunk.getInt(5) - chunk.getInt(4));
      byte[] bytes = part.getBytes(UTF_8);
      List<Integer> tokens = chunk.getList(6);
      assertThat(tokens).hasSizeLessThanOrEqualTo(16);
      // A chunk may begin and end within a character of two bytes, which its place then covers.
      assertThat(Collections.indexOfSubList(unsigned(bytes), tokens)).isBetween(0, 1);
      assertThat(bytes.length - tokens.size()).isBetween(0, 2);
    }
  }

  @Test
  void countsWhatItWrote() {
    Prepare.Result result = prepare(FORGET_SOME + ", general { where = \"domain = 'b'\" }");
    assertThat(result.rows()).isEqualTo(30);
    assertThat(result.rejects()).isEmpty();
    assertThat(result.counts())
        .extracting(c -> c.split() + " " + c.domain() + " " + c.documents())
        .containsExactly("forget a 5", "general b 10", "retain a 15");
    assertThat(result.counts().stream().mapToLong(Manifest.Count::chunks).sum())
        .isEqualTo(chunks().size());
    assertThat(result.counts().stream().mapToLong(Manifest.Count::tokens).sum())
        .isEqualTo(chunks().stream().mapToLong(row -> row.getList(6).size()).sum());
    Manifest manifest = Manifest.read(run());
    assertThat(manifest.counts()).isEqualTo(result.counts());
    assertThat(manifest.chunksSha256()).isEqualTo(result.chunksSha256());
    for (Manifest.Part part : manifest.parts()) {
      assertThat(run().files().sha256(new org.apache.hadoop.fs.Path(run().corpus(), part.path())))
          .isEqualTo(part.sha256());
    }
  }

  @Test
  void theHashDependsOnTheDocumentsNotOnTheirOrderOrFiles() throws IOException {
    String splits = FORGET_SOME + ", general { where = \"domain = 'b'\", fraction = 0.7 }";
    String before = prepare(splits).chunksSha256();
    List<String> shuffled = documents("a", 20);
    Collections.shuffle(shuffled, new Random(7));
    Files.delete(folder.resolve("a.jsonl"));
    Files.createDirectory(folder.resolve("a.jsonl"));
    write("a.jsonl/one.jsonl", shuffled.subList(0, 3));
    write("a.jsonl/two.jsonl", shuffled.subList(3, 20));
    assertThat(prepare(splits).chunksSha256()).isEqualTo(before);
    shuffled.set(0, shuffled.get(0).replace("tude number", "tude numbeR"));
    write("a.jsonl/one.jsonl", shuffled.subList(0, 3));
    assertThat(prepare(splits).chunksSha256()).isNotEqualTo(before);
  }

  @Test
  void readsOnlyTheFilesOfTheManifest() throws IOException {
    prepare(FORGET_SOME);
    List<Row> before = chunks();
    Path part;
    try (var files = Files.walk(folder.resolve("run/corpus"))) {
      part = files.filter(f -> f.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
    Files.copy(part, part.resolveSibling("part-stray.parquet"));
    assertThat(chunks()).hasSameSizeAs(before);
  }

  @Test
  void unusableRowsAreListedAndCounted() throws IOException {
    List<String> lines = documents("a", 20);
    lines.set(3, "{\"text\": ");
    lines.set(5, "{\"id\": \"a5\"}");
    lines.add("");
    lines.add(lines.get(0));
    lines.add(document("a1", "another text"));
    write("a.jsonl", lines);
    Prepare.Result result =
        prepare("forget { ids = \"ids.txt\" }, retain { not-ids = \"ids.txt\" }", "0.2");
    assertThat(result.rejects())
        .containsEntry("not JSON", 1L)
        .containsEntry("no text", 1L)
        .containsEntry(Index.REPEATED, 1L)
        .containsEntry(Index.CONTRADICTED, 2L);
    List<Row> rejects =
        LocalSpark.SESSION
            .read()
            .parquet(folder.resolve("run/corpus-rejects").toString())
            .orderBy("reason", "id")
            .collectAsList();
    assertThat(rejects)
        .extracting(row -> row.getString(row.fieldIndex("reason")))
        .containsExactly(
            "no text",
            "not JSON",
            "repeated",
            "several texts under one id",
            "several texts under one id");
    assertThat(rejects.get(1).getString(rejects.get(1).fieldIndex("excerpt")))
        .isEqualTo("{\"text\": ");
    assertThat(result.counts())
        .extracting(c -> c.split() + " " + c.domain() + " " + c.documents())
        .containsExactly("forget a 1", "retain a 16", "retain b 10");
  }

  @Test
  void tooManyUnusableRowsEndTheRunBeforeAnythingIsWritten() throws IOException {
    List<String> lines = documents("a", 20);
    lines.set(3, "nonsense");
    write("a.jsonl", lines);
    assertThatThrownBy(() -> prepare(FORGET_SOME))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Cannot use 1 of 20 rows of source",
            "more than corpus.maximum-rejects = 0.01 of them: 1 not JSON (");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aDocumentInTwoSplitsIsNamed() {
    assertThatThrownBy(
            () -> prepare("forget { where = \"id = 'a7'\" }, retain { where = \"domain = 'a'\" }"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Document a7 of domain a is in two splits, forget and retain:");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aSplitWithoutDocumentIsNamed() {
    assertThatThrownBy(() -> prepare(FORGET_SOME + ", general { where = \"domain = 'c'\" }"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Split general has no document: widen corpus.splits.general or its caps, or leave it out");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aTextToForgetThatIsUnclearIsNamed() throws IOException {
    List<String> lines = documents("a", 20);
    lines.add(document("a1", "another text"));
    write("a.jsonl", lines);
    assertThatThrownBy(() -> prepare("forget { where = \"id = 'a1'\" }", "0.5"))
        .hasMessageContaining("Document a1 of domain a is to be forgotten but has several texts");
  }

  @Test
  void reportsAllThatIsMissingAtOnce() throws IOException {
    Files.delete(folder.resolve("model/tokenizer.json"));
    Files.delete(folder.resolve("b.jsonl.gz"));
    Files.delete(folder.resolve("ids.txt"));
    assertThatThrownBy(
            () ->
                prepare(
                    "forget { where = \"meta.stars(3) = txt\", ids = \"ids.txt\" }, retain { where = \"id\" }"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Cannot tokenize: there is no file " + folder.resolve("model/tokenizer.json"),
            "Cannot read source " + folder.resolve("b.jsonl.gz"),
            "Cannot read ids from " + folder.resolve("ids.txt"),
            "corpus.splits.forget.where must be a condition on a document",
            "corpus.splits.retain.where must be a condition on a document, was \"id\"");
  }

  @Test
  void chunksLongerThanTheContextAreRefused() {
    assertThatThrownBy(
            () ->
                new Prepare(
                        LocalSpark.SESSION,
                        settings(FORGET_SOME, "0.01"),
                        run(),
                        folder.resolve("model").toString(),
                        8)
                    .check())
        .hasMessage("corpus.chunk-tokens must be at most the model's context, 8 tokens, was 16");
  }

  @Test
  void capsTakeWholeDocumentsByRank() {
    long all = tokens(prepare("forget { where = \"domain = 'a'\" }"), "forget");
    Prepare.Result half = prepare("forget { where = \"domain = 'a'\", tokens = " + all / 2 + " }");
    List<String> documents = documentsOf("forget");
    assertThat(tokens(half, "forget")).isBetween(all / 2 - 80, all / 2);
    prepare("forget { where = \"domain = 'a'\", documents = " + documents.size() + " }");
    assertThat(documentsOf("forget")).isEqualTo(documents);
    prepare("forget { where = \"domain = 'a'\", tokens { a = " + all / 2 + " } }");
    assertThat(documentsOf("forget")).isEqualTo(documents);
  }

  @Test
  void fractionsCutOneLine() {
    prepare(
        "forget { where = \"true\", fraction = 0.3 }, retain { where = \"true\", fraction = [0.3, 1] }");
    assertThat(documentsOf("forget").size() + documentsOf("retain").size()).isEqualTo(30);
    assertThat(documentsOf("forget").size()).isBetween(3, 16);
  }

  @Test
  void predicatesReachTheSourcesOwnMembers() {
    prepare("forget { where = \"meta.number >= 18\" }, retain { where = \"meta.number < 2\" }");
    assertThat(documentsOf("forget")).containsExactly("a18", "a19");
    assertThat(documentsOf("retain")).containsExactly("a0", "a1", "b0", "b1");
  }

  @Test
  void idFilesMayBeJson() throws IOException {
    write("ids.jsonl", List.of("{\"id\": \"a3\", \"note\": 1}", "a4"));
    write(
        "ids.json", List.of("{\"x\": {\"a\": [\"a5\"], \"b\": {\"c\": \"b6\"}}, \"y\": [\"a9\"]}"));
    prepare("forget { ids = \"ids.jsonl\" }, retain { ids { file = \"ids.json\", at = x } }");
    assertThat(documentsOf("forget")).containsExactly("a3", "a4");
    assertThat(documentsOf("retain")).containsExactly("a5", "b6");
  }

  private Prepare.Result prepare(String splits) {
    return prepare(splits, "0.01");
  }

  private Prepare.Result prepare(String splits, String maximumRejects) {
    return new Prepare(
            LocalSpark.SESSION,
            settings(splits, maximumRejects),
            run(),
            folder.resolve("model").toString(),
            64)
        .execute();
  }

  private CorpusSettings settings(String splits, String maximumRejects) {
    String text =
        """
        corpus {
          sources = [{ path = "a.jsonl", domain = a }, { path = "b.jsonl.gz", domain = b }]
          splits { %s }
          chunk-tokens = 16
          maximum-rejects = %s
        }
        """
            .formatted(splits, maximumRejects)
            .replaceAll("\"(a|b|ids)([.]\\w+)", "\"" + folder + "/$1$2");
    try {
      Path file = Files.writeString(folder.resolve("run.conf"), text);
      Settings settings = Settings.load(file, List.of());
      CorpusSettings read = CorpusSettings.read(settings.root());
      settings.check();
      return read;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private RunFolder run() {
    return RunFolder.of(folder.resolve("run").toString(), new Configuration());
  }

  private List<Row> chunks() {
    return Chunks.read(LocalSpark.SESSION, run()).collectAsList();
  }

  private List<String> documentsOf(String split) {
    return chunks().stream()
        .filter(row -> row.getString(0).equals(split))
        .map(row -> row.getString(2))
        .distinct()
        .sorted()
        .toList();
  }

  private static long tokens(Prepare.Result result, String split) {
    return result.counts().stream()
        .filter(count -> count.split().equals(split))
        .mapToLong(Manifest.Count::tokens)
        .sum();
  }

  private static List<Integer> unsigned(byte[] bytes) {
    List<Integer> values = new ArrayList<>();
    for (byte b : bytes) {
      values.add(b & 0xFF);
    }
    return values;
  }

  private static String text(String domain, int number) {
    return "the \u00e9tude number " + number + " of " + domain + ", na\u00efve ".repeat(number % 4);
  }

  private static List<String> documents(String domain, int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                document(domain + i, text(domain, i))
                    .replace("}", ", \"meta\": {\"number\": " + i + "}}"))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static String document(String id, String text) {
    return "{\"id\": \"" + id + "\", \"text\": \"" + text + "\"}";
  }

  private void write(String name, List<String> lines) throws IOException {
    Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }
}
