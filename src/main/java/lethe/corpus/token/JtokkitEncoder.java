package lethe.corpus.token;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Texts to tokens by JTokkit, for one thread. Most words of a text are among those that came
 * before, whose ids are kept.
 */
final class JtokkitEncoder {
  /**
   * Characters of a word, which has at most three times as many bytes. From 500 bytes on JTokkit
   * merges in another way, which looks at equal merges in another order.
   */
  private static final int LONGEST_WORD = 160;

  /** At most, of UTF-8 for one unit of UTF-16. */
  private static final int BYTES_PER_CHARACTER = 3;

  /** Characters below are composed whatever is beside them, as long as that is below, too. */
  private static final char FIRST_THAT_COMPOSES = '\u0300';

  private final JtokkitVocabulary vocabulary;
  private final WordTable words;
  private char[] text = new char[SafeCuts.PIECE_CHARACTERS];
  private byte[] kinds = new byte[text.length + 1];
  private int[] ids = new int[text.length];

  JtokkitEncoder(JtokkitVocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.words = new WordTable(vocabulary::ids);
  }

  /**
   * The tokens of a text, or nothing if the tokenizer library must make them: the text has an added
   * token, half a character, one that this Java does not know, one that is to be composed, or a
   * very long word.
   *
   * @param first place of the text's first character
   */
  Optional<Tokens> encode(String piece, int first) {
    if (!load(piece)) {
      return Optional.empty();
    }
    int count = 0;
    for (int from = 0, to; from < piece.length(); from = to) {
      to = vocabulary.pattern().end(text, kinds, from);
      if (to - from > LONGEST_WORD) {
        return Optional.empty();
      }
      if (count + BYTES_PER_CHARACTER * (to - from) > ids.length) {
        ids = Arrays.copyOf(ids, 2 * ids.length);
      }
      count = words.put(text, from, to, ids, count);
    }
    return vocabulary.lengths().place(Arrays.copyOf(ids, count), piece, first);
  }

  /** The characters and their kinds, if all are served. */
  private boolean load(String piece) {
    int length = piece.length();
    if (length > text.length) {
      text = new char[length];
      kinds = new byte[length + 1];
    }
    piece.getChars(0, length, text, 0);
    char highest = 0;
    for (int i = 0; i < length; i++) {
      char c = text[i];
      highest = c > highest ? c : highest;
      byte kind = CharacterKinds.of(c);
      if (kind == CharacterKinds.UNKNOWN && Character.isHighSurrogate(c) && i + 1 < length) {
        int codePoint = Character.codePointAt(text, i, length);
        kind = CharacterKinds.of(codePoint);
        kinds[i++] = kind; // one character, two places
      }
      if (kind == CharacterKinds.UNKNOWN) {
        return false;
      }
      kinds[i] = kind;
    }
    kinds[length] = CharacterKinds.END;
    for (int i = 0; i < length; i++) {
      if (vocabulary.added().at(piece, i)) {
        return false;
      }
    }
    return !vocabulary.composes()
        || highest < FIRST_THAT_COMPOSES
        || Normalizer.isNormalized(piece, Normalizer.Form.NFC);
  }
}
