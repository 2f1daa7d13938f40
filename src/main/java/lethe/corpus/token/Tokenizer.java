package lethe.corpus.token;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import lethe.json.Json;
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

  private final HuggingFaceTokenizer tokenizer;
  private final Optional<TokenByteLengths> lengths;
  private final OptionalInt longestToken;
  private final SafeCuts cuts;
  private int[] begin;

  private Tokenizer(HuggingFaceTokenizer tokenizer, JsonNode json) {
    this.tokenizer = tokenizer;
    this.lengths = TokenByteLengths.of(json);
    this.longestToken = TokenByteLengths.longest(json);
    this.cuts = SafeCuts.of(json, SafeCuts.PIECE_CHARACTERS);
  }

  /**
   * @param json the content of a {@code tokenizer.json}
   * @throws InvalidSettings when the tokenizer library cannot use it
   */
  public static Tokenizer of(byte[] json) {
    try {
      return new Tokenizer(
          HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), WHOLE),
          Json.MAPPER.readTree(json));
    } catch (IOException | RuntimeException e) {
      throw new InvalidSettings("Cannot use tokenizer.json: " + e.getMessage(), e);
    }
  }

  /** The most bytes of a text that one token represents, if that is known. */
  public OptionalInt longestToken() {
    return longestToken;
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
        int to = cuts.end(text, from);
        String piece = text.substring(from, to);
        Tokens tokens = encode(piece, characters);
        characters += piece.codePointCount(0, piece.length());
        from = to;
        return tokens;
      }
    };
  }

  /**
   * Fetches ids, and places where they cannot be counted from them: DJL's own encode makes a String
   * and eight arrays a text, and an object a place.
   */
  private Tokens encode(String piece, int first) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long encoding = library.encode(tokenizer.getHandle(), piece, false);
    try {
      int[] ids = narrow(library.getTokenIds(encoding));
      return lengths
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
    if (begin == null) { // two calls of the library, for each question
      begin = findBegin();
    }
    return begin.clone();
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
    long encoding = library.encode(tokenizer.getHandle(), text, special);
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
    tokenizer.close();
  }
}
