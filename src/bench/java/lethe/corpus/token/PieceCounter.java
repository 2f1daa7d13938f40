package lethe.corpus.token;

import java.io.IOException;
import lethe.json.Json;

/**
 * Counts the tokens of texts that are cut as {@link Tokenizer} cuts them, and does nothing else.
 */
public final class PieceCounter implements AutoCloseable {
  private final Tokenizer tokenizer;
  private final SafeCuts cuts;

  /**
   * @param json the content of a {@code tokenizer.json}
   */
  public PieceCounter(byte[] json) throws IOException {
    this.tokenizer = Tokenizer.of(json);
    this.cuts = SafeCuts.of(Json.MAPPER.readTree(json), SafeCuts.PIECE_CHARACTERS);
  }

  /** How many tokens a text has. */
  public int count(String text) {
    int tokens = 0;
    for (int from = 0, to; from < text.length(); from = to) {
      to = cuts.end(text, from);
      tokens += tokenizer.count(text.substring(from, to));
    }
    return tokens;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
