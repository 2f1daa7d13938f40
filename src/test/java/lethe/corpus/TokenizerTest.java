package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TokenizerTest {
  @Test
  void neverTruncatesEvenWhereTheFileSaysSo() {
    try (Tokenizer tokenizer = Tokenizer.of(ByteTokenizer.json(16))) {
      assertThat(tokenizer.encode("word ".repeat(2000)).ids).hasSize(10_000);
    }
  }

  @Test
  void placesCountCharactersNotUtf16Units() {
    try (Tokenizer tokenizer = Tokenizer.of(ByteTokenizer.json(0))) {
      Tokens tokens = tokenizer.encode("a\uD83D\uDE00\u0000b");
      assertThat(tokens.ids).containsExactly('a', 0xF0, 0x9F, 0x98, 0x80, 0, 'b');
      assertThat(tokens.starts).containsExactly(0, 1, 1, 1, 1, 2, 3);
      assertThat(tokens.ends).containsExactly(1, 2, 2, 2, 2, 3, 4);
    }
  }

  @Test
  void aTextOfNothingHasNoToken() {
    try (Tokenizer tokenizer = Tokenizer.of(ByteTokenizer.json(0))) {
      assertThat(tokenizer.encode("").ids).isEmpty();
    }
  }

  @Test
  void refusesAFileThatIsNoTokenizer() {
    assertThatThrownBy(() -> Tokenizer.of("{}".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Cannot use tokenizer.json");
  }
}
