package lethe.corpus.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import lethe.json.Json;
import org.junit.jupiter.api.Test;

class TokenByteLengthsTest {
  private static final String BYTES = new String(ByteTokenizer.json(0), UTF_8);

  @Test
  void tokensAreTheBytesOfTheText() {
    TokenByteLengths lengths = TokenByteLengths.of(json(BYTES)).orElseThrow();
    Tokens tokens = lengths.place(new int[] {'a', 0xC3, 0xA9, 'b'}, "a\u00e9b", 0).orElseThrow();
    assertThat(tokens.starts).containsExactly(0, 1, 1, 2);
    assertThat(tokens.ends).containsExactly(1, 2, 2, 3);
  }

  @Test
  void placesGoOnFromTheFirst() {
    TokenByteLengths lengths = TokenByteLengths.of(json(BYTES)).orElseThrow();
    for (String text : List.of("ab", "\u00e9")) {
      int[] ids = text.equals("ab") ? new int[] {'a', 'b'} : new int[] {0xC3, 0xA9};
      Tokens here = lengths.place(ids, text, 0).orElseThrow();
      Tokens later = lengths.place(ids, text, 7).orElseThrow();
      for (int i = 0; i < 2; i++) {
        assertThat(later.starts[i]).isEqualTo(here.starts[i] + 7);
        assertThat(later.ends[i]).isEqualTo(here.ends[i] + 7);
      }
    }
  }

  @Test
  void otherTokensThanTheTextsBytesAreNotPlaced() {
    TokenByteLengths lengths = TokenByteLengths.of(json(BYTES)).orElseThrow();
    assertThat(lengths.place(new int[] {'a', 'b'}, "abc", 0)).isEmpty();
    assertThat(lengths.place(new int[] {'a', 'b'}, "a", 0)).isEmpty();
    assertThat(lengths.place(new int[] {999}, "a", 0)).isEmpty();
    assertThat(lengths.place(new int[0], "", 0)).isPresent();
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
    return TokenByteLengths.of(json(json)).isPresent();
  }

  private static JsonNode json(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  /** Without them, a text of any length may have hardly a token. */
  @Test
  void theLongestTokenIsKnownWhereEveryByteHasATokenAndNoneTakesMore() {
    ObjectNode tokenizer = byteLevel(256);
    assertThat(TokenByteLengths.longest(tokenizer)).hasValue(3);
    ObjectNode added = ((ArrayNode) tokenizer.get("added_tokens")).addObject();
    added.put("id", 300).put("content", "<mask>").put("lstrip", false);
    assertThat(TokenByteLengths.longest(tokenizer)).hasValue(6);
    added.put("lstrip", true);
    assertThat(TokenByteLengths.longest(tokenizer)).isEmpty();
    assertThat(TokenByteLengths.longest(byteLevel(255))).isEmpty();
    ObjectNode other = byteLevel(256);
    other.putObject("normalizer").put("type", "NFKC");
    assertThat(TokenByteLengths.longest(other)).isEmpty();
  }

  /** A tokenizer of single bytes and a token of three. */
  private static ObjectNode byteLevel(int bytes) {
    ObjectNode tokenizer = Json.MAPPER.createObjectNode();
    tokenizer.putArray("added_tokens");
    tokenizer.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", false);
    ObjectNode vocabulary = tokenizer.putObject("model").put("type", "BPE").putObject("vocab");
    for (int i = 0; i < bytes; i++) {
      vocabulary.put(String.valueOf((char) (0x100 + i)), i);
    }
    vocabulary.put("the", bytes);
    return tokenizer;
  }
}
