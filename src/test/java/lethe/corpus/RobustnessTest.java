package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import lethe.LocalSpark;
import lethe.corpus.source.ReadDiagnosis;
import lethe.corpus.source.Source;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data as it is found, not as it should be. */
class RobustnessTest {
  private static final String ALL = "forget { where = \"true\" }";
  private static final String MANY = "max-reject-share = 0.9, allow-unmet-requests = true";

  @TempDir Path folder;
  private SmallCorpora corpora;

  @BeforeEach
  void writeCorpora() throws IOException {
    corpora = SmallCorpora.in(folder);
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("b.jsonl.gz")))) {
      out.write(new byte[0]); // nothing in it
    }
  }

  @Test
  void linesThatAreNoDocumentsAreRejectedEachWithItsReason() throws IOException {
    corpora.write(
        "a.jsonl",
        List.of(
            SmallCorpora.document("good", "a good text"),
            SmallCorpora.document("nul", "a text \\u0000 with a NUL"),
            SmallCorpora.document("half", "half \\ud83d a character"),
            SmallCorpora.document("half\\ud83did", "a good text"),
            "{\"id\": \"cut\", \"text\": \"cut",
            "[1, 2]",
            "",
            "{\"id\": \"number\", \"text\": 3}"));
    byte[] latin =
        (SmallCorpora.document("latin", "na\u00efve") + "\n").getBytes(StandardCharsets.ISO_8859_1);
    try (OutputStream out =
        Files.newOutputStream(folder.resolve("a.jsonl"), java.nio.file.StandardOpenOption.APPEND)) {
      out.write(latin);
    }
    Files.writeString(folder.resolve("b.jsonl.gz"), ""); // and not even a gzip
    Prepare.Result result = SmallCorpora.execute(corpora.prepare(ALL, MANY, 64));
    assertThat(result.summary().rows()).isEqualTo(8);
    assertThat(result.summary().rejects().toString())
        .isEqualTo(
            "{a={lone surrogate=1, no id=1, no text=1, not JSON=1, not UTF-8=1, not an object=1}}");
    assertThat(result.summary().warnings())
        .contains(
            "Source " + folder + "/b.jsonl.gz has no row",
            "Source "
                + folder
                + "/b.jsonl.gz: files that are not documents: 1 without a byte (b.jsonl.gz)",
            "Document half of domain a is to be forgotten and cannot be used: lone surrogate, half a character at UTF-16 unit 5")
        .hasSize(8);
    assertThat(chunks()).containsExactly("good a good text", "nul a text \u0000 with a ");
  }

  @Test
  void oneIdInSeveralSourcesIsOneDocumentOnlyWithinADomainAndWithOneText() throws IOException {
    corpora.write(
        "a.jsonl",
        List.of(
            SmallCorpora.document("same", "the same text"),
            SmallCorpora.document("other", "one text"),
            SmallCorpora.document("fine", "of domain a")));
    corpora.write(
        "a.more",
        List.of(
            SmallCorpora.document("same", "the same text"),
            SmallCorpora.document("other", "another text")));
    corpora.write("b.jsonl", List.of(SmallCorpora.document("fine", "of domain b")));
    String sources =
        "{ path = \"a.jsonl\", domain = a }, { path = \"a.more\", domain = a }, { path = \"b.jsonl\", domain = b }";
    String where = "forget { where = \"id <> 'other'\" }";
    CorpusSettings settings = corpora.settings(sources, where, MANY);
    Prepare.Result result = SmallCorpora.execute(corpora.prepare(settings, 64));
    assertThat(result.summary().rejects().toString())
        .isEqualTo("{a={repeated=1, several texts under one id=2}}");
    assertThat(chunks())
        .containsExactly("fine of domain a", "fine of domain b", "same the same text");
    assertThatThrownBy(
            () -> SmallCorpora.execute(corpora.prepare(corpora.settings(sources, ALL, MANY), 64)))
        .hasMessage(
            "Document other of domain a is to be forgotten but has several texts: give each its own id or domain");
  }

  @Test
  void aFileInAnotherEncodingFailsTheRun() throws IOException {
    Files.write(
        folder.resolve("a.jsonl"),
        String.join("\n", SmallCorpora.documents("a", 5)).getBytes(StandardCharsets.UTF_16LE));
    assertThatThrownBy(() -> SmallCorpora.execute(corpora.prepare(ALL, "", 64)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("of source", "a.jsonl, more than corpus.max-reject-share");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aSecondRunOverACompleteFolderReplacesIt() throws IOException {
    String first = SmallCorpora.execute(corpora.prepare(ALL, MANY, 64)).chunksSha256();
    Files.writeString(
        folder.resolve("run/corpus/chunks/split=forget/domain=a/left.parquet"), "rubbish");
    String second = SmallCorpora.execute(corpora.prepare(ALL, MANY, 64)).chunksSha256();
    assertThat(second).isEqualTo(first);
    assertThat(folder.resolve("run/corpus/chunks/split=forget/domain=a/left.parquet"))
        .doesNotExist();
  }

  /** What a killed run leaves is no corpus; the next run takes its place. */
  @Test
  void whatAKilledRunLeftIsNoCorpus() throws IOException {
    String whole = SmallCorpora.execute(corpora.prepare(ALL, MANY, 64)).chunksSha256();
    Files.delete(folder.resolve("run/corpus/manifest.json"));
    Files.createDirectories(folder.resolve("run/corpus/_temporary/0/task"));
    Files.writeString(folder.resolve("run/corpus/_temporary/0/task/part.parquet"), "rubbish");
    assertThatThrownBy(() -> Manifest.read(corpora.run()).chunks(LocalSpark.SESSION, corpora.run()))
        .hasMessageContaining("run prepare first");
    assertThat(SmallCorpora.execute(corpora.prepare(ALL, MANY, 64)).chunksSha256())
        .isEqualTo(whole);
    assertThat(folder.resolve("run/corpus/_temporary")).doesNotExist();
  }

  @Test
  void aFileTooLongForTheMemoryIsNamed() throws IOException {
    Files.createDirectory(folder.resolve("books"));
    Files.writeString(folder.resolve("books/short.txt"), "a short one");
    long bytes = Runtime.getRuntime().maxMemory() / 20 + 1;
    try (var file = new RandomAccessFile(folder.resolve("books/long.txt").toFile(), "rw")) {
      file.setLength(bytes); // takes no space
    }
    List<Source> sources =
        corpora
            .settings(
                "{ path = \"%s/books\", domain = b, format = text }".formatted(folder), ALL, "")
            .sources();
    IllegalStateException lost =
        new IllegalStateException("ExecutorLostFailure (executor 1 exited)");
    assertThat(new ReadDiagnosis(LocalSpark.SESSION, sources).explained(lost))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot read file:" + folder + "/books/long.txt: it has ")
        .hasMessageContaining(bytes / 1_000_000 + " MB, too much for an executor of");
    Files.delete(folder.resolve("books/long.txt"));
    assertThat(new ReadDiagnosis(LocalSpark.SESSION, sources).explained(lost)).isSameAs(lost);
  }

  @Test
  void aFullDiskFailsTheRunAndLeavesNoManifest() {
    LocalSpark.SESSION
        .sparkContext()
        .hadoopConfiguration()
        .set("fs.full.impl", FullDisk.class.getName());
    RunFolder run =
        RunFolder.of(
            "full://" + folder.resolve("run"),
            LocalSpark.SESSION.sparkContext().hadoopConfiguration());
    Prepare prepare =
        new Prepare(
            LocalSpark.SESSION,
            corpora.settings(ALL, MANY),
            run,
            folder.resolve("model").toString(),
            64,
            256,
            List.of());
    FullDisk.LEFT.set(4000);
    assertThatThrownBy(() -> SmallCorpora.execute(prepare))
        .hasRootCauseMessage("No space left on device")
        .hasMessageContaining("No space left on device");
    assertThat(FullDisk.LEFT.get()).isNegative();
    assertThat(run.files().exists(run.corpusManifest())).isFalse();
  }

  /** A local disk with so many bytes left. */
  public static final class FullDisk extends RawLocalFileSystem {
    private static final AtomicLong LEFT = new AtomicLong();

    @Override
    public URI getUri() {
      return URI.create("full:///");
    }

    @Override
    public FSDataOutputStream create(
        org.apache.hadoop.fs.Path path,
        boolean overwrite,
        int buffer,
        short replication,
        long block,
        Progressable progress)
        throws IOException {
      FSDataOutputStream out = super.create(path, overwrite, buffer, replication, block, progress);
      return new FSDataOutputStream(new Limited(out), null);
    }

    @Override
    public FSDataOutputStream create(
        org.apache.hadoop.fs.Path path,
        FsPermission permission,
        boolean overwrite,
        int buffer,
        short replication,
        long block,
        Progressable progress)
        throws IOException {
      return create(path, overwrite, buffer, replication, block, progress);
    }
  }

  private static final class Limited extends OutputStream {
    private final OutputStream out;

    Limited(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      if (FullDisk.LEFT.addAndGet(-count) < 0) {
        throw new IOException("No space left on device");
      }
      out.write(bytes, from, count);
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  private List<String> chunks() {
    return Manifest.read(corpora.run())
        .chunks(LocalSpark.SESSION, corpora.run())
        .orderBy("document", "domain", "ordinal")
        .collectAsList()
        .stream()
        .map(row -> row.getString(2) + " " + text(row))
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
