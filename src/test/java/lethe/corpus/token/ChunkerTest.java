package lethe.corpus.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChunkerTest {
  @Test
  void chunksLaidEndToEndAreTheText() {
    for (int length = 1; length <= 12; length++) {
      Tokens tokens = range(10);
      List<Chunk> chunks = cut(tokens, length, 1);
      int[] joined = chunks.stream().flatMapToInt(c -> Arrays.stream(c.tokens())).toArray();
      assertThat(joined).isEqualTo(tokens.ids);
      for (int i = 0; i < chunks.size(); i++) {
        assertThat(chunks.get(i).ordinal()).isEqualTo(i);
        assertThat(chunks.get(i).start()).isEqualTo(i == 0 ? 0 : chunks.get(i - 1).end());
      }
      assertThat(chunks.get(chunks.size() - 1).end()).isEqualTo(30);
    }
  }

  @Test
  void dropsOnlyATailUnderTheMinimum() {
    assertThat(lengths(cut(range(12), 8, 5))).containsExactly(8);
    assertThat(lengths(cut(range(13), 8, 5))).containsExactly(8, 5);
    assertThat(lengths(cut(range(16), 8, 5))).containsExactly(8, 8);
    assertThat(lengths(cut(range(4), 8, 5))).isEmpty();
    assertThat(lengths(cut(range(0), 8, 5))).isEmpty();
  }

  @Test
  void aFullChunkIsNoTail() {
    assertThat(lengths(cut(range(6), 3, 5))).containsExactly(3, 3);
  }

  @Test
  void howTheTextIsInPiecesMakesNoDifference() {
    List<Integer> whole = lengths(cut(range(20), 6, 1));
    Tokens tokens = range(20);
    for (int a = 0; a <= 20; a++) {
      for (int b = a; b <= 20; b++) {
        List<Tokens> pieces = List.of(part(tokens, 0, a), part(tokens, a, b), part(tokens, b, 20));
        List<Chunk> chunks = new ArrayList<>();
        new Chunker(pieces.iterator(), new int[0], 6, 1).forEachRemaining(chunks::add);
        assertThat(lengths(chunks)).isEqualTo(whole);
        assertThat(chunks.get(1).tokens()).containsExactly(6, 7, 8, 9, 10, 11);
        assertThat(chunks.get(1).start()).isEqualTo(18);
        assertThat(chunks.get(1).end()).isEqualTo(36);
      }
    }
  }

  @Test
  void everyChunkBeginsWithTheBeginning() {
    List<Chunk> chunks = new ArrayList<>();
    new Chunker(List.of(range(12)).iterator(), new int[] {90, 91}, 6, 2)
        .forEachRemaining(chunks::add);
    assertThat(lengths(chunks)).containsExactly(6, 6, 6);
    assertThat(chunks.get(0).tokens()).containsExactly(90, 91, 0, 1, 2, 3);
    assertThat(chunks.get(2).tokens()).containsExactly(90, 91, 8, 9, 10, 11);
    assertThat(chunks.get(2).start()).isEqualTo(24);
    chunks.clear();
    new Chunker(List.of(range(5)).iterator(), new int[] {90, 91}, 6, 2)
        .forEachRemaining(chunks::add);
    assertThat(lengths(chunks))
        .containsExactly(6); // a tail of one token, whatever stands before it
  }

  private static Tokens part(Tokens all, int from, int to) {
    return new Tokens(
        Arrays.copyOfRange(all.ids, from, to),
        Arrays.copyOfRange(all.starts, from, to),
        Arrays.copyOfRange(all.ends, from, to));
  }

  private static List<Chunk> cut(Tokens tokens, int length, int minimumTail) {
    List<Chunk> chunks = new ArrayList<>();
    new Chunker(List.of(tokens).iterator(), new int[0], length, minimumTail)
        .forEachRemaining(chunks::add);
    return chunks;
  }

  private static List<Integer> lengths(List<Chunk> chunks) {
    return chunks.stream().map(chunk -> chunk.tokens().length).toList();
  }

  /** Tokens of three characters each. */
  private static Tokens range(int count) {
    return new Tokens(
        IntStream.range(0, count).toArray(),
        IntStream.range(0, count).map(i -> 3 * i).toArray(),
        IntStream.range(0, count).map(i -> 3 * i + 3).toArray());
  }
}
