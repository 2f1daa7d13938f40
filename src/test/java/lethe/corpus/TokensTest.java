package lethe.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokensTest {
  @Test
  void chunksLaidEndToEndAreTheText() {
    for (int length = 1; length <= 12; length++) {
      Tokens tokens = range(10);
      List<Tokens.Chunk> chunks = tokens.cut(length, 1);
      int[] joined = chunks.stream().flatMapToInt(c -> Arrays.stream(c.tokens())).toArray();
      assertThat(joined).isEqualTo(tokens.ids);
      for (int i = 0; i < chunks.size(); i++) {
        assertThat(chunks.get(i).ordinal).isEqualTo(i);
        assertThat(chunks.get(i).start()).isEqualTo(i == 0 ? 0 : chunks.get(i - 1).end());
      }
      assertThat(chunks.get(chunks.size() - 1).end()).isEqualTo(30);
    }
  }

  @Test
  void dropsOnlyATailUnderTheMinimum() {
    assertThat(lengths(range(12).cut(8, 5))).containsExactly(8);
    assertThat(lengths(range(13).cut(8, 5))).containsExactly(8, 5);
    assertThat(lengths(range(16).cut(8, 5))).containsExactly(8, 8);
    assertThat(lengths(range(4).cut(8, 5))).isEmpty();
    assertThat(lengths(range(0).cut(8, 5))).isEmpty();
  }

  @Test
  void aFullChunkIsNoTail() {
    assertThat(lengths(range(6).cut(3, 5))).containsExactly(3, 3);
  }

  private static List<Integer> lengths(List<Tokens.Chunk> chunks) {
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
