package lethe.evaluate;

import java.nio.charset.StandardCharsets;
import java.util.zip.Deflater;

/**
 * The length of a text compressed by zlib at its usual level, by which a loss is divided so that
 * repetitive text does not pass for remembered text. Carlini et al., "Extracting Training Data from
 * Large Language Models", 2021, arXiv:2012.07805, section 5.1.
 */
final class Zlib {
  private Zlib() {}

  /** Bytes of the compressed UTF-8. */
  static int bytes(String text) {
    Deflater deflater = new Deflater();
    try {
      deflater.setInput(text.getBytes(StandardCharsets.UTF_8));
      deflater.finish();
      byte[] buffer = new byte[8192];
      int count = 0;
      while (!deflater.finished()) {
        count += deflater.deflate(buffer);
      }
      return count;
    } finally {
      deflater.end();
    }
  }
}
