package lethe.corpus.token;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Cuts a text's tokens into contiguous chunks, each after the same beginning, and holds no more of
 * them than one chunk.
 */
final class Chunker implements Iterator<Chunk> {
  private final Iterator<Tokens> pieces;
  private final int[] ids;
  private final int begin;
  private final int least;
  private Tokens piece = Tokens.NONE;
  private int at;
  private int size;
  private int start;
  private int end;
  private int ordinal;

  /**
   * @param pieces of one text, in order
   * @param begin tokens before each chunk's own
   * @param length tokens per chunk, its beginning included, at least 1 more than that has
   * @param minimumTail tokens of the text; a shorter last chunk is dropped
   */
  Chunker(Iterator<Tokens> pieces, int[] begin, int length, int minimumTail) {
    this.pieces = pieces;
    this.ids = Arrays.copyOf(begin, length);
    this.begin = begin.length;
    this.least = this.begin + Math.max(1, Math.min(length - this.begin, minimumTail));
    fill();
  }

  private void fill() {
    size = begin;
    while (size < ids.length && (at < piece.ids.length || pieces.hasNext())) {
      if (at == piece.ids.length) {
        piece = pieces.next();
        at = 0;
        continue; // it may have no token
      }
      int count = Math.min(ids.length - size, piece.ids.length - at);
      System.arraycopy(piece.ids, at, ids, size, count);
      start = size == begin ? piece.starts[at] : start;
      end = piece.ends[at + count - 1];
      at += count;
      size += count;
    }
  }

  @Override
  public boolean hasNext() {
    return size >= least;
  }

  @Override
  public Chunk next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no chunk is left");
    }
    Chunk chunk = new Chunk(ordinal++, start, end, Arrays.copyOf(ids, size), null);
    fill();
    return chunk;
  }
}
