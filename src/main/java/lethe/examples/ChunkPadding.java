package lethe.examples;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What fills a text up where padding is scored too.
 *
 * @param token id
 * @param tokens of a text that is full
 */
public record ChunkPadding(int token, int tokens) implements Serializable {
  /** For methods that leave padding alone. */
  public static final ChunkPadding NONE = new ChunkPadding(0, 0);

  int[] fill(int[] text) {
    int[] full = Arrays.copyOf(text, Math.max(text.length, tokens));
    Arrays.fill(full, text.length, full.length, token);
    return full;
  }
}
