package lethe.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lethe.corpus.source.Predicate;
import lethe.corpus.split.IdFile;
import lethe.corpus.split.SplitRule;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import lethe.target.Split;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusSettingsTest {
  private static final String SOURCES =
      "corpus.sources = [{ path = a.jsonl, domain = arxiv }, { path = b.jsonl, domain = general }]\n";

  @TempDir Path folder;

  @Test
  void readsEveryConditionOfASplit() throws IOException {
    CorpusSettings read =
        read(
            SOURCES
                + """
                corpus.splits {
                  forget {
                    where = "domain = 'arxiv'", ids { file = f.json, at = member_ids }, fraction = 0.25
                    documents { arxiv = 12 }, tokens = 1000
                  }
                  retain { not-ids = g.txt, fraction = [0.25, 1], except = forget }
                }
                """);
    SplitRule forget = read.splits().rule(Split.FORGET);
    assertThat(forget.where()).contains(new Predicate("domain = 'arxiv'"));
    assertThat(forget.ids()).contains(new IdFile("f.json", Optional.of("member_ids")));
    assertThat(forget.to()).isEqualTo(0.25);
    assertThat(forget.documents().domains()).containsEntry("arxiv", 12L);
    assertThat(forget.tokens().whole()).contains(1000L);
    SplitRule retain = read.splits().rule(Split.RETAIN);
    assertThat(retain.notIds()).contains(new IdFile("g.txt", Optional.empty()));
    assertThat(retain.from()).isEqualTo(0.25);
    assertThat(retain.except()).isEqualTo(Set.of(Split.FORGET));
    assertThat(read.sources().get(0).path()).isEqualTo("a.jsonl");
    assertThat(read.sources().get(0).id().paths()).startsWith("id", "meta.id");
    assertThat(read.splits().order()).containsExactly(Split.FORGET, Split.RETAIN);
  }

  @Test
  void reportsEveryMistakeAtOnce() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    corpus.sources = [{ path = a.jsonl, domain = arxiv, ids = x }]
                    corpus.splits {
                      forgot { where = "true" }
                      retain { where = "domain = ", fraction = [0.5, 0.2] }
                      general { fraction = 0.5, documents { arxv = 3 } }
                      holdout { where = "true", except = [general, approximate] }
                    }
                    """))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "corpus.sources[0].ids is not a known key",
            "corpus.splits.forgot is not a known key; known here: forget, retain",
            "corpus.splits.forget must say which documents to forget",
            "corpus.splits.retain.where must be a SQL condition, was \"domain = \"",
            "corpus.splits.retain.fraction must be a share above 0, or [from, to]",
            "corpus.splits.general.where or requests or ids or not-ids must say which documents",
            "corpus.splits.general caps the domain arxv, which no source has; there are: arxiv",
            "corpus.splits.holdout.except names approximate, which is not set");
  }

  @Test
  void splitsThatExceptEachOtherAreRefused() {
    assertThatThrownBy(
            () ->
                read(
                    SOURCES
                        + """
                        corpus.splits {
                          forget { where = "true", except = general }
                          general { where = "true", except = retain }
                          retain { where = "true", except = forget }
                        }
                        """))
        .hasMessageContaining(
            "corpus.splits.forget.except must not lead back to itself, but general excepts it in turn");
  }

  @Test
  void findsTheColumnsOfAPredicate() {
    assertThat(new Predicate("meta.license LIKE 'MIT%' AND length(text) > 5").columns())
        .containsExactly(List.of("meta", "license"), List.of("text"));
  }

  private CorpusSettings read(String text) throws IOException {
    Path file = folder.resolve("run.conf");
    Files.writeString(file, text);
    Settings settings = Settings.load(file, List.of());
    CorpusSettings read = CorpusSettings.read(settings.root());
    settings.check();
    return read;
  }

  @Test
  void aChunkHasSomethingToPredict() {
    Settings settings = Settings.of(java.util.List.of("corpus.min-tail-tokens=1"));
    CorpusSettings.read(settings.root());
    assertThat(settings.problems()).contains("corpus.min-tail-tokens must be at least 2, was 1");
  }
}
