package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import lethe.LocalSpark;
import lethe.corpus.source.Documents;
import lethe.corpus.source.TableVersions;
import lethe.corpus.token.Chunks;
import lethe.settings.InvalidSettings;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other people's files: no document is lost without a word, and none is changed. */
class SourceFilesTest {
  private static final String ALL = "forget { where = \"true\" }";

  /** Made with pyarrow: two rows, compressed with brotli, which Spark cannot read. */
  private static final String BROTLI =
      "UEFSMRUAFSQVKiwVBBUAFQYVBhwAAAAbEQAABDxkZ2IgVjmBIrLEMQORtwEVABVcFUosFQQVABUGFQYcAAAAGy0AAES3OUV+j3P3q1AQ"
          + "BELsqGJZqg5KBxCWalHri7PZb3TPAxUEGTw1ABgGc2NoZW1hFQQAFQwlAhgCaWQlAEwcAAAAFQwlAhgEdGV4dCUATBwAAAAWBBkc"
          + "GSwmABwVDBklBgAZGAJpZBUIFgQWShZQJghJHBUAFQAVAgA8FggZBhkmAAQAAAAmABwVDBklBgAZGAR0ZXh0FQgWBBaCARZwJlhJ"
          + "HBUAFQAVAgA8FkAZBhkmAAQAAAAWzAEWBCYIFsABACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNS4wLjEZLBwAABwAAADK"
          + "AAAAUEFSMQ==";

  @TempDir Path folder;
  private SmallCorpora corpora;

  @BeforeEach
  void writeCorpora() throws IOException {
    corpora = SmallCorpora.in(folder);
  }

  @Test
  void aPackageIsForgottenWhole() throws IOException {
    write("pkg/__init__.py", "from ._core import open_vault\n");
    write("pkg/_core.py", "def open_vault(): return 'the core'\n");
    write("pkg/helper.py", "def helper(): return 'a helper'\n");
    write("pkg/_internal/keys.py", "KEY = 'internal'\n");
    write("pkg/sub/mod.py", "class Mod: pass  # below\n");
    write("pkg/sub/__init__.py", "");
    write("pkg/.git/HEAD", "ref: refs/heads/main\n");
    CorpusSettings settings =
        corpora.settings(source("pkg", "domain = code, format = text"), ALL, "");
    Prepare.Result result = SmallCorpora.execute(corpora.prepare(settings, 64));
    assertThat(result.summary().rejects()).isEmpty();
    assertThat(
            Manifest.read(corpora.run())
                .chunks(LocalSpark.SESSION, corpora.run())
                .select("split", "document")
                .distinct()
                .orderBy("document")
                .collectAsList())
        .extracting(Row::toString)
        .containsExactly(
            "[forget,__init__.py]",
            "[forget,_core.py]",
            "[forget,_internal/keys.py]",
            "[forget,helper.py]",
            "[forget,sub/mod.py]");
    assertThat(Manifest.read(corpora.run()).warnings())
        .containsExactly(
            "Source "
                + folder
                + "/pkg: files that are not documents: 1 without a byte (sub/__init__.py), 1 of .git");
  }

