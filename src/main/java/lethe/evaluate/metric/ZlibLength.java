package lethe.evaluate.metric;

import java.nio.charset.StandardCharsets;
import java.util.zip.Deflater;

/**
 * The length of a text compressed by zlib at its usual level, by which a loss is divided so that
 * repetitive text does not pass for remembered text.
 *
 * <pre>  zlib score = -(sum_t nll_t / n) / bytes(zlib(text)),   n scored tokens </pre>
 *
 * Carlini et al., "Extracting Training Data from Large Language Models", 2021, arXiv:2012.07805,
 * section 5.2: the log of the perplexity, which is the mean loss, over the length. The text is what
 * the evaluated model's tokenizer writes for the tokens of the chunk, its first one included, or
 * for those of the answer alone ({@link lethe.evaluate.Passage#own}); special tokens are written
 * out, and a character that a chunk cuts through is U+FFFD.
 */
public final class ZlibLength {
  private ZlibLength() {}

  /** Bytes of the compressed UTF-8. */
  public static int bytes(String text) {
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
