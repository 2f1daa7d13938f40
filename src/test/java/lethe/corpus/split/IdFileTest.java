package lethe.corpus.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import lethe.LocalSpark;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An id is text or a whole number, wherever it is written. */
class IdFileTest {
  @TempDir Path folder;

  @Test
  void idsBelowAMemberMayBeNumbers() throws IOException {
    assertThat(ids("{\"forget\": {\"ids\": [\"1\", 2, [3]], \"more\": 4}}", "forget.ids"))
        .containsExactly("1", "2", "3");
    assertThatThrownBy(() -> ids("{\"ids\": [1, 2.0]}", "ids"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            "Cannot read ids from",
            ": a value below ids is 2.0, but an id is text or a whole number");
    assertThatThrownBy(() -> ids("{\"ids\": [null]}", "ids"))
        .hasMessageContaining("a value below ids is null");
    assertThatThrownBy(() -> ids("{\"ids\": [1], }", "ids"))
        .hasMessageContaining("it is not JSON: column ");
  }

  @Test
  void linesAreIdsOrJson() throws IOException {
    assertThat(ids("\uFEFF1\r\n\n  d 2\t\n{\"id\": 3}\n{\"id\": \"4\"}\n\"a b1\"\n", null))
        .containsExactly("1", "3", "4", "a b1", "d 2");
    assertThatThrownBy(() -> ids("{\"id\": 1.5}\n", null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "no id in the line {\"id\": 1.5}: it has an id that is 1.5, but an id is text or a whole number");
    assertThatThrownBy(() -> ids("{\"id\": 1\n", null))
        .hasMessageContaining("no id in the line {\"id\": 1: it is not JSON: column ");
  }

  @Test
  void aFileMayBeAnArrayOrUtf16() throws IOException {
    assertThat(ids("[\"1\", 2,\n {\"id\": 3}]", null)).containsExactly("1", "2", "3");
    Path file = folder.resolve("ids.txt");
    Files.write(file, "\uFEFF1\n2\n".getBytes(StandardCharsets.UTF_16LE));
    assertThat(read(file, null)).containsExactly("1", "2");
  }

  private List<String> ids(String content, String at) throws IOException {
    return read(Files.writeString(folder.resolve("ids[1].txt"), content), at);
  }

  private static List<String> read(Path file, String at) {
    return new IdFile(file.toString(), Optional.ofNullable(at))
            .ids(LocalSpark.SESSION, new lethe.folder.Files(new Configuration()))
            .collectAsList()
            .stream()
            .map(row -> row.getString(0))
            .sorted()
            .toList();
  }
}
