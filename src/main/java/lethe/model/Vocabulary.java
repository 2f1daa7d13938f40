package lethe.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * Which rows of a model's embedding stand for what. A checkpoint may have more rows than its
 * tokenizer has tokens: those no text ever uses.
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

  /** Every row an ordinary token. */
  public static Vocabulary of(int rows) {
    BitSet tokens = new BitSet(rows);
    tokens.set(0, rows);
    return new Vocabulary(rows, tokens, new BitSet());
  }

  /**
   * Reads a {@code tokenizer.json}.
   *
   * @param rows of the embedding; ids beyond them are left out
   * @throws IllegalArgumentException when it has no vocabulary
   */
  public static Vocabulary of(int rows, JsonNode tokenizer) {
    BitSet tokens = new BitSet(rows);
    JsonNode vocabulary = tokenizer.at("/model/vocab");
    if (vocabulary.isArray()) { // unigram: an id is a place in the list
      tokens.set(0, vocabulary.size());
    } else if (vocabulary.isObject()) {
      vocabulary.forEach(id -> tokens.set(id.asInt()));
    } else {
      throw new IllegalArgumentException("Cannot read tokenizer.json: it has no model.vocab");
    }
    BitSet special = new BitSet(rows);
    for (JsonNode added : tokenizer.path("added_tokens")) {
      tokens.set(added.path("id").asInt());
      special.set(added.path("id").asInt(), added.path("special").asBoolean());
    }
    return new Vocabulary(rows, tokens, special);
  }

  /** The tokens that texts are made of: all but the special ones. Ascending. */
  public int[] ordinary() {
    return IntStream.range(0, rows).filter(id -> tokens.get(id) && !special.get(id)).toArray();
  }

  /** Whether a token is a special one. */
  public boolean special(int token) {
    return special.get(token);
  }

  /** Rows that are no token. Ascending. */
  public int[] unused() {
    return IntStream.range(0, rows).filter(id -> !tokens.get(id)).toArray();
  }
}
