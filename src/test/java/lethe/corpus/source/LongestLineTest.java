package lethe.corpus.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LongestLineTest {
  private static final MemberPath ID = new MemberPath(List.of("id", "meta.id"), false);

  @Test
  void namesTheDocumentWhoseIdStandsBeforeItsText() throws IOException {
    String giant = "{\"meta\": {\"id\": \"g\"}, \"text\": \"" + "x".repeat(200_000) + "\"}";
    LongestLine line = longest("{}\n" + giant + "\n{\"id\": 3}\n");
    assertThat(line.bytes()).isEqualTo(giant.length());
    assertThat(line.name(ID)).isEqualTo("document g in f.jsonl, line 2");
  }

  @Test
  void namesTheLineWhereTheIdIsNotKnown() throws IOException {
    String giant = "{\"text\": \"" + "x".repeat(200_000) + "\", \"id\": 1}";
    assertThat(longest(giant).name(ID)).isEqualTo("the document in f.jsonl, line 1");
    assertThat(longest("no JSON").name(ID)).isEqualTo("the document in f.jsonl, line 1");
    assertThat(longest("").bytes()).isZero();
  }

  private static LongestLine longest(String content) throws IOException {
    return LongestLine.of("f.jsonl", new ByteArrayInputStream(content.getBytes(UTF_8)));
  }
}
