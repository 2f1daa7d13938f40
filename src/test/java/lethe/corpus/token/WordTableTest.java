package lethe.corpus.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WordTableTest {
  /** More words than there are places, of every length and number of ids, twice. */
  @Test
  void everyWordHasItsOwnIds() {
    WordTable table = new WordTable(WordTableTest::ids);
    Random random = new Random(3);
    List<String> words = new ArrayList<>(List.of("\0", "\0\0", "a", "\u00ff\u00ff", "\u0100"));
    for (int i = 0; i < 300_000; i++) {
      char[] word = new char[random.nextInt(12) + 1];
      for (int c = 0; c < word.length; c++) {
        word[c] = (char) random.nextInt(random.nextInt(4) == 0 ? 0x300 : 0x80);
      }
      words.add(new String(word));
    }
    for (int round = 0; round < 2; round++) {
      for (String word : words) {
        assertThat(put(table, word)).as(word).isEqualTo(ids(word));
      }
    }
  }

  @Test
  void aWordThatCameBeforeIsNotLookedForAgain() {
    AtomicInteger asked = new AtomicInteger();
    WordTable table =
        new WordTable(
            word -> {
              asked.incrementAndGet();
              return ids(word);
            });
    List<String> words =
        List.of("short", " manyids", "na\u00efve", "\u4f60\u597d", "longer than a number");
    words.forEach(word -> put(table, word));
    words.forEach(word -> put(table, word));
    int first = asked.get();
    words.forEach(word -> put(table, word));
    assertThat(asked.get()).isEqualTo(first);
  }

  /** After another id, and with text around the word. */
  private static int[] put(WordTable table, String word) {
    int[] ids = new int[word.length() + 1];
    ids[0] = 7;
    int end = table.put(("x" + word + "y").toCharArray(), 1, word.length() + 1, ids, 1);
    assertThat(ids[0]).isEqualTo(7);
    return Arrays.copyOfRange(ids, 1, end);
  }

  /** From one to as many ids as a word has characters, some of them large. */
  private static int[] ids(String word) {
    int[] ids = new int[1 + Math.floorMod(word.hashCode(), word.length())];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Math.floorMod(word.hashCode() * (i + 3), i % 3 == 2 ? 1 << 22 : 1 << 17);
    }
    return ids;
  }
}
