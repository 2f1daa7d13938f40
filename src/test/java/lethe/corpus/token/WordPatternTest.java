package lethe.corpus.token;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against the tokenizer library, made to show where it splits a text: every word is one token. */
class WordPatternTest {
  /** Every character is one that some rule is about. */
  private static final String ALPHABET =
      "aBsStTrReEvVlLmMdD\u017f''''1290 .-=    \n\n\r\t\u00e9\u0301\u4e2d\u00a0\u0663\u2028\u0085";

  private static final int SMALL_BLOCKS = 0x3400;
  private static final int STRIDE = 97;

  @ParameterizedTest
  @EnumSource(WordPattern.class)
  void wordsAreThoseOfTheTokenizerLibrary(WordPattern pattern) {
    Random random = new Random(7);
    List<String> texts = new ArrayList<>(TokenizerChoice.hard());
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder();
      for (int c = random.nextInt(40) + 1; c > 0; c--) {
        text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
      }
      texts.add(text.toString());
    }
    assertThat(compared(pattern, texts)).isGreaterThan(2000);
  }

  /** Every character of small blocks, the ends of all others' runs of one kind, and some within. */
  @ParameterizedTest
  @EnumSource(WordPattern.class)
  void charactersAreOfTheKindThatTheTokenizerLibraryTakesThemFor(WordPattern pattern) {
    List<String> texts = new ArrayList<>();
    for (int c = 1; c < Character.MAX_CODE_POINT; c++) {
      byte kind = CharacterKinds.of(c);
      boolean end = kind != CharacterKinds.of(c - 1) || kind != CharacterKinds.of(c + 1);
      if (kind != CharacterKinds.UNKNOWN && (c < SMALL_BLOCKS || end || c % STRIDE == 0)) {
        String one = Character.toString(c);
        texts.add("a_a1_1._. _ '_\n__\t_b".replace("_", one));
      }
    }
    assertThat(compared(pattern, texts)).isGreaterThan(12_000);
  }

  /** How many texts were compared: all whose characters this Java knows. */
  private static int compared(WordPattern pattern, List<String> texts) {
    int compared = 0;
    try (Tokenizer library = Tokenizer.of(splitting(pattern))) {
      for (String text : texts) {
        int[] ends = ends(pattern, text);
        if (ends != null) {
          assertThat(ends).as("%s of %s", pattern, text).isEqualTo(library.encode(text).ends);
          compared++;
        }
      }
    }
    return compared;
  }

  /** A tokenizer that takes every word for the same token. */
  private static byte[] splitting(WordPattern pattern) {
    return SmallTokenizers.preTokenized(pattern)
        .set(
            "model",
            SmallTokenizers.read(
                "{\"type\": \"WordLevel\", \"vocab\": {\"?\": 0}, \"unk_token\": \"?\"}"))
        .toString()
        .getBytes(UTF_8);
  }

  /** Places, in code points, where words end; null if a character is unknown. */
  private static int[] ends(WordPattern pattern, String text) {
    byte[] kinds = new byte[text.length() + 1];
    for (int i = 0; i < text.length(); i++) {
      int codePoint = text.codePointAt(i);
      byte kind = CharacterKinds.of(codePoint);
      if (kind == CharacterKinds.UNKNOWN) {
        return null;
      }
      kinds[i] = kind;
      if (Character.charCount(codePoint) == 2) {
        kinds[++i] = kind;
      }
    }
    kinds[text.length()] = CharacterKinds.END;
    List<Integer> ends = new ArrayList<>();
    for (int at = 0; at < text.length(); ) {
      at = pattern.end(text.toCharArray(), kinds, at);
      ends.add(text.codePointCount(0, at));
    }
    return ends.stream().mapToInt(Integer::intValue).toArray();
  }
}
