package lethe.corpus.token;

import com.fasterxml.jackson.databind.JsonNode;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Finds tokens that a tokenizer takes out of a text before it splits the rest into words. */
final class AddedTokens {
  /** By their first character. */
  private final Map<Character, List<String>> tokens;

  private final boolean[] begins = new boolean[Character.MAX_VALUE + 1];

  private AddedTokens(Map<Character, List<String>> tokens) {
    this.tokens = tokens;
    tokens.keySet().forEach(first -> begins[first] = true);
  }

  /**
   * @param root a tokenizer.json
   */
  static AddedTokens of(JsonNode root) {
    Map<Character, List<String>> tokens = new HashMap<>();
    for (JsonNode token : root.path("added_tokens")) {
      String content = token.path("content").asText();
      Stream.of(content, Normalizer.normalize(content, Normalizer.Form.NFC))
          .filter(text -> !text.isEmpty())
          .distinct()
          .forEach(
              text -> tokens.computeIfAbsent(text.charAt(0), c -> new ArrayList<>()).add(text));
    }
    return new AddedTokens(tokens);
  }

  /** Whether one of them begins at a place of a text. */
  boolean at(String text, int place) {
    char first = text.charAt(place);
    return begins[first]
        && tokens.get(first).stream().anyMatch(token -> text.startsWith(token, place));
  }
}
