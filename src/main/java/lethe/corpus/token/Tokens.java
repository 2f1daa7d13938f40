package lethe.corpus.token;

import java.util.List;
import java.util.function.Function;

/**
 * A text as tokens. Places count Unicode characters (code points), not UTF-16 units. Tokens may
 * share a character: a byte-level tokenizer makes several of one it does not know.
 */
public final class Tokens {
  static final Tokens NONE = new Tokens(new int[0], new int[0], new int[0]);

  /** In the order of the text. */
  public final int[] ids;

  /** Place of each token's first character. */
  public final int[] starts;

  /** Place after each token's last character. */
  public final int[] ends;

  Tokens(int[] ids, int[] starts, int[] ends) {
    this.ids = ids;
    this.starts = starts;
    this.ends = ends;
  }

  /** Pieces of one text, one after the other. */
  static Tokens join(List<Tokens> pieces) {
    return pieces.size() == 1
        ? pieces.get(0)
        : new Tokens(
            join(pieces, piece -> piece.ids),
            join(pieces, piece -> piece.starts),
            join(pieces, piece -> piece.ends));
  }

  private static int[] join(List<Tokens> pieces, Function<Tokens, int[]> part) {
    int[] all = new int[pieces.stream().mapToInt(piece -> piece.ids.length).sum()];
    int at = 0;
    for (Tokens piece : pieces) {
      int[] own = part.apply(piece);
      System.arraycopy(own, 0, all, at, own.length);
      at += own.length;
    }
    return all;
  }
}
