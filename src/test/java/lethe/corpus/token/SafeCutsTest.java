package lethe.corpus.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafeCutsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String GPT_2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String WORDS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
  private static final String REST =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String LLAMA_3 = WORDS + "\\p{N}{1,3}" + REST;
  private static final String QWEN_2 = WORDS + "\\p{N}" + REST;

  /** Every character is one that some rule of the tokenizers is about. */
  private static final String ALPHABET = "aBs1'.-  \n\n\r\t\u00e9\u0301\u4e2d\u00a0\u0663";

  @ParameterizedTest
  @ValueSource(strings = {"", GPT_2, LLAMA_3, QWEN_2})
  void piecesHaveTheTokensAndPlacesOfTheWhole(String pattern) throws IOException {
    for (String normalizer : List.of("", "NFC")) {
      JsonNode json = tokenizer(pattern, normalizer);
      SafeCuts pieces = SafeCuts.of(json, 6);
      int cuts = 0;
      try (Tokenizer tokenizer = Tokenizer.of(JSON.writeValueAsBytes(json))) {
        for (String text : texts()) {
          Tokens whole = tokenizer.encode(text);
          List<Tokens> joined = new ArrayList<>();
          for (int from = 0, to; from < text.length(); from = to) {
            to = pieces.end(text, from);
            joined.add(after(tokenizer.encode(text.substring(from, to)), text.substring(0, from)));
          }
          cuts += joined.size() - 1;
          assertThat(Tokens.join(joined).ids).as(text).isEqualTo(whole.ids);
          assertThat(Tokens.join(joined).starts).as(text).isEqualTo(whole.starts);
          assertThat(Tokens.join(joined).ends).as(text).isEqualTo(whole.ends);
        }
      }
      assertThat(cuts).isGreaterThan(500);
    }
  }

  /** What the test above would say of cuts at other places. */
  @ParameterizedTest
  @ValueSource(strings = {GPT_2, LLAMA_3, QWEN_2})
  void otherPlacesWouldChangeTokens(String pattern) throws IOException {
    int changed = 0;
    try (Tokenizer tokenizer = Tokenizer.of(JSON.writeValueAsBytes(tokenizer(pattern, "")))) {
      for (String text : List.of("a .\n\nb", "1 's", "a  b")) {
        for (int at = 1; at < text.length(); at++) {
          List<Tokens> two =
              List.of(
                  tokenizer.encode(text.substring(0, at)), tokenizer.encode(text.substring(at)));
          changed +=
              java.util.Arrays.equals(Tokens.join(two).ids, tokenizer.encode(text).ids) ? 0 : 1;
        }
      }
    }
    assertThat(changed).isGreaterThan(2);
  }

  @Test
  void whatIsNotKnownIsNotCut() throws IOException {
    String text = "word ".repeat(10);
    ObjectNode known = tokenizer(GPT_2, "");
    assertThat(SafeCuts.of(known, 12).end(text, 0)).isEqualTo(9);
    assertThat(end(known, json -> json.withObject("/normalizer").put("type", "NFKC")))
        .isEqualTo(50);
    assertThat(end(known, json -> json.withObject("/model").put("type", "Unigram"))).isEqualTo(50);
    assertThat(end(known, json -> json.withObject("/model").put("dropout", 0.1))).isEqualTo(50);
    assertThat(end(known, json -> json.withObject("/post_processor").put("type", "ByteLevel")))
        .isEqualTo(50);
    assertThat(end(known, json -> json.putObject("pre_tokenizer").put("type", "Metaspace")))
        .isEqualTo(50);
    assertThat(end(tokenizer("\\s+", ""), json -> {})).isEqualTo(50);
    assertThat(end(known, json -> added(json, "two words"))).isEqualTo(50);
    assertThat(end(known, json -> added(json, "one").put("rstrip", true))).isEqualTo(50);
    assertThat(end(known, json -> added(json, "  "))).isEqualTo(9);
  }

  @Test
  void aTextWithNoPlaceToCutIsOnePiece() throws IOException {
    SafeCuts pieces = SafeCuts.of(tokenizer(GPT_2, ""), 4);
    assertThat(pieces.end("a".repeat(20), 0)).isEqualTo(20);
    assertThat(pieces.end("aaaaaaaaa b", 0)).isEqualTo(9);
    assertThat(pieces.end("a b", 0)).isEqualTo(3);
  }

  private static int end(ObjectNode known, Consumer<ObjectNode> change) {
    ObjectNode other = known.deepCopy();
    change.accept(other);
    return SafeCuts.of(other, 12).end("word ".repeat(10), 0);
  }

  private static ObjectNode added(ObjectNode json, String content) {
    return json.withArray("added_tokens").addObject().put("id", 9999).put("content", content);
  }

  private static Tokens after(Tokens piece, String before) {
    int characters = before.codePointCount(0, before.length());
    for (int i = 0; i < piece.ids.length; i++) {
      piece.starts[i] += characters;
      piece.ends[i] += characters;
    }
    return piece;
  }

  private static List<String> texts() {
    Random random = new Random(5);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      StringBuilder text = new StringBuilder();
      for (int c = random.nextInt(60) + 1; c > 0; c--) {
        text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
      }
      texts.add(text.toString());
    }
    return texts;
  }

  /**
   * A tokenizer that merges any two or four bytes of these texts, so that a wrong cut shows.
   *
   * @param pattern of a splitting step; ByteLevel's own if empty
   */
  private static ObjectNode tokenizer(String pattern, String normalizer) throws IOException {
    ObjectNode root = (ObjectNode) JSON.readTree(ByteTokenizer.json(0));
    ObjectNode bytes = (ObjectNode) root.get("pre_tokenizer");
    if (pattern.isEmpty()) {
      bytes.put("use_regex", true);
    } else {
      ObjectNode split = JSON.createObjectNode().put("type", "Split").put("behavior", "Isolated");
      split.put("invert", false).putObject("pattern").put("Regex", pattern);
      root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
      root.withArray("/pre_tokenizer/pretokenizers").add(split).add(bytes);
    }
    if (!normalizer.isEmpty()) {
      root.putObject("normalizer").put("type", normalizer);
    }
    ObjectNode vocabulary = root.withObject("/model/vocab");
    List<String> shown = new ArrayList<>(java.util.Collections.nCopies(256, ""));
    vocabulary.properties().forEach(e -> shown.set(e.getValue().intValue(), e.getKey()));
    List<String> units = new ArrayList<>();
    for (byte b : ALPHABET.getBytes(UTF_8)) {
      units.add(shown.get(b & 0xFF));
    }
    ArrayNode merges = root.withArray("/model/merges");
    for (int level = 0; level < 2; level++) {
      List<String> next = new ArrayList<>();
      for (String a : units.stream().distinct().toList()) {
        for (String b : units.stream().distinct().toList()) {
          if (next.size() < 900 && !vocabulary.has(a + b)) {
            vocabulary.put(a + b, vocabulary.size());
            merges.add(a + " " + b);
            next.add(a + b);
          }
        }
      }
      units = next;
    }
    return root;
  }
}
