package lethe.corpus.token;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a tokenizer's list of merges can be written as an order of tokens, which is all that
 * tiktoken and JTokkit know: they merge the two neighbours that make the first token in that order,
 * and a word that is a token stays whole.
 *
 * <p>Both ways are the same if neighbours that make a token are always a pair of the list. Inside
 * the bytes of one token, merging goes on as it does with these bytes alone, whatever is around
 * them, as long as nothing reaches across their ends. So it is enough to merge the bytes of each
 * token alone: the last two parts must be a pair of the list, and these pairs must be listed in the
 * order of their tokens. A token whose bytes are never merged to two parts is never made.
 */
final class MergeOrder {
  private final Map<String, Integer> ranks;
  private final Map<String, Integer> listed = new HashMap<>();
  private final List<String> tokens;

  private MergeOrder(List<String> tokens, List<List<String>> merges) {
    this.tokens = tokens;
    this.ranks = new HashMap<>(2 * tokens.size());
    tokens.forEach(token -> ranks.put(token, ranks.size()));
    for (int i = 0; i < merges.size(); i++) {
      listed.put(key(merges.get(i).get(0), merges.get(i).get(1)), i);
    }
  }

  /**
   * The tokens that texts can have, in the order in which JTokkit must merge them; nothing if there
   * is no such order.
   *
   * @param model of a byte-level tokenizer.json, with a token for each byte
   */
  static Optional<List<String>> of(JsonNode model) {
    List<List<String>> merges = new ArrayList<>();
    model.path("merges").forEach(merge -> merges.add(pair(merge)));
    Map<String, Integer> first = new HashMap<>();
    for (int i = 0; i < merges.size(); i++) {
      first.putIfAbsent(String.join("", merges.get(i)), i);
    }
    boolean whole = model.path("ignore_merges").asBoolean(); // a word that is a token stays whole
    List<String> tokens = new ArrayList<>();
    model.path("vocab").fieldNames().forEachRemaining(tokens::add);
    tokens.removeIf(
        token -> token.isEmpty() || (token.length() > 1 && !first.containsKey(token) && !whole));
    tokens.sort(
        Comparator.comparingInt(
            token -> token.length() == 1 ? -1 : first.getOrDefault(token, Integer.MAX_VALUE)));
    return new MergeOrder(tokens, merges).checked(whole);
  }

  private Optional<List<String>> checked(boolean whole) {
    List<String> made = new ArrayList<>();
    int last = -1;
    for (String token : tokens) {
      List<String> parts = token.length() == 1 ? List.of(token) : merged(token);
      if (parts.size() == 2) {
        Integer index = listed.get(key(parts.get(0), parts.get(1)));
        if (index == null || index < last) {
          return Optional.empty();
        }
        last = index;
      }
      if (parts.size() <= 2 || whole) {
        made.add(token);
      }
    }
    return Optional.of(made);
  }

  /** The parts of a token before the merge that makes it, or those that are merged no more. */
  private List<String> merged(String token) {
    List<String> parts = new ArrayList<>(token.length());
    for (int i = 0; i < token.length(); i++) {
      parts.add(token.substring(i, i + 1));
    }
    while (parts.size() > 2) {
      int best = -1;
      int least = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int rank = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), Integer.MAX_VALUE);
        if (rank < least) {
          best = i;
          least = rank;
        }
      }
      if (best < 0) {
        return parts;
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
    return parts;
  }

  private static List<String> pair(JsonNode merge) {
    return merge.isArray()
        ? List.of(merge.path(0).asText(), merge.path(1).asText())
        : List.of(merge.asText().split(" ", 2));
  }

  private static String key(String first, String second) {
    return first + " " + second;
  }
}
