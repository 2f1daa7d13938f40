package lethe.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A text as tokens. Places count Unicode characters (code points), not UTF-16 units. Tokens may
 * share a character: a byte-level tokenizer makes several of one it does not know.
 */
final class Tokens {
  /** In the order of the text. */
  final int[] ids;

  /** Place of each token's first character. */
  final int[] starts;

  /** Place after each token's last character. */
  final int[] ends;

  Tokens(int[] ids, int[] starts, int[] ends) {
    this.ids = ids;
    this.starts = starts;
    this.ends = ends;
  }

  /** A run of a document's tokens. */
  final class Chunk {
    /** Place among the document's chunks, from 0. */
    final int ordinal;

    private final int first;
    private final int after;

    private Chunk(int ordinal, int first, int after) {
      this.ordinal = ordinal;
      this.first = first;
      this.after = after;
    }

    /** Place of the first character in the text. */
    int start() {
      return starts[first];
    }

    /** Place after the last character. */
    int end() {
      return ends[after - 1];
    }

    int[] tokens() {
      return Arrays.copyOfRange(ids, first, after);
    }
  }

  /**
   * Cuts the text into contiguous chunks.
   *
   * @param length tokens a chunk, at least 1
   * @param minimumTail tokens; a shorter last chunk is dropped
   */
  List<Chunk> cut(int length, int minimumTail) {
    List<Chunk> chunks = new ArrayList<>();
    for (int first = 0; first < ids.length; first += length) {
      int after = Math.min(first + length, ids.length);
      if (after - first >= Math.min(length, minimumTail)) {
        chunks.add(new Chunk(chunks.size(), first, after));
      }
    }
    return chunks;
  }
}
