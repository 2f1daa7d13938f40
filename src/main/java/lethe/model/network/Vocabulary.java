package lethe.model.network;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import lethe.settings.FirstTen;
import lethe.settings.InvalidSettings;

/**
 * What the rows of a model's embedding represent. A checkpoint may have more rows than its
 * tokenizer has tokens; no text ever uses the extra rows.
 */
public final class Vocabulary implements Serializable {
  private final int rows;
  private final BitSet tokens;
  private final BitSet special;

  private Vocabulary(int rows, BitSet tokens, BitSet special) {
    this.rows = rows;
    this.tokens = tokens;
    this.special = special;
  }

  /** A vocabulary in which every row is an ordinary token. */
  public static Vocabulary of(int rows) {
    BitSet tokens = new BitSet(rows);
    tokens.set(0, rows);
    return new Vocabulary(rows, tokens, new BitSet());
  }

  /**
   * Reads a {@code tokenizer.json}.
   *
   * @param rows of the embedding; ids beyond them are left out
   * @throws InvalidSettings when it has no vocabulary
   */
  public static Vocabulary of(int rows, JsonNode tokenizer) {
    if (!tokenizer.at("/model/vocab").isContainerNode()) {
      throw new InvalidSettings("Cannot read tokenizer.json: it has no model.vocab");
    }
    BitSet tokens = new BitSet(rows);
    BitSet special = new BitSet(rows);
    forEach(
        tokenizer,
        (id, name, isSpecial) -> {
          if (id >= 0 && id < rows) {
            tokens.set((int) id);
            special.set((int) id, isSpecial);
          }
        });
    return new Vocabulary(rows, tokens, special);
  }

  /**
   * The tokens of a {@code tokenizer.json} for which a model has no row.
   *
   * @param rows of the embedding
   * @return how many there are and which, for a message
   */
  public static Optional<String> beyond(int rows, JsonNode tokenizer) {
    Map<Long, String> beyond = new TreeMap<>();
    forEach(
        tokenizer,
        (id, name, isSpecial) -> {
          if (id < 0 || id >= rows) {
            beyond.put(id, name);
          }
        });
    return beyond.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%d tokens that the embedding of %d rows has no row for, so no document may use them: %s"
                .formatted(
                    beyond.size(),
                    rows,
                    FirstTen.of(
                        beyond.entrySet().stream()
                            .map(e -> "\"%s\" (%d)".formatted(e.getValue(), e.getKey()))
                            .toList())));
  }

  private interface Token {
    void at(long id, String name, boolean special);
  }

  private static void forEach(JsonNode tokenizer, Token use) {
    JsonNode vocabulary = tokenizer.at("/model/vocab");
    if (vocabulary.isArray()) { // unigram: an id is an index into the list
      for (int id = 0; id < vocabulary.size(); id++) {
        use.at(id, vocabulary.get(id).path(0).asText(), false);
      }
    } else {
      vocabulary.properties().forEach(f -> use.at(f.getValue().asLong(), f.getKey(), false));
    }
    for (JsonNode added : tokenizer.path("added_tokens")) {
      use.at(
          added.path("id").asLong(),
          added.path("content").asText(),
          added.path("special").asBoolean());
    }
  }

  /** The tokens that texts are made of: all but the special ones. Ascending. */
  public int[] ordinary() {
    return IntStream.range(0, rows).filter(id -> tokens.get(id) && !special.get(id)).toArray();
  }

  /** Whether a token is a special one. */
  public boolean special(int token) {
    return special.get(token);
  }

  /** Rows that represent no token. Ascending. */
  public int[] unused() {
    return IntStream.range(0, rows).filter(id -> !tokens.get(id)).toArray();
  }
}
