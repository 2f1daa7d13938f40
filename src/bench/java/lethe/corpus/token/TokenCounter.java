package lethe.corpus.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.GptBytePairEncodingParams;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import lethe.json.Json;

/** Counts the tokens of texts, and does nothing else. One belongs to one thread. */
public final class TokenCounter implements AutoCloseable {
  private final ToIntFunction<String> counting;
  private final Runnable closing;

  private TokenCounter(ToIntFunction<String> counting, Runnable closing) {
    this.counting = counting;
    this.closing = closing;
  }

  /** By Hugging Face's library, a text at a time. */
  public static TokenCounter whole(byte[] json) {
    Tokenizer tokenizer = Tokenizer.of(json);
    return new TokenCounter(tokenizer::count, tokenizer::close);
  }

  /** By Hugging Face's library, which gets texts in pieces, as Lethe gives them to it. */
  public static TokenCounter inPieces(byte[] json) {
    Tokenizer tokenizer = Tokenizer.of(json);
    return new TokenCounter(text -> inPieces(json, text, tokenizer::count), tokenizer::close);
  }

  /** By JTokkit and Java's regular expressions alone, in pieces. */
  public static TokenCounter jtokkit(byte[] json) {
    Encoding encoding = encoding(json);
    return new TokenCounter(
        text -> inPieces(json, text, piece -> encoding.encodeOrdinary(piece).size()), () -> {});
  }

  /** As Lethe does, places included. */
  public static TokenCounter lethe(byte[] json, TokenizerLibrary library) {
    Tokenizer tokenizer = Tokenizer.of(json, library);
    return new TokenCounter(
        text -> {
          int tokens = 0;
          for (var pieces = tokenizer.pieces(text); pieces.hasNext(); ) {
            tokens += pieces.next().ids.length;
          }
          return tokens;
        },
        tokenizer::close);
  }

  private static int inPieces(byte[] json, String text, ToIntFunction<String> counting) {
    SafeCuts cuts;
    try {
      cuts = TokenizerFile.of(json).cuts();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int tokens = 0;
    for (int from = 0, to; from < text.length(); from = to) {
      to = cuts.end(text, from);
      tokens += counting.applyAsInt(text.substring(from, to));
    }
    return tokens;
  }

  private static Encoding encoding(byte[] json) {
    try {
      JsonNode root = Json.MAPPER.readTree(json);
      List<String> order = MergeOrder.of(root.path("model")).orElseThrow();
      Map<byte[], Integer> ranks = new TreeMap<>(Arrays::compare);
      order.forEach(
          token -> ByteAlphabet.bytes(token).ifPresent(bytes -> ranks.put(bytes, ranks.size())));
      Pattern words =
          Pattern.compile(
              WordPattern.of(root.path("pre_tokenizer")).orElseThrow().regex(),
              Pattern.UNICODE_CHARACTER_CLASS);
      return Encodings.newLazyEncodingRegistry()
          .registerGptBytePairEncoding(
              new GptBytePairEncodingParams("bare", words, ranks, Map.of()))
          .getEncoding("bare")
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How many tokens a text has. */
  public int count(String text) {
    return counting.applyAsInt(text);
  }

  @Override
  public void close() {
    closing.run();
  }
}
