package lethe.examples;

import java.io.Serializable;
import java.util.Arrays;

/**
 * The padding of texts, for methods that score padding too.
 *
 * @param token id
 * @param tokens length of a padded text
 */
public record ChunkPadding(int token, int tokens) implements Serializable {
  /** For methods that do not score padding. */
  public static final ChunkPadding NONE = new ChunkPadding(0, 0);

  int[] fill(int[] text) {
    int[] full = Arrays.copyOf(text, Math.max(text.length, tokens));
    Arrays.fill(full, text.length, full.length, token);
    return full;
  }
}
