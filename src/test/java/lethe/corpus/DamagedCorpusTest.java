package lethe.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import lethe.LocalSpark;
import lethe.corpus.token.Chunks;
import lethe.folder.RunFolder;
import lethe.settings.InvalidSettings;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A prepared corpus that was damaged before another process reads it: here, a copy of it. */
class DamagedCorpusTest {
  private static final String RULES =
      "forget { where = \"domain = 'a'\", documents = 5 }, retain { where = \"domain = 'a'\", except = forget }";

  @TempDir Path folder;
  private String chunksSha256;

  @BeforeEach
  void prepareAndCopy() throws IOException {
    SmallCorpora corpora = SmallCorpora.in(folder);
    chunksSha256 = SmallCorpora.execute(corpora.prepare(RULES, "", 64)).chunksSha256();
    FileUtils.copyDirectory(folder.resolve("run").toFile(), folder.resolve("copy").toFile());
  }

  private void read() {
    RunFolder run = RunFolder.of(folder.resolve("copy").toString(), new Configuration());
    assertThat(Chunks.sha256(Manifest.read(run).chunks(LocalSpark.SESSION, run)))
        .isEqualTo(chunksSha256);
  }

  private void assertRefused(Path file, String how) {
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Cannot use the corpus in file:" + folder.resolve("copy") + ": ")
        .hasMessageContaining(file + how + " since it was prepared; restore what is damaged");
  }

  @Test
  void noFlippedBitOfAChunkGoesUnnoticed() throws IOException {
    Path part = part("corpus/chunks/split=forget");
    byte[] whole = Files.readAllBytes(part);
    for (int place = 0; place < whole.length; place += 151) {
      byte[] damaged = whole.clone();
      damaged[place] ^= (byte) (1 << place % 8);
      Files.write(part, damaged);
      assertRefused(part, " has changed");
    }
    Files.write(part, whole);
    read();
  }

  @Test
  void anotherSplitsPartAndAMissingOneAreNamed() throws IOException {
    Path part = part("corpus/chunks/split=forget");
    byte[] whole = Files.readAllBytes(part);
    Files.copy(part("corpus/chunks/split=retain"), part, StandardCopyOption.REPLACE_EXISTING);
    assertRefused(part, " has changed");
    Files.delete(part);
    assertRefused(part, " is missing");
    Files.write(part, whole);
    read();
  }

  @Test
  void theTableThatFixedPairsAreMadeFromIsComparedToo() throws IOException {
    Path documents = part("corpus-documents");
    byte[] table = Files.readAllBytes(documents);
    Files.write(documents, List.of("rubbish"));
    assertRefused(documents, " has changed");
    Files.write(documents, table);
    read();
  }

  @Test
  void aCorpusThatWasCopiedWithoutTheTablesBesideItCanBeRead() throws IOException {
    FileUtils.deleteDirectory(folder.resolve("copy/corpus-documents").toFile());
    read();
  }

  @Test
  void aCorpusToReuseIsComparedToo() throws IOException {
    Path documents = part("corpus-documents");
    Files.write(documents, List.of("rubbish"));
    SmallCorpora other = SmallCorpora.in(Files.createDirectory(folder.resolve("other")));
    String reuse = "reuse = \"" + folder.resolve("copy") + "\"";
    assertThatThrownBy(() -> SmallCorpora.execute(other.prepare(RULES, reuse, 64)))
        .hasMessageContaining(documents + " has changed since it was prepared");
  }

  private Path part(String table) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("copy").resolve(table))) {
      return files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
  }
}
