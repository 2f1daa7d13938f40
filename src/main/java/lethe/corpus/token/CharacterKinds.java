package lethe.corpus.token;

/** What the regular expressions of {@link WordPattern} ask of a character. */
final class CharacterKinds {
  /** {@code \p{L}}. */
  static final byte LETTER = 0;

  /** {@code \p{N}}. */
  static final byte NUMBER = 1;

  /** All that is neither white space nor one of those. */
  static final byte OTHER = 2;

  /** {@code \s} except what ends a line. */
  static final byte SPACE = 3;

  /** {@code [\r\n]}. */
  static final byte NEWLINE = 4;

  /** What follows the last character of a text. */
  static final byte END = 5;

  /**
   * Half of a character, or one that this Java's Unicode does not know: the tokenizer library's may
   * be newer.
   */
  static final byte UNKNOWN = 6;

  private static final byte[] FIRST_PLANE = new byte[Character.MIN_SUPPLEMENTARY_CODE_POINT];

  static {
    for (int c = 0; c < FIRST_PLANE.length; c++) {
      FIRST_PLANE[c] = kind(c);
    }
  }

  private CharacterKinds() {}

  /** The kind of a character of Unicode's first plane; of a surrogate {@link #UNKNOWN}. */
  static byte of(char character) {
    return FIRST_PLANE[character];
  }

  /** The kind of a code point. */
  static byte of(int codePoint) {
    return codePoint < FIRST_PLANE.length ? FIRST_PLANE[codePoint] : kind(codePoint);
  }

  private static byte kind(int codePoint) {
    if (codePoint == '\n' || codePoint == '\r') {
      return NEWLINE;
    }
    if (whiteSpace(codePoint)) {
      return SPACE;
    }
    return switch (Character.getType(codePoint)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      case Character.UNASSIGNED, Character.SURROGATE -> UNKNOWN;
      default -> OTHER;
    };
  }

  /** Unicode's property White_Space, which {@link Character#isWhitespace} is not. */
  private static boolean whiteSpace(int codePoint) {
    return Character.isSpaceChar(codePoint)
        || (codePoint >= '\t' && codePoint <= '\r')
        || codePoint == 0x85;
  }
}
