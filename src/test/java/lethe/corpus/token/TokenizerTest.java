package lethe.corpus.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
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

  /** As transformers 5.18 tokenizes "Ques" with these files: the beginning, then 81, 117, ... */
  @Test
  void whatStandsBeforeATextIsKnownWhateverElseTheTokenIsUsedFor() {
    String text = "<|endoftext|>"; // begins and ends a text
    assertThat(begin(ByteTokenizer.json(List.of(text), List.of(text), List.of())))
        .containsExactly(256);
    assertThat(begin(ByteTokenizer.json(List.of(text), List.of(text), List.of(text))))
        .containsExactly(256);
    assertThat(begin(ByteTokenizer.json(List.of("<s>", "</s>"), List.of("<s>"), List.of("</s>"))))
        .containsExactly(256);
    assertThat(begin(ByteTokenizer.json(List.of("</s>"), List.of(), List.of("</s>")))).isEmpty();
    assertThat(begin(ByteTokenizer.json(0))).isEmpty();
  }

  private static int[] begin(byte[] json) {
    try (Tokenizer tokenizer = Tokenizer.of(json)) {
      return tokenizer.begin();
    }
  }

  @Test
  void refusesAFileThatIsNoTokenizer() {
    assertThatThrownBy(() -> Tokenizer.of("{}".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Cannot use tokenizer.json");
  }
}
