package lethe.corpus;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * A model's own tokenizer, as its {@code tokenizer.json} defines it, except that it never cuts,
 * pads or adds special tokens. One belongs to one thread: the library's cache of words is locked,
 * and threads sharing it would wait for one another.
 */
final class Tokenizer implements AutoCloseable {
  /** Without these DJL cuts at the model's maximum length, often 512 tokens, and adds tokens. */
  private static final Map<String, String> WHOLE =
      Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

  private final HuggingFaceTokenizer tokenizer;
  private final Optional<ByteLengths> lengths;

  private Tokenizer(HuggingFaceTokenizer tokenizer, Optional<ByteLengths> lengths) {
    this.tokenizer = tokenizer;
    this.lengths = lengths;
  }

  /**
   * @param json the content of a {@code tokenizer.json}
   * @throws IllegalArgumentException when the tokenizer library cannot use it
   */
  static Tokenizer of(byte[] json) {
    try {
      return new Tokenizer(
          HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), WHOLE),
          ByteLengths.of(json));
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("Cannot use tokenizer.json: " + e.getMessage(), e);
    }
  }

  /**
   * Fetches ids, and places where they cannot be counted from them: DJL's own encode makes a String
   * and eight arrays a text, and an object a place.
   */
  Tokens encode(String text) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long encoding = library.encode(tokenizer.getHandle(), text, false);
    try {
      int[] ids = narrow(library.getTokenIds(encoding));
      return lengths
          .flatMap(all -> all.place(ids, text))
          .orElseGet(() -> spans(ids, library.getTokenCharSpans(encoding)));
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  /** How many tokens a text has: the least that can be asked of the library. */
  int count(String text) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long encoding = library.encode(tokenizer.getHandle(), text, false);
    try {
      return library.getTokenIds(encoding).length;
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  /** The special tokens that the tokenizer itself would put around a text. */
  int[] around() {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long encoding = library.encode(tokenizer.getHandle(), "", true);
    try {
      return narrow(library.getTokenIds(encoding));
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  private static int[] narrow(long[] wide) {
    int[] ids = new int[wide.length];
    for (int i = 0; i < wide.length; i++) {
      ids[i] = Math.toIntExact(wide[i]);
    }
    return ids;
  }

  private static Tokens spans(int[] ids, CharSpan[] spans) {
    int[] starts = new int[ids.length];
    int[] ends = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      boolean placed = spans[i] != null; // a token that stands for no text follows its neighbour
      int before = i == 0 ? 0 : ends[i - 1];
      starts[i] = placed ? spans[i].getStart() : before;
      ends[i] = placed ? spans[i].getEnd() : before;
    }
    return new Tokens(ids, starts, ends);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
