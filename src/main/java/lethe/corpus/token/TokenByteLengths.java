package lethe.corpus.token;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How many bytes of UTF-8 each token of a byte-level tokenizer represents, so that the places of
 * tokens can be counted: the tokenizer library would create an object per token for them and take
 * longer than for tokenizing.
 */
public final class TokenByteLengths {
  private static final int BYTES = 256;

  /** By token id; -1 where there is no such token. */
  private final int[] lengths;

  private TokenByteLengths(int[] lengths) {
    this.lengths = lengths;
  }

  /**
   * The lengths, if the tokens of every text are its bytes: byte-level BPE that changes no
   * character first and adds no space.
   *
   * @param root a {@code tokenizer.json}
   */
  public static Optional<TokenByteLengths> of(JsonNode root) {
    JsonNode vocabulary = root.path("model").path("vocab");
    boolean bytes =
        root.path("model").path("type").asText().equals("BPE")
            && nothing(root.path("normalizer"))
            && byteLevel(root.path("pre_tokenizer"))
            && nothing(root.path("model").path("continuing_subword_prefix"))
            && nothing(root.path("model").path("end_of_word_suffix"));
    if (!bytes) {
      return Optional.empty();
    }
    int[] lengths = new int[vocabulary.size() + root.path("added_tokens").size()];
    Arrays.fill(lengths, -1);
    for (var token : vocabulary.properties()) {
      // Every byte is written as one character of its own, none of them beyond UTF-16's first
      // plane.
      lengths = with(lengths, token.getValue().asInt(), token.getKey().length());
    }
    for (JsonNode added : root.path("added_tokens")) {
      int length = added.path("content").asText().getBytes(StandardCharsets.UTF_8).length;
      lengths = with(lengths, added.path("id").asInt(), length);
    }
    return Optional.of(new TokenByteLengths(lengths));
  }

  /**
   * The most bytes of a text that one token represents; nothing where that is unknown, because
   * added tokens take the white space beside them, too, or not every byte has a token.
   */
  static OptionalInt longest(JsonNode root) {
    boolean strips = false;
    for (JsonNode added : root.path("added_tokens")) {
      strips |= added.path("lstrip").asBoolean() || added.path("rstrip").asBoolean();
    }
    long bytes =
        root.path("model").path("vocab").properties().stream()
            .filter(token -> token.getKey().length() == 1)
            .count();
    return strips || bytes < BYTES
        ? OptionalInt.empty()
        : of(root).stream().flatMapToInt(all -> Arrays.stream(all.lengths)).max();
  }

  private static boolean nothing(JsonNode node) {
    return node.isMissingNode()
        || node.isNull()
        || (node.isTextual() && node.textValue().isEmpty());
  }

  private static boolean byteLevel(JsonNode step) {
    if (step.path("type").asText().equals("Sequence")) {
      boolean bytes = false;
      for (JsonNode inner : step.path("pretokenizers")) {
        boolean cuts = inner.path("type").asText().matches("Digits|Split");
        boolean keeps = !inner.path("behavior").asText().equals("Removed");
        boolean level = byteLevel(inner);
        if (!level && !(cuts && keeps)) {
          return false;
        }
        bytes |= level;
      }
      return bytes;
    }
    return step.path("type").asText().equals("ByteLevel")
        && !step.path("add_prefix_space").asBoolean(true);
  }

  private static int[] with(int[] lengths, int id, int length) {
    int[] all = id < lengths.length ? lengths : Arrays.copyOf(lengths, id + 1);
    if (id >= lengths.length) {
      Arrays.fill(all, lengths.length, all.length, -1);
    }
    all[id] = length;
    return all;
  }

  /**
   * The tokens with their places, or nothing if they are not the text's bytes after all.
   *
   * @param first place of the text's first character
   */
  Optional<Tokens> place(int[] ids, String text, int first) {
    int[] starts = new int[ids.length];
    int[] ends = new int[ids.length];
    boolean placed =
        ascii(text)
            ? count(ids, text.length(), first, starts, ends)
            : read(ids, text, first, starts, ends);
    return placed ? Optional.of(new Tokens(ids, starts, ends)) : Optional.empty();
  }

  private static boolean ascii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  private int length(int id) {
    return id < lengths.length ? lengths[id] : -1;
  }

  /** Where every character is a byte. */
  private boolean count(int[] ids, int characters, int first, int[] starts, int[] ends) {
    int at = 0;
    for (int i = 0; i < ids.length; i++) {
      int length = length(ids[i]);
      if (length <= 0 || length > characters - at) {
        return false;
      }
      starts[i] = first + at;
      at += length;
      ends[i] = first + at;
    }
    return at == characters;
  }

  private boolean read(int[] ids, String text, int first, int[] starts, int[] ends) {
    int at = 0; // UTF-16 index after the current character
    int character = first - 1; // place of the current character
    long until = 0; // bytes up to its end
    long bytes = 0; // bytes up to the current token
    for (int i = 0; i < ids.length; i++) {
      int length = length(ids[i]);
      if (length <= 0) {
        return false;
      }
      for (int edge = 0; edge < 2; edge++) {
        // The character that holds the token's first byte, then the one that holds its last.
        long last = edge == 0 ? bytes + 1 : bytes + length;
        while (until < last) {
          if (at >= text.length()) {
            return false;
          }
          int c = text.codePointAt(at);
          at += Character.charCount(c);
          until += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
          character++;
        }
        if (edge == 0) {
          starts[i] = character;
        }
      }
      ends[i] = character + 1;
      bytes += length;
    }
    return at == text.length() && until == bytes;
  }
}
