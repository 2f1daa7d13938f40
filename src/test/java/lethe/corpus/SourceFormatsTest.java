package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lethe.LocalSpark;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.io.compress.BZip2Codec;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every kind of source gives the documents that the plain file gives. */
class SourceFormatsTest {
  @TempDir Path folder;
  private SmallCorpora corpora;

  @BeforeEach
  void writeCorpora() throws IOException {
    corpora = SmallCorpora.in(folder);
    Files.createDirectories(folder.resolve("in"));
  }

  @Test
  void compressedLinesAreReadByTheirNames() throws IOException {
    byte[] all = Files.readAllBytes(folder.resolve("a.jsonl"));
    int half = new String(all, UTF_8).indexOf("{\"id\": \"a10\"");
    int bytes = new String(all, UTF_8).substring(0, half).getBytes(UTF_8).length;
    // Two frames in one file, as tools that compress in parallel write them.
    try (OutputStream out = Files.newOutputStream(folder.resolve("in/one.jsonl.zst"))) {
      out.write(Zstd.compress(java.util.Arrays.copyOfRange(all, 0, bytes / 2)));
      out.write(Zstd.compress(java.util.Arrays.copyOfRange(all, bytes / 2, bytes)));
    }
    BZip2Codec codec = new BZip2Codec();
    codec.setConf(new org.apache.hadoop.conf.Configuration());
    try (OutputStream out =
        codec.createOutputStream(Files.newOutputStream(folder.resolve("in/two.jsonl.bz2")))) {
      out.write(all, bytes, all.length - bytes);
    }
    assertThat(texts("{ path = \"" + folder + "/in\", domain = a }")).isEqualTo(plain());
  }

  @Test
  void parquetHasItsColumnsForMembers() {
    Dataset<Row> table = LocalSpark.SESSION.read().json(folder + "/a.jsonl");
    table.withColumnRenamed("text", "content").write().parquet(folder + "/in/p");
    assertThat(texts("{ path = \"" + folder + "/in/p\", domain = a, format = parquet }"))
        .isEqualTo(plain());
  }

  @Test
  void otherFormatsOfSparkTakeItsOptions() throws IOException {
    corpora.write(
        "in/table.csv", List.of("id;body", "c1;one, with a comma", "c2;\"two; quoted\"", "c3;"));
    CorpusSettings settings =
        corpora.settings(
            "{ path = \"%s/in/table.csv\", domain = c, format = csv, text = body, options { header = true, sep = \";\" } }"
                .formatted(folder),
            "forget { where = \"true\" }",
            "max-reject-share = 0.5, allow-unmet-requests = true");
    Prepare.Result result = SmallCorpora.execute(corpora.prepare(settings, 64));
    assertThat(result.summary().rejects().toString()).isEqualTo("{c={no text=1}}");
    assertThat(chunks()).containsExactly("forget c1 one, with a comm", "forget c2 two; quoted");
  }

  @Test
  void tablesOfTheCatalogAreReadByName() {
    LocalSpark.SESSION.read().json(folder + "/a.jsonl").createOrReplaceTempView("small_documents");
    try {
      assertThat(texts("{ path = small_documents, domain = a, format = table }"))
          .isEqualTo(plain());
    } finally {
      LocalSpark.SESSION.catalog().dropTempView("small_documents");
    }
    assertThatThrownBy(() -> texts("{ path = no_such_table, domain = a, format = table }"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot read source no_such_table as table: there is no such table in catalog spark_catalog; restore it, or name another one");
    assertThatThrownBy(() -> texts("{ path = \"a.jsonl\", domain = a, format = parket }"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("a.jsonl as parket:");
  }

  @Test
  void everyFileBelowAFolderIsADocumentKnownByItsPlace() throws IOException {
    Files.createDirectories(folder.resolve("in/src/main"));
    Files.writeString(folder.resolve("in/src/main/One.java"), "\uFEFFclass One {}\n");
    Files.writeString(folder.resolve("in/Two.java"), "class Two \u00e9\n");
    Files.writeString(folder.resolve("in/notes.txt"), "not asked for");
    Files.write(
        folder.resolve("in/Latin.java"),
        "class \u00e9".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    Files.writeString(folder.resolve("in/Empty.java"), ""); // is nothing at all to Spark
    String source =
        "{ path = \"" + folder + "/in\", domain = code, format = text, glob = \"*.java\" }";
    CorpusSettings settings =
        corpora.settings(
            source,
            "forget { where = \"id = 'Two.java'\" }, retain { where = \"id LIKE 'src/%'\" }",
            "max-reject-share = 0.5");
    Prepare.Result result = SmallCorpora.execute(corpora.prepare(settings, 64));
    assertThat(result.summary().rejects().toString()).isEqualTo("{code={not UTF-8=1}}");
    assertThat(chunks())
        .containsExactly(
            "forget Two.java class Two \u00e9\n", "retain src/main/One.java class One {}\n");
  }

  @Test
  void theLayoutsOfRedPajamaAndDolmaAreKnown() throws IOException {
    corpora.write(
        "a.jsonl",
        List.of(
            "{\"text\": \"of dolma\", \"id\": \"d1\", \"metadata\": {\"url\": \"https://d\"}}",
            "{\"text\": \"of arxiv\", \"meta\": {\"arxiv_id\": \"2402.15159\"}}",
            "{\"text\": \"of books\", \"meta\": {\"url\": \"https://book\"}}",
            "{\"raw_content\": \"of version two\", \"digest\": \"sha1:A\", \"url\": \"https://v2\"}",
            "{\"content\": \"of the paper\", \"id\": \"c1\"}"));
    CorpusSettings settings =
        corpora.settings("{ path = \"a.jsonl\", domain = a }", "forget { where = \"true\" }", "");
    SmallCorpora.execute(corpora.prepare(settings, 64));
    assertThat(chunks())
        .containsExactly(
            "forget 2402.15159 of arxiv",
            "forget c1 of the paper",
            "forget d1 of dolma",
            "forget https://book of books",
            "forget sha1:A of version two");
  }

  @Test
  void whatDoesNotGoTogetherIsTold() {
    assertThatThrownBy(
            () ->
                corpora.settings(
                    "{ path = x, domain = a, options { a = b } }, { path = y, domain = a, format = table, glob = \"*.java\" }",
                    "forget { where = \"true\" }",
                    ""))
        .hasMessageContainingAll(
            "glob cannot be combined with format = table",
            "options cannot be combined with format = json");
  }

  private List<String> plain() {
    return texts("{ path = \"a.jsonl\", domain = a }");
  }

  private List<String> texts(String source) {
    CorpusSettings settings =
        corpora.settings(
            source,
            "forget { where = \"meta.number < 5\" }, retain { where = \"meta.number >= 5\" }",
            "");
    SmallCorpora.execute(corpora.prepare(settings, 64));
    assertThat(chunks()).hasSizeGreaterThan(19);
    return chunks();
  }

  /** Split, document and text of each chunk. */
  private List<String> chunks() {
    return Manifest.read(corpora.run())
        .chunks(LocalSpark.SESSION, corpora.run())
        .orderBy("split", "document", "ordinal")
        .collectAsList()
        .stream()
        .map(row -> row.getString(0) + " " + row.getString(2) + " " + text(row))
        .toList();
  }

  private static String text(Row chunk) {
    List<Integer> tokens = chunk.getList(6);
    byte[] bytes = new byte[tokens.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = tokens.get(i).byteValue();
    }
    return new String(bytes, UTF_8);
  }
}
