package lethe.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lethe.settings.InvalidSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmptySplitsTest {
  @TempDir Path folder;

  @Test
  void everySplitWithoutDocumentSaysWhy() throws IOException {
    SmallCorpora corpora = SmallCorpora.in(folder);
    String row =
        "{\"id\": \"%d\", \"text\": \"a text\", \"License\": \"MIT\", \"source\": \"wiki\", \"meta\": \"{\\\"language\\\": \\\"en\\\"}\", \"meta.url\": \"x\"}";
    corpora.write("a.jsonl", List.of(row.formatted(1), row.formatted(2)));
    Files.writeString(folder.resolve("ids.csv"), "1,erasure\n2,erasure\n");
    assertThatThrownBy(
            () ->
                SmallCorpora.execute(
                    corpora.prepare(
                        """
                        forget { where = "license = 'MIT'" }
                        retain { where = "meta.language = 'en'", except = forget }
                        approximate { where = "meta.url = 'x'" }
                        general { where = "source = 'wiki'" }
                        holdout { ids = "ids.csv", fraction = 0.5 }
                        """,
                        "",
                        64)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Split forget has no document",
            "\n  source " + folder + "/a.jsonl has 2 rows, of which 2 are documents\n",
            "\n  of 12 documents, where leaves 0\n",
            "\n  license is null in every row; did you mean License?\n",
            "\n  of 12 documents, where leaves 0, except leaves 0\n",
            "\n  meta.language is null in every row; meta is a text: where it is JSON, write get_json_object(meta, '$.language')\n",
            "\n  meta.url is null in every row; rows have a member with a dot in its name: write `meta.url`\n",
            "\n  source is the source's path in the settings (" + folder + "/a.jsonl, ",
            ") and hides the rows' own member of that name\n",
            "\n  of 12 documents, ids leaves 0, fraction leaves 0\n",
            "ids.csv lists 2 ids, of which 2 are of no document: 1,erasure, 2,erasure\n",
            "ids.csv seems to have several columns: write one id per line")
        .hasMessageNotContaining("has 0 rows");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aMemberInTheNamesOfFoldersIsFoundThere() throws IOException {
    SmallCorpora corpora = SmallCorpora.in(folder);
    Files.createDirectory(folder.resolve("lang=en"));
    corpora.write("lang=en/x.jsonl", SmallCorpora.documents("x", 3));
    assertThatThrownBy(
            () ->
                SmallCorpora.execute(
                    corpora.prepare(
                        corpora.settings(
                            "{ path = \"%s/lang=en/x.jsonl\", domain = a }".formatted(folder),
                            "forget { where = \"lang = 'en'\" }, retain { where = \"meta.nummer = 2\" }",
                            ""),
                        64)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "lang is null in every row; it is in the name of a folder that the source's path includes: give the folder above it as path",
            "meta.nummer is null in every row; did you mean meta.number?");
  }

  @Test
  void filesThatAreNoListOfIdsAreKnownByTheirLook() {
    assertThat(EmptySplits.shape(List.of("'a b1'")).orElseThrow()).contains("in quotes");
    assertThat(EmptySplits.shape(List.of("1,erasure")).orElseThrow()).contains("several columns");
    assertThat(EmptySplits.shape(List.of("a1", "a 2"))).isEmpty();
  }
}
