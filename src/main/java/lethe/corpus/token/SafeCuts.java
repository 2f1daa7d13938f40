package lethe.corpus.token;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Where a text can be cut so that its pieces, tokenized one after the other, have the tokens of the
 * whole. The tokenizer library keeps some hundred bytes for each byte of a text it works on: with a
 * long one it leaves the processor's cache, and the machine's memory in the end.
 *
 * <p>A cut is made between a letter or digit and white space. The regular expressions known here
 * end a word there and look at nothing before it when they go on, so that no token has both its
 * sides. A tokenizer that is put together otherwise gets its texts whole.
 */
final class SafeCuts {
  /** Characters; with twice or half as many the library is slower. */
  static final int PIECE_CHARACTERS = 1 << 13;

  private final boolean known;
  private final int length;

  private SafeCuts(boolean known, int length) {
    this.known = known;
    this.length = length;
  }

  /**
   * @param tokenizer a {@code tokenizer.json}
   * @param length characters a piece has at most, if it can be cut there
   */
  static SafeCuts of(JsonNode tokenizer, int length) {
    JsonNode model = tokenizer.path("model");
    return new SafeCuts(
        model.path("type").asText().equals("BPE")
            && model.path("dropout").asDouble() == 0
            && tokenizer.path("normalizer").path("type").asText("NFC").equals("NFC")
            && Step.of(tokenizer.path("pre_tokenizer")) == Step.ENDS_WORDS
            && placesDoNotDependOnTheStart(tokenizer.path("post_processor"))
            && addedTokensStayWhole(tokenizer.path("added_tokens")),
        length);
  }

  /** What a step before the model does to a place where a text is cut. */
  private enum Step {
    UNKNOWN,
    HARMLESS,
    ENDS_WORDS;

    static Step of(JsonNode step) {
      return switch (step.path("type").asText()) {
        case "ByteLevel" -> byteLevel(step);
        case "Digits" -> HARMLESS;
        case "Split" -> split(step);
        case "Sequence" -> sequence(step);
        default -> UNKNOWN;
      };
    }

    private static Step byteLevel(JsonNode step) {
      if (step.path("add_prefix_space").asBoolean(true)) {
        return UNKNOWN;
      }
      return step.path("use_regex").asBoolean(true) ? ENDS_WORDS : HARMLESS;
    }

    private static Step split(JsonNode step) {
      boolean isolated = step.path("behavior").asText().equals("Isolated");
      boolean inverted = step.path("invert").asBoolean();
      boolean known = WordPattern.of(step.at("/pattern/Regex").asText()).isPresent();
      return isolated && !inverted && known ? ENDS_WORDS : UNKNOWN;
    }

    private static Step sequence(JsonNode step) {
      Step all = HARMLESS;
      for (JsonNode inner : step.path("pretokenizers")) {
        Step own = of(inner);
        if (own == UNKNOWN) {
          return UNKNOWN;
        }
        all = own == ENDS_WORDS ? own : all;
      }
      return all;
    }
  }

  /** One that trims places treats the space before the first word in its own way. */
  private static boolean placesDoNotDependOnTheStart(JsonNode step) {
    for (JsonNode inner : step.path("processors")) {
      if (!placesDoNotDependOnTheStart(inner)) {
        return false;
      }
    }
    return !(step.path("type").asText().equals("ByteLevel")
        && step.path("trim_offsets").asBoolean(true)
        && step.path("add_prefix_space").asBoolean(true));
  }

  /** No added token has a place in it where a text is cut, or takes white space after it along. */
  private static boolean addedTokensStayWhole(JsonNode added) {
    for (JsonNode token : added) {
      String text = token.path("content").asText();
      for (int i = 1; i < text.length(); i++) {
        if (cut(text, i)) {
          return false;
        }
      }
      if (token.path("lstrip").asBoolean() || token.path("rstrip").asBoolean()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Where the piece ends that begins at a place.
   *
   * @param from UTF-16 index, less than the text's length
   */
  int end(String text, int from) {
    int longest = from + length;
    if (!known || longest >= text.length()) {
      return text.length();
    }
    for (int at = longest; at > from; at--) {
      if (cut(text, at)) {
        return at;
      }
    }
    for (int at = longest + 1; at < text.length(); at++) {
      if (cut(text, at)) {
        return at;
      }
    }
    return text.length();
  }

  /**
   * Whether a text may be cut there. After letters beyond ASCII only at a space: should the library
   * take one for a symbol, a line's end would belong to it.
   */
  private static boolean cut(String text, int at) {
    char space = text.charAt(at);
    char before = text.charAt(at - 1);
    return switch (space) {
      case ' ' -> Character.isLetterOrDigit(before);
      case '\n', '\r', '\t' -> before < 0x80 && Character.isLetterOrDigit(before);
      default -> false;
    };
  }
}
