package lethe.corpus.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListingTest {
  private static final lethe.folder.Files FILES = new lethe.folder.Files(new Configuration());

  @TempDir Path folder;

  @Test
  void everyFileIsListedWhateverItsNameBeginsWith() throws IOException {
    write("pkg/__init__.py", "pkg/_core.py", "pkg/helper.py", "pkg/_internal/keys.py");
    write("pkg/.hidden/deep/er/x.py", "pkg/.env");
    assertThat(names(folder + "/pkg"))
        .containsExactly(
            ".env",
            ".hidden/deep/er/x.py",
            "__init__.py",
            "_core.py",
            "_internal/keys.py",
            "helper.py");
    assertThat(names(folder + "/pkg/_core.py")).containsExactly("_core.py");
  }

  @Test
  void aPatternLeavesOutWhatAFolderDoes() throws IOException {
    write("in/a.txt", "in/b.json", "in/_metadata", "in/.DS_Store");
    assertThat(Listing.of(folder + "/in/*", "*.txt", FILES).files())
        .extracting(slice -> slice.file().replaceAll(".*/", ""))
        .containsExactly("a.txt");
    assertThat(Listing.of(folder + "/in/_metadata", FILES).files()).as("named itself").hasSize(1);
  }

  @Test
  void whatIsLeftOutIsCountedAndNamed() throws IOException {
    write("in/a.py", "in/.git/config", "in/.git/objects/00/aa", "in/sub/.svn/entries");
    write("in/_SUCCESS", "in/_temporary/0/part.parquet", "in/.DS_Store");
    Files.writeString(folder.resolve("in/empty.py"), "");
    Listing listing = Listing.of(folder + "/in", FILES);
    assertThat(listing.files()).extracting(FileSlice::name).containsExactly("a.py");
    assertThat(listing.notes("in"))
        .containsExactly(
            "Source in: files that are not documents: 1 without a byte (empty.py), 1 of .DS_Store, 2 of .git, 1 of .svn, 1 of _SUCCESS, 1 of _temporary");
  }

  @Test
  void aNameThatLooksLikeAPatternMeansItsFile() throws IOException {
    for (String name :
        List.of("a[1].jsonl", "{x}.jsonl", "a\\b.jsonl", "s*r.jsonl", "2024-01-01T10:00.jsonl")) {
      write(name);
      assertThat(names(folder + "/" + name)).containsExactly(name);
    }
    assertThatThrownBy(() -> names(folder + "/s?r.*"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith(
            "/s?r.*: a file there has a colon in its name; name the folder as path, and its files with glob");
    Files.delete(folder.resolve("2024-01-01T10:00.jsonl"));
    assertThat(names(folder + "/s?r.*")).containsExactly("s*r.jsonl");
    assertThat(names(folder + "/none*")).isEmpty();
    assertThatThrownBy(() -> names(folder + "/["))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "/[: there is no such file, and it is no pattern: Illegal file pattern");
  }

  @Test
  void aNameWithAColonIsOfThisFolderUnlessItHasAScheme() {
    assertThat(lethe.folder.Files.path("2024-01-01T10:00.jsonl").toString())
        .isEqualTo("./2024-01-01T10:00.jsonl");
    assertThat(lethe.folder.Files.path("a:b.jsonl").toUri().getScheme()).isNull();
    assertThat(lethe.folder.Files.path("hdfs://h/x").toUri().getScheme()).isEqualTo("hdfs");
    assertThatThrownBy(() -> names("s3://bucket/x.jsonl"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot open s3://bucket/x.jsonl: there is no file system for s3:; write s3a:// in place of s3://");
  }

  @Test
  void aFileOfTheWebIsRefused() {
    assertThatThrownBy(() -> names("http://localhost:1/x.jsonl"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot read http://localhost:1/x.jsonl: copy it to a disk, hdfs: or s3a: first");
  }

  @Test
  void patternsMatchFoldersAndNames() throws IOException {
    write("in/one/a.jsonl", "in/one/b.txt", "in/two/sub/c.jsonl", "in/other/d.jsonl");
    assertThat(names(folder + "/in/{one,two}"))
        .containsExactly("one/a.jsonl", "one/b.txt", "two/sub/c.jsonl");
    assertThat(Listing.of(folder + "/in", "*.{jsonl,py}", FILES).files())
        .extracting(FileSlice::name)
        .containsExactly("one/a.jsonl", "other/d.jsonl", "two/sub/c.jsonl");
  }

  @Test
  void foldersOfPartitionsGiveMembersAsText() {
    assertThat(
            Listing.members("lang=en/code=007/x=/day=__HIVE_DEFAULT_PARTITION__/at=1%3A2/k=v.json"))
        .hasToString("{at=1:2, code=007, lang=en, x=}");
    assertThat(Listing.members("=a/plain/b.json")).isEmpty();
  }

  private List<String> names(String path) {
    return Listing.of(path, FILES).files().stream().map(FileSlice::name).toList();
  }

  private void write(String... names) throws IOException {
    for (String name : names) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "x");
    }
  }
}
