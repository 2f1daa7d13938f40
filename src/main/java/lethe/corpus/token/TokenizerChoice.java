package lethe.corpus.token;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import lethe.json.Json;
import lethe.settings.InvalidSettings;

/**
 * Which library makes tokens. JTokkit does where it can serve the tokenizer.json and makes the same
 * tokens, at the same places, as Hugging Face's library: of {@link #HARD} and of a sample of the
 * texts themselves.
 *
 * @param library that makes them
 * @param why it is not JTokkit, empty if it is
 */
public record TokenizerChoice(TokenizerLibrary library, String why) {
  private static final int EXCERPT_CHARACTERS = 40;

  /** Texts that tokenizers disagree on. */
  static final List<String> HARD =
      List.of(
          "",
          " ",
          "\0",
          "a\0\u0001\u001b[0m\u007f\u0085\u009fb",
          "it's IT'S 'Twas we'LL they're I'VE d'accord 'd 'M '\u017f ''s 's\u0301 can't'll",
          "1 22 333 4444 55555 1234567890 3.14159 \u0661\u0662\u0663\u0664 \u2163\u00bd\u00b2 x1y2z3 \ud835\udfce\ud835\udfcf\ud835\udfd0\ud835\udfd1",
          "tab\tand\t\ttabs \t mixed  \t\t x",
          "one\n\ntwo\r\n\r\nthree\rfour\n\r\n five \n  six\n\t\nseven   \n\n\n   eight \r\n",
          " leading,  two,   three trailing   ",
          "\n",
          "\n\n\n",
          "   \n",
          "!!!...???---===>>> ;; \"quoted\" (a)[b]{c} <a href=''>\n\n#hash @at $5 100% &amp; \\n",
          "a\u00a0b\u2003c\u2028d\u2029e\u3000f\u200bg\ufeffh\u1680i\u180ej\u202fk\u205fl",
          "na\u00efve caf\u00e9 \u00c5ngstr\u00f6m stra\u00dfe \u0130stanbul \ufb01n \u212a \u2126",
          "cafe\u0301 n\u0303 o\u0328\u0304 \u1100\u1161\u11a8 q\u0307\u0323 \u0344",
          "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u3053\u3093\u306b\u3061\u306f\u4e16\u754c \uc548\ub155\ud558\uc138\uc694 \ud55c\uad6d\uc5b4",
          "\u0645\u0631\u062d\u0628\u0627 \u0628\u0650\u0633\u0652\u0645\u0650 \u05e9\u05b8\u05dc\u05d5\u05b9\u05dd \u0928\u092e\u0938\u094d\u0924\u0947 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u1019\u103c\u1014\u103a\u1019\u102c",
          "\ud83d\ude00\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66 \ud83c\uddeb\ud83c\uddf7 \ud83d\udc4d\ud83c\udffd \u2764\ufe0f 1\ufe0f\u20e3 a\ud83d\ude00b \ud83d\ude00\n",
          "\ud801\udc00\ud801\udc28 \ud840\udc00\ud869\uded6 \ud834\udd1e \udb40\udc01 \ue000 \uffff \ud83f\udfff",
          "half \ud83d of a pair, and \ude00 the other",
          "Z\u0351\u036b\u0343\u036aa\u0302\u036b\u0343\u0367l\u0351\u0357\u0357g\u0311\u0357\u030d\u0306o\u0321\u0321",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "abababababababababababababababa aabaabaabaabaabaabaab =================== ..................",
          "<|endoftext|> a<|endoftext|>b <|begin_of_text|><|eot_id|> <|im_start|>user\n<s></s> <unk> [INST] <pad>",
          "0x1F600 snake_case camelCase HTTPServer a.b.c::d->e /* c */ // d\n\tif (x != y) { return -1; }\n",
          "https://example.org/a?b=c&d=%20#e user@example.org 2024-01-02T03:04:05Z 1,234.5e-6");

  /** Lengths of the runs of one character that are tried, too. */
  private static final int[] RUNS = {2, 3, 15, 16, 17, 64, 129, 256, 1000, 5000};

  /**
   * @param json content of a tokenizer.json
   * @param sample of texts
   * @throws InvalidSettings when Hugging Face's library cannot use it
   */
  public static TokenizerChoice of(byte[] json, List<String> sample) {
    try (Tokenizer reference = Tokenizer.of(json)) {
      Optional<String> refusal = JtokkitVocabulary.refusal(Json.MAPPER.readTree(json));
      if (refusal.isPresent()) {
        return huggingFace(refusal.get());
      }
      List<String> texts = new ArrayList<>(hard());
      texts.addAll(sample);
      try (Tokenizer quick = Tokenizer.of(json, TokenizerLibrary.JTOKKIT)) {
        return compared(quick, reference, texts);
      }
    } catch (IOException e) {
      throw new InvalidSettings("Cannot use tokenizer.json: " + e.getMessage(), e);
    }
  }

  private static TokenizerChoice huggingFace(String why) {
    return new TokenizerChoice(TokenizerLibrary.HUGGING_FACE, why);
  }

  /** Texts that tokenizers disagree on, with runs of one character. */
  static List<String> hard() {
    List<String> texts = new ArrayList<>(HARD);
    for (String one : List.of(" ", "a", "\n", "\t", "=", "0", "\u4e00", "\ud83d\ude00")) {
      for (int length : RUNS) {
        texts.add(one.repeat(length) + "x");
      }
    }
    return texts;
  }

  /** JTokkit, unless it makes other tokens of one of these texts. */
  static TokenizerChoice compared(Tokenizer quick, Tokenizer reference, List<String> texts) {
    return difference(quick, reference, texts)
        .map(TokenizerChoice::huggingFace)
        .orElse(new TokenizerChoice(TokenizerLibrary.JTOKKIT, ""));
  }

  private static Optional<String> difference(
      Tokenizer own, Tokenizer reference, List<String> texts) {
    for (String text : texts) {
      Tokens found = own.encode(text);
      Tokens expected = reference.encode(text);
      int place = Arrays.mismatch(found.ids, expected.ids);
      if (place >= 0) {
        return Optional.of(
            "it makes other tokens than Hugging Face's library of \"%s\""
                .formatted(excerpt(text, place < 1 ? 0 : expected.starts[place - 1])));
      }
      if (!Arrays.equals(found.starts, expected.starts)
          || !Arrays.equals(found.ends, expected.ends)) {
        return Optional.of(
            "it finds tokens at other places than Hugging Face's library in \"%s\""
                .formatted(excerpt(text, 0)));
      }
    }
    return Optional.empty();
  }

  /** Some characters of a text from the given one on, as one line. */
  private static String excerpt(String text, int character) {
    int from = text.offsetByCodePoints(0, character);
    int to = Math.min(text.length(), from + EXCERPT_CHARACTERS);
    return text.substring(from, to).replace("\n", "\\n").replace("\r", "\\r");
  }

  /** What a console says of it. */
  public String sentence() {
    return library == TokenizerLibrary.JTOKKIT
        ? "tokenizing with JTokkit"
        : "tokenizing with Hugging Face's library, since JTokkit cannot serve this tokenizer.json: "
            + why;
  }
}