  @Test
  void packedTextsAreUnpackedAndArchivesRejected() throws IOException {
    Files.createDirectories(folder.resolve("texts"));
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("texts/a.txt.gz")))) {
      out.write("a text".getBytes(UTF_8));
    }
    Files.write(folder.resolve("texts/b.txt"), "\uFEFFb \u00e9".getBytes(UTF_16LE));
    Files.write(folder.resolve("texts/c.zip"), HexFormat.of().parseHex("504b030414000000"));
    byte[] tar = new byte[1024];
    System.arraycopy("ustar".getBytes(UTF_8), 0, tar, 257, 5);
    Files.write(folder.resolve("texts/d.tar"), tar);
    CorpusSettings settings =
        corpora.settings(source("texts", "domain = t, format = text"), ALL, "");
    assertThat(texts(settings)).containsExactly("a.txt.gz a text", "b.txt b \u00e9");
    assertThat(read(settings).where("_reason = 'not text'").orderBy("id").collectAsList())
        .extracting(row -> row.<String>getAs("id") + ": " + row.<String>getAs("_detail"))
        .containsExactly(
            "c.zip: it is packed as zip; unpack it, or pack it with gzip, zstd, bzip2 or xz",
            "d.tar: it is a tar archive");
  }

  @Test
  void linesInSubfoldersAreReadWithTheMembersOfTheirFolders() throws IOException {
    write("docs/_part.jsonl", SmallCorpora.document("p", "of part") + "\n");
    write("docs/lang=en/code=007/0000.json", SmallCorpora.document("e", "in English") + "\n");
    write("docs/lang=de/a.jsonl", "[" + SmallCorpora.document("d", "auf Deutsch") + "]");
    write("docs/README.md", "not asked for");
    CorpusSettings settings =
        corpora.settings(
            source("docs", "domain = d, glob = \"*.json*\""),
            "forget { where = \"lang = 'en' AND code = '007'\" }",
            "");
    assertThat(read(settings).where("lang = 'en' AND code = '007'").select("id").collectAsList())
        .extracting(Row::toString)
        .containsExactly("[e]");
    assertThat(texts(settings)).containsExactly("d auf Deutsch", "e in English", "p of part");
  }

  /** Python's hashlib makes the id; Python, pandas and Spark read such numbers. */
  @Test
  void aTextWithoutAnIdIsKnownByAHashAndNumbersMayBeInfinite() throws IOException {
    Files.writeString(
        folder.resolve("a.jsonl"),
        """
        {"text": "of the text"}
        {"id": null, "text": "of another"}
        {"id": "d7", "text": "of numbers", "score": Infinity, "low": -Infinity, "none": NaN}
        {"id": 1.5, "text": "y"}
        {"text": ["y"]}
        """);
    String path = folder + "/a.jsonl";
    CorpusSettings settings =
        corpora.settings(
            "{ path = \"a.jsonl\", domain = a }",
            "forget { where = \"score = 'Infinity' AND low = '-Infinity' AND none = 'NaN'\" }",
            "max-reject-share = 0.5");
    assertThat(texts(settings))
        .containsExactlyInAnyOrder(
            hash(path + "\nof the text") + " of the text",
            hash(path + "\nof another") + " of another",
            "d7 of numbers");
    assertThat(read(settings).where("_reason IS NOT NULL").select("_detail").collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactlyInAnyOrder(
            "id (or meta.id, metadata.id, doc_id, meta.arxiv_id, digest, meta.url, url) is 1.5, but an id is text or a whole number",
            "text (or content, raw_content) is array");
    assertThat(corpora.prepare(settings, 64).preview().warnings().get(0))
        .startsWith("2 documents of source " + path + " have no id (or meta.id,")
        .endsWith(
            "their ids are the first 16 digits of the SHA-256 of the source's path, a line feed and the text");
  }

  @Test
  void bytesAreTextAndOtherTypesAreRefusedByName() throws IOException {
    Dataset<Row> table =
        LocalSpark.SESSION.sql(
            "SELECT 'd0' AS id, CAST('document n\u00fcmber 0' AS BINARY) AS text, DATE '2024-01-02' AS day, named_struct('b', CAST('in' AS BINARY)) AS meta"
                + " UNION ALL SELECT 'd1', X'FFFE00', DATE '2024-01-03', NULL");
    table.coalesce(1).write().parquet(folder + "/table");
    CorpusSettings settings =
        corpora.settings(
            source("table", "domain = d, format = parquet"),
            "forget { where = \"day = '2024-01-02' AND meta.b = 'in'\" }",
            "");
    assertThat(
            read(settings)
                .where("day = '2024-01-02' AND meta.b = 'in'")
                .select("id", "text")
                .collectAsList())
        .extracting(Row::toString)
        .containsExactly("[d0,document n\u00fcmber 0]");
    assertThat(read(settings).where("id = 'd1'").select("_reason", "_detail").head().toString())
        .isEqualTo("[no text,text (or content, raw_content) is binary]");
    assertThat(problem(source("table", "domain = d, format = parquet, text = day, id = day")))
        .contains(
            "/table as parquet: its column day is date, and must be text: convert it, or name another one; its column day is date, and must be text or a whole number:");
    assertThat(problem(source("table", "domain = d, format = parquet, text = body")))
        .endsWith("it has no column body; its columns are id, text, day, meta");
  }

  @Test
  void whatSparkWouldLeaveOutOrChangeIsRefused() throws IOException {
    write("hidden/_a.csv", "id,text\n1,x\n");
    assertThat(problem(source("hidden", "domain = d, format = csv")))
        .endsWith(
            "Spark leaves out files whose names begin with _ or .: _a.csv; rename them, or choose others with glob");
    write("plain/a.csv", "id,text\n007,x\n");
    assertThat(
            problem(
                source(
                    "plain",
                    "domain = d, format = csv, options { header = true, inferSchema = true }")))
        .endsWith("options.inferSchema turns 007 into 7; leave it out to read all columns as text");
    write("bracket/a[1].csv", "id,text\n1,x\n");
    assertThat(problem(source("bracket", "domain = d, format = csv")))
        .endsWith(
            "/bracket/a[1].csv for a pattern or two names; rename it, or set options.multiLine = false if no quoted value has a line break");
    write("none/a.csv", "");
    assertThat(problem(source("none", "domain = d, format = csv")))
        .endsWith("all of its files are empty");
  }

  /** As Python's csv and pandas read it. */
  @Test
  void quotesOfCsvAreReadAsPythonReadsThem() throws IOException {
    write(
        "odd/lang=en/a_1 \u00e9.csv",
        "id,text\n1,\"he said \"\"yes, no\"\" and\na second line\"\n2,\"ends \\\"\n3,\"\"\"quoted\"\"\"\n");
    CorpusSettings settings =
        corpora.settings(
            source("odd", "domain = d, format = csv, options { header = true }"),
            "forget { where = \"lang = 'en'\" }",
            "");
    assertThat(texts(settings))
        .containsExactly("1 he said \"yes, no\" and\na second line", "2 ends \\", "3 \"quoted\"");
    assertThat(read(settings).where("lang = 'en'").count()).isEqualTo(3);
  }

  @Test
  void rowsOfOnePathInTwoSourcesAreCountedApart() throws IOException {
    corpora.write("a.jsonl", List.of(SmallCorpora.document("a0", "a text")));
    String sources =
        "{ path = \"a.jsonl\", domain = a }, { path = \"a.jsonl\", domain = b, text = body }";
    assertThatThrownBy(
            () ->
                SmallCorpora.execute(
                    corpora.prepare(corpora.settings(sources, ALL, "max-reject-share = 0.6"), 64)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Cannot use 1 of 1 rows of source " + folder + "/a.jsonl");
  }

  @Test
  void aTableThatSparkCannotReadIsNamed() throws IOException {
    Files.createDirectories(folder.resolve("table"));
    Files.write(folder.resolve("table/b.parquet"), Base64.getDecoder().decode(BROTLI));
    CorpusSettings settings =
        corpora.settings(source("table", "domain = d, format = parquet"), ALL, "");
    assertThatThrownBy(() -> SmallCorpora.execute(corpora.prepare(settings, 64)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            "Cannot read file:" + folder + "/table/b.parquet as parquet: ",
            "BrotliCodec",
            "; write it with zstd, gzip or snappy");
  }

  /** Spark takes brackets, braces, stars and backslashes in the paths it reads for patterns. */
  @Test
  void aRunFolderMayHaveAnyName() throws IOException {
    Path odd = Files.createDirectory(folder.resolve("run[1]{a,b}*\\x"));
    SmallCorpora.in(odd);
    SmallCorpora within = new SmallCorpora(odd);
    String rules = "forget { where = \"id = 'a1'\" }";
    String sources = "{ path = \"\"\"%s/a.jsonl\"\"\", domain = a }".formatted(odd);
    String sha256 =
        SmallCorpora.execute(within.prepare(corpora.settings(sources, rules, ""), 64))
            .chunksSha256();
    assertThat(Chunks.sha256(Manifest.read(within.run()).chunks(LocalSpark.SESSION, within.run())))
        .isEqualTo(sha256);
    CorpusSettings again =
        corpora.settings(sources, rules, "reuse = \"\"\"%s/run\"\"\"".formatted(odd));
    assertThat(SmallCorpora.execute(corpora.prepare(again, 64)).chunksSha256()).isEqualTo(sha256);
    try (Stream<Path> all = Files.walk(odd.resolve("run/corpus"))) {
      assertThat(all.filter(Files::isRegularFile).map(odd.resolve("run/corpus")::relativize))
          .hasSize(2)
          .allMatch(
              file ->
                  file.toString().equals("manifest.json")
                      || file.toString().matches("chunks/split=forget/domain=a/.*\\.parquet"));
    }
  }

  private static String hash(String content) {
    byte[] digest = lethe.folder.Files.sha256().digest(content.getBytes(UTF_8));
    return HexFormat.of().formatHex(digest).substring(0, 16);
  }

  private String source(String name, String more) {
    return "{ path = \"%s/%s\", %s }".formatted(folder, name, more);
  }

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private Documents documents(CorpusSettings settings) {
    return new Documents(
        LocalSpark.SESSION,
        settings.sources(),
        settings.splits().predicates(),
        new TableVersions(LocalSpark.SESSION, List.of()));
  }

  private Dataset<Row> read(CorpusSettings settings) {
    return documents(settings).read();
  }

  /** Id and text of each document. */
  private List<String> texts(CorpusSettings settings) {
    return read(settings).where("_reason IS NULL").select("id", "text").collectAsList().stream()
        .map(row -> row.getString(0) + " " + row.getString(1))
        .sorted()
        .toList();
  }

  private String problem(String source) {
    CorpusSettings settings = corpora.settings(source, ALL, "");
    return documents(settings).problem(settings.sources().get(0)).orElseThrow();
  }
}
