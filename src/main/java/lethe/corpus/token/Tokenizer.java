package lethe.corpus.token;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import lethe.settings.InvalidSettings;

/**
 * A model's own tokenizer, as its {@code tokenizer.json} defines it, except that it never cuts,
 * pads or adds special tokens. One belongs to one thread: the library's cache of words is locked,
 * and threads sharing it would wait for one another.
 */
public final class Tokenizer implements AutoCloseable {
  /** Without these DJL cuts at the model's maximum length, often 512 tokens, and adds tokens. */
  private static final Map<String, String> WHOLE =
      Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

  /** A text that no tokenizer takes for a special token. */
  private static final String PROBE = "a";

  private final TokenizerFile file;

  /** Makes the tokens of most pieces of a text, if this tokenizer is one of JTokkit's. */
  private Optional<JtokkitEncoder> quick;

  /** Null until it is needed. */
  private HuggingFaceTokenizer tokenizer;

  private Tokenizer(TokenizerFile file, Optional<JtokkitEncoder> quick) {
    this.file = file;
    this.quick = quick;
  }

  /**
   * One of Hugging Face's library.
   *
   * @param json the content of a {@code tokenizer.json}
   * @throws InvalidSettings when the tokenizer library cannot use it
   */
  public static Tokenizer of(byte[] json) {
    return of(json, TokenizerLibrary.HUGGING_FACE);
  }

  /**
   * @param json the content of a {@code tokenizer.json}
   * @param library that {@link TokenizerChoice} has found for it
   * @throws InvalidSettings when the tokenizer library cannot use it
   */
  public static Tokenizer of(byte[] json, TokenizerLibrary library) {
    try {
      TokenizerFile file = TokenizerFile.of(json);
      if (library == TokenizerLibrary.JTOKKIT) {
        return new Tokenizer(file, Optional.of(file.takeEncoder()));
      }
      Tokenizer tokenizer = new Tokenizer(file, Optional.empty());
      tokenizer.handle();
      return tokenizer;
    } catch (IOException | RuntimeException e) {
      throw new InvalidSettings("Cannot use tokenizer.json: " + e.getMessage(), e);
    }
  }

  /** The library's own, made when something is first asked of it. */
  private long handle() {
    if (tokenizer == null) {
      try {
        tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(file.json()), WHOLE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return tokenizer.getHandle();
  }

  /** The most bytes of a text that one token represents, if that is known. */
  public OptionalInt longestToken() {
    return file.longestToken();
  }

  public Tokens encode(String text) {
    List<Tokens> all = new ArrayList<>();
    pieces(text).forEachRemaining(all::add);
    return Tokens.join(all);
  }

  /** The tokens of a text, some thousand at a time, with their places in the whole text. */
  Iterator<Tokens> pieces(String text) {
    return new Iterator<>() {
      private int from;
      private int characters;

      @Override
      public boolean hasNext() {
        return from < text.length();
      }

      @Override
      public Tokens next() {
        if (!hasNext()) {
          throw new NoSuchElementException("no piece is left");
        }
        int to = file.cuts().end(text, from);
        String piece = text.substring(from, to);
        Tokens tokens = encode(piece, characters);
        characters += piece.codePointCount(0, piece.length());
        from = to;
        return tokens;
      }
    };
  }

  private Tokens encode(String piece, int first) {
    return quick
        .flatMap(encoder -> encoder.encode(piece, first))
        .orElseGet(() -> ask(piece, first));
  }

  /**
   * Fetches ids, and places where they cannot be counted from them: DJL's own encode makes a String
   * and eight arrays a text, and an object a place.
   */
  private Tokens ask(String piece, int first) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long encoding = library.encode(handle(), piece, false);
    try {
      int[] ids = narrow(library.getTokenIds(encoding));
      return file.lengths()
          .flatMap(all -> all.place(ids, piece, first))
          .orElseGet(() -> spans(ids, library.getTokenCharSpans(encoding), first));
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  /** How many tokens a text has: the least that can be asked of the library. */
  public int count(String text) {
    return ids(text, false).length;
  }

  /** The special tokens that the tokenizer itself would put before a text. */
  int[] begin() {
    return file.begin(this::findBegin);
  }

  private int[] findBegin() {
    int[] own = ids(PROBE, false);
    int[] whole = ids(PROBE, true);
    for (int before = 0; before + own.length <= whole.length; before++) {
      if (Arrays.equals(own, Arrays.copyOfRange(whole, before, before + own.length))) {
        return Arrays.copyOf(whole, before);
      }
    }
    throw new InvalidSettings(
        "Cannot use tokenizer.json: with its special tokens it tokenizes \"%s\" as %s, without them as %s"
            .formatted(PROBE, Arrays.toString(whole), Arrays.toString(own)));
  }

  private int[] ids(String text, boolean special) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long encoding = library.encode(handle(), text, special);
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

  private static Tokens spans(int[] ids, CharSpan[] spans, int first) {
    int[] starts = new int[ids.length];
    int[] ends = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      boolean placed = spans[i] != null; // a token without text is put after its neighbour
      int before = i == 0 ? first : ends[i - 1];
      starts[i] = placed ? first + spans[i].getStart() : before;
      ends[i] = placed ? first + spans[i].getEnd() : before;
    }
    return new Tokens(ids, starts, ends);
  }

  @Override
  public void close() {
    quick.ifPresent(file::giveBack);
    quick = Optional.empty(); // it may be another thread's by now
    if (tokenizer != null) {
      tokenizer.close();
    }
  }
}
