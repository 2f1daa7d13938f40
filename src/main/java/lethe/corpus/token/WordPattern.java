package lethe.corpus.token;

import static lethe.corpus.token.CharacterKinds.END;
import static lethe.corpus.token.CharacterKinds.LETTER;
import static lethe.corpus.token.CharacterKinds.NEWLINE;
import static lethe.corpus.token.CharacterKinds.NUMBER;
import static lethe.corpus.token.CharacterKinds.OTHER;
import static lethe.corpus.token.CharacterKinds.SPACE;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * The regular expressions by which byte-level tokenizers split a text into words before they merge
 * bytes, each with a scan that finds the same words: Java's regular expressions would take longer
 * than all the rest of tokenizing.
 *
 * <p>A scan reads characters and their {@link CharacterKinds}, of which there is one more, {@code
 * END}. Both units of a surrogate pair have the kind of their character.
 */
enum WordPattern {
  GPT_2("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),
  LLAMA_3(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
  QWEN_2(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  private final String regex;

  WordPattern(String regex) {
    this.regex = regex;
  }

  /** As a tokenizer.json writes it. */
  String regex() {
    return regex;
  }

  /** The pattern with this regular expression. */
  static Optional<WordPattern> of(String regex) {
    for (WordPattern pattern : values()) {
      if (pattern.regex.equals(regex)) {
        return Optional.of(pattern);
      }
    }
    return Optional.empty();
  }

  /**
   * The pattern by which a tokenizer splits texts, if it does nothing else to them but turn them
   * into bytes.
   *
   * @param step {@code pre_tokenizer} of a tokenizer.json
   */
  static Optional<WordPattern> of(JsonNode step) {
    if (byteLevel(step, true)) {
      return Optional.of(GPT_2);
    }
    JsonNode steps = step.path("pretokenizers");
    boolean splits =
        step.path("type").asText().equals("Sequence")
            && steps.size() == 2
            && steps.at("/0/type").asText().equals("Split")
            && steps.at("/0/behavior").asText().equals("Isolated")
            && !steps.at("/0/invert").asBoolean()
            && byteLevel(steps.path(1), false);
    return splits ? of(steps.at("/0/pattern/Regex").asText()) : Optional.empty();
  }

  private static boolean byteLevel(JsonNode step, boolean splits) {
    return step.path("type").asText().equals("ByteLevel")
        && !step.path("add_prefix_space").asBoolean(true)
        && step.path("use_regex").asBoolean(true) == splits;
  }

  /**
   * Where the word ends that begins at a place.
   *
   * @param at UTF-16 index of a character, not of the end
   */
  int end(char[] text, byte[] kinds, int at) {
    return switch (this) {
      case GPT_2 -> gpt2(text, kinds, at);
      case LLAMA_3 -> llama3(text, kinds, at, 3);
      case QWEN_2 -> llama3(text, kinds, at, 1);
    };
  }

  private static int gpt2(char[] text, byte[] kinds, int at) {
    if (text[at] == '\'') {
      int letters = contraction(text, kinds, at, false);
      return letters > 0 ? at + 1 + letters : run(kinds, at);
    }
    int first = text[at] == ' ' && kinds[at + 1] <= OTHER ? at + 1 : at;
    return kinds[first] <= OTHER ? run(kinds, first) : blanks(kinds, at);
  }

  /**
   * @param digits the most that are one word
   */
  private static int llama3(char[] text, byte[] kinds, int at, int digits) {
    if (text[at] == '\'') {
      int letters = contraction(text, kinds, at, true);
      if (letters > 0) {
        return at + 1 + letters;
      }
    }
    byte kind = kinds[at];
    if (kind == LETTER) {
      return run(kinds, at);
    }
    if (kind == NUMBER) {
      return digits(text, kinds, at, digits);
    }
    int next = next(text, at);
    if (kind != NEWLINE && kinds[next] == LETTER) {
      return run(kinds, next);
    }
    if (kind == OTHER || (text[at] == ' ' && kinds[next] == OTHER)) {
      int end = run(kinds, kind == OTHER ? at : next);
      while (kinds[end] == NEWLINE) {
        end++;
      }
      return end;
    }
    int lines = lines(kinds, at);
    return lines > at ? lines : blanks(kinds, at);
  }

  /** The end of the characters of one kind. */
  private static int run(byte[] kinds, int at) {
    int end = at + 1;
    while (kinds[end] == kinds[at]) {
      end++;
    }
    return end;
  }

  private static int digits(char[] text, byte[] kinds, int at, int most) {
    int end = at;
    for (int i = 0; i < most && kinds[end] == NUMBER; i++) {
      end = next(text, end);
    }
    return end;
  }

  private static int next(char[] text, int at) {
    return at + (Character.isHighSurrogate(text[at]) ? 2 : 1);
  }

  /** {@code \s+(?!\S)|\s+}: the last white space belongs to the word after it. */
  private static int blanks(byte[] kinds, int at) {
    int end = at;
    while (kinds[end] == SPACE || kinds[end] == NEWLINE) {
      end++;
    }
    return kinds[end] == END || end == at + 1 ? end : end - 1;
  }

  /** {@code \s*[\r\n]+}: the place after the last line's end within white space. */
  private static int lines(byte[] kinds, int at) {
    int end = at;
    for (int i = at; kinds[i] == SPACE || kinds[i] == NEWLINE; i++) {
      end = kinds[i] == NEWLINE ? i + 1 : end;
    }
    return end;
  }

  /** How many letters after an apostrophe are one word with it; 0 if they are not. */
  private static int contraction(char[] text, byte[] kinds, int at, boolean anyCase) {
    if (kinds[at + 1] != LETTER) {
      return 0;
    }
    char first = anyCase ? lower(text[at + 1]) : text[at + 1];
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
      return 1;
    }
    if (kinds[at + 2] != LETTER) {
      return 0;
    }
    char second = anyCase ? lower(text[at + 2]) : text[at + 2];
    boolean two =
        switch (first) {
          case 'r', 'v' -> second == 'e';
          case 'l' -> second == 'l';
          default -> false;
        };
    return two ? 2 : 0;
  }

  /** By Unicode, the long s is one, too. */
  private static char lower(char letter) {
    return letter == '\u017f' ? 's' : Character.toLowerCase(letter);
  }
}
