package lethe.corpus.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lethe.corpus.CorpusSettings;
import lethe.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DomainNameTest {
  @TempDir Path folder;

  /** A folder has at most 255 bytes, {@code domain=} has 7; Spark writes a slash as %2F. */
  @Test
  void namesThatCannotBeFoldersAreRefused() {
    assertThat(DomainName.problem("a".repeat(248))).isEmpty();
    assertThat(DomainName.problem("a".repeat(249)).orElseThrow())
        .startsWith("must be shorter: as a folder name it has 256 bytes, at most 255 fit");
    assertThat(DomainName.problem("\u00fc".repeat(124))).isEmpty();
    assertThat(DomainName.problem("\u00fc".repeat(125))).isPresent();
    assertThat(DomainName.problem("/".repeat(82))).isEmpty();
    assertThat(DomainName.problem("/".repeat(83))).isPresent();
    assertThat(DomainName.problem("a/b: 100% *?[x]={y}")).isEmpty();
  }

  @Test
  void namesWithAMeaningOfTheirOwnAreRefused() {
    assertThat(DomainName.problem(" ")).contains("must not be empty");
    assertThat(DomainName.problem("*")).contains("must not be *, which has a special meaning");
    assertThat(DomainName.problem("__HIVE_DEFAULT_PARTITION__").orElseThrow())
        .startsWith("must not be __HIVE");
    assertThat(DomainName.problem("red\u001b[31m"))
        .contains("must have no control characters, was red?[31m");
  }

  @Test
  void theSettingIsNamed() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("run.conf"),
            "corpus { sources = [{ path = a, domain = \"*\" }], splits.forget.where = \"true\" }");
    Settings settings = Settings.load(file, List.of());
    CorpusSettings.read(settings.root());
    assertThatThrownBy(settings::check)
        .hasMessageContaining("corpus.sources[0].domain must not be *");
  }
}
