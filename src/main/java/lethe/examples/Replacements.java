package lethe.examples;

import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import lethe.settings.InvalidSettings;
import lethe.settings.Printable;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * A dictionary of anchored terms, such as names, and what stands for each in a text about something
 * else, as tokens.
 *
 * <p>A term is found by its tokens: those of the term alone, as after a line break, and those of
 * the term after a space, each replaced by the tokens of the replacement in the same place. The
 * longest form wins where several begin at the same token. A term within a longer word is none:
 * "Ron" is not replaced in "Ronald", if a tokenizer can tell.
 *
 * @param forms of all terms, the longest first
 * @param sha256 of the file, in hexadecimal
 */
public record Replacements(List<Form> forms, String sha256) implements Serializable {
  /** For methods that replace nothing. */
  public static final Replacements NONE = new Replacements(List.of(), "");

  /**
   * A term as some of its tokens.
   *
   * @param term its number in the dictionary, the same for all its forms
   * @param tokens at least one
   * @param instead at least one
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Form(int term, int[] tokens, int[] instead) implements Serializable {
    private boolean isAt(int[] text, int from) {
      return from + tokens.length <= text.length
          && Arrays.equals(tokens, 0, tokens.length, text, from, from + tokens.length);
    }
  }

  public Replacements {
    forms = new ArrayList<>(forms);
    forms.sort((one, other) -> Integer.compare(other.tokens().length, one.tokens().length));
  }

  /**
   * The terms of a file with their replacements, in its order: one {@code term<TAB>replacement} a
   * line, in UTF-8; blank lines are ignored.
   *
   * @throws InvalidSettings naming the first line that is not so, or when there is none
   */
  public static Map<String, String> read(byte[] file) {
    Map<String, String> terms = new LinkedHashMap<>();
    Map<String, Integer> lines = new LinkedHashMap<>();
    int number = 0;
    for (byte[] bytes : lines(file)) {
      number++;
      String line = text(bytes, number);
      if (line.isBlank()) {
        continue;
      }
      String[] parts = line.split("\t", -1);
      if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
        throw broken(
            number,
            "must be a term, one tab and its replacement, was \"%s\"; write the line so, or leave it out"
                .formatted(Printable.line(line.replace("\t", "<TAB>"))));
      }
      String term = parts[0].strip();
      if (term.equals(parts[1].strip())) {
        throw broken(
            number,
            "replaces \"%s\" by itself; name something generic of the same kind"
                .formatted(Printable.line(term)));
      }
      if (terms.putIfAbsent(term, parts[1].strip()) != null) {
        throw broken(
            number,
            "has the term \"%s\" of line %d again; leave one of the two out"
                .formatted(Printable.line(term), lines.get(term)));
      }
      lines.put(term, number);
    }
    if (terms.isEmpty()) {
      throw new InvalidSettings("the file has no term; write one a line, as term<TAB>replacement");
    }
    return terms;
  }

  private static List<byte[]> lines(byte[] file) {
    List<byte[]> lines = new ArrayList<>();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean marked = file.length > 2 && file[0] == (byte) 0xEF && file[1] == (byte) 0xBB;
    for (int i = marked ? 3 : 0; i < file.length; i++) {
      if (file[i] == '\n') {
        lines.add(line.toByteArray());
        line.reset();
      } else if (file[i] != '\r') {
        line.write(file[i]);
      }
    }
    lines.add(line.toByteArray());
    return lines;
  }

  private static String text(byte[] line, int number) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      throw broken(number, "is not UTF-8; save the file as UTF-8");
    }
  }

  private static InvalidSettings broken(int line, String what) {
    return new InvalidSettings("line %d %s".formatted(line, what));
  }

  /**
   * The dictionary of a file.
   *
   * @param tokens of a text, by the model's tokenizer
   * @param rows of the model's embedding
   * @throws InvalidSettings when the file is broken, or has a token that the model does not have
   */
  public static Replacements of(byte[] file, Function<String, int[]> tokens, int rows) {
    List<Form> forms = new ArrayList<>();
    int number = 0;
    for (Map.Entry<String, String> entry : read(file).entrySet()) {
      int[] before = new int[0];
      for (String space : List.of("", " ")) {
        int[] term = tokens.apply(space + entry.getKey());
        int[] instead = tokens.apply(space + entry.getValue());
        check(entry.getKey(), term, rows);
        check(entry.getValue(), instead, rows);
        if (!Arrays.equals(term, before)) { // some tokenizers put a space before every text
          forms.add(new Form(number, term, instead));
        }
        before = term;
      }
      number++;
    }
    return new Replacements(forms, DigestUtils.sha256Hex(file));
  }

  private static void check(String text, int[] tokens, int rows) {
    if (tokens.length == 0 || Arrays.stream(tokens).anyMatch(token -> token >= rows)) {
      throw new InvalidSettings(
          "\"%s\" must be a text of tokens that the model has, those below %d, is %s; choose another"
              .formatted(Printable.line(text), rows, Arrays.toString(tokens)));
    }
  }

  /**
   * A text with every term replaced.
   *
   * @param text of a chunk
   * @param decoder makes text of tokens; without one, words are not looked at
   */
  ReplacedText in(int[] text, Optional<Function<int[], String>> decoder) {
    ReplacedText.Builder replaced = new ReplacedText.Builder(text.length);
    int t = 0;
    while (t < text.length) {
      int from = t;
      Form found =
          forms.stream()
              .filter(form -> form.isAt(text, from))
              .filter(form -> !decoder.map(d -> withinWord(form, text, from, d)).orElse(false))
              .findFirst()
              .orElse(null);
      if (found == null) {
        replaced.keep(t, text[t]);
        t++;
      } else {
        replaced.replace(t, found);
        t += found.tokens().length;
      }
    }
    return replaced.build();
  }

  /** Whether a letter or digit of a neighbouring token touches one of the term. */
  private static boolean withinWord(
      Form form, int[] text, int from, Function<int[], String> decoder) {
    int to = from + form.tokens().length;
    String term = decoder.apply(form.tokens());
    if (term.isEmpty()) {
      return false;
    }
    if (from > 0) { // decoded together, since some tokenizers drop the space that begins a text
      String longer = decoder.apply(Arrays.copyOfRange(text, from - 1, to));
      int before = longer.length() - term.length();
      if (before > 0
          && longer.endsWith(term)
          && ofWord(longer.codePointBefore(before))
          && ofWord(term.codePointAt(0))) {
        return true;
      }
    }
    if (to == text.length) {
      return false;
    }
    String longer = decoder.apply(Arrays.copyOfRange(text, from, to + 1));
    return longer.length() > term.length()
        && longer.startsWith(term)
        && ofWord(longer.codePointAt(term.length()))
        && ofWord(term.codePointBefore(term.length()));
  }

  private static boolean ofWord(int character) {
    return Character.isLetterOrDigit(character);
  }
}
