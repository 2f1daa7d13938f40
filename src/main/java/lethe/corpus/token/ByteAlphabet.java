package lethe.corpus.token;

import java.util.Optional;

/** The characters by which byte-level tokenizers write bytes: every one has one that shows. */
final class ByteAlphabet {
  private static final char[] CHARACTERS = new char[256];
  private static final int FIRST_SUBSTITUTE = 256;
  private static final int[] BYTES = new int[2 * FIRST_SUBSTITUTE];

  static {
    java.util.Arrays.fill(BYTES, -1);
    char substitute = FIRST_SUBSTITUTE;
    for (int b = 0; b < CHARACTERS.length; b++) {
      boolean shows = (b >= '!' && b <= '~') || (b >= 0xA1 && b != 0xAD);
      CHARACTERS[b] = shows ? (char) b : substitute++;
      BYTES[CHARACTERS[b]] = b;
    }
  }

  private ByteAlphabet() {}

  /**
   * @param value of a byte, 0 to 255
   */
  static char character(int value) {
    return CHARACTERS[value];
  }

  /** The bytes that a token's text stands for, if it has no other characters. */
  static Optional<byte[]> bytes(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = token.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return Optional.empty();
      }
      bytes[i] = (byte) BYTES[c];
    }
    return Optional.of(bytes);
  }
}
