package lethe.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void whatMovesTheCursorOrTurnsTheWritingIsSpelledOut() {
    assertThat(Printable.line("a\u001b[2J\r\n\t\u009b\u202e\u2028\u007fb"))
        .isEqualTo("a\\u001b[2J\\u000d\\u000a\\u0009\\u009b\\u202e\\u2028\\u007fb");
    assertThat(Printable.line("süß 日本 \uD83D\uDE00")).isEqualTo("süß 日本 \uD83D\uDE00");
    assertThat(Printable.lines("a\n\tb\u001b\n")).isEqualTo("a\n\tb\\u001b\n");
  }

  @Test
  void aStreamSpellsOutMessagesAndTraces() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = Printable.stream(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    out.println("id \u001b[31m");
    new IllegalStateException("\u001b]0;x").printStackTrace(out);
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .startsWith("id \\u001b[31m\njava.lang.IllegalStateException: \\u001b]0;x\n\tat ")
        .doesNotContain("\u001b");
  }
}
