package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ByteLengthsTest {
  private static final String BYTES = new String(ByteTokenizer.json(0), UTF_8);

  @Test
  void tokensAreTheBytesOfTheText() {
    ByteLengths lengths = ByteLengths.of(ByteTokenizer.json(0)).orElseThrow();
    Tokens tokens = lengths.place(new int[] {'a', 0xC3, 0xA9, 'b'}, "a\u00e9b").orElseThrow();
    assertThat(tokens.starts).containsExactly(0, 1, 1, 2);
    assertThat(tokens.ends).containsExactly(1, 2, 2, 3);
  }

  @Test
  void otherTokensThanTheTextsBytesAreNotPlaced() {
    ByteLengths lengths = ByteLengths.of(ByteTokenizer.json(0)).orElseThrow();
    assertThat(lengths.place(new int[] {'a', 'b'}, "abc")).isEmpty();
    assertThat(lengths.place(new int[] {'a', 'b'}, "a")).isEmpty();
    assertThat(lengths.place(new int[] {999}, "a")).isEmpty();
    assertThat(lengths.place(new int[0], "")).isPresent();
  }

  @Test
  void tokenizersThatChangeTheTextHaveNone() {
    assertThat(of(BYTES.replace("\"version\":", "\"normalizer\":{\"type\":\"NFC\"},\"version\":")))
        .isFalse();
    assertThat(of(BYTES.replace("\"add_prefix_space\":false", "\"add_prefix_space\":true")))
        .isFalse();
    assertThat(of(BYTES.replace("\"ByteLevel\"", "\"Whitespace\""))).isFalse();
    assertThat(of(BYTES.replace("\"BPE\"", "\"Unigram\""))).isFalse();
    assertThat(of("{}")).isFalse();
  }

  private static boolean of(String json) {
    return ByteLengths.of(json.getBytes(UTF_8)).isPresent();
  }
}
