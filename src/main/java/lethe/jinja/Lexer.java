package lethe.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lethe.jinja.Token.Kind;

/**
 * Cuts a template into tokens, with blocks trimmed as transformers asks Jinja to: the newline after
 * a block or a comment goes, and so do the blanks before one that begins its line.
 */
final class Lexer {
  private static final String[] OPERATORS = {
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[",
    "]", "{", "}", ",", ".", ":", "|", ";"
  };

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  /** Whether the next text begins after a tag that takes all blanks after it. */
  private boolean strip;

  /** Whether it begins after a block or comment, whose newline goes with it. */
  private boolean trim;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String template) {
    String text = template.replace("\r\n", "\n").replace('\r', '\n');
    return new Lexer(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text).all();
  }

  private List<Token> all() {
    while (at < source.length()) {
      int tag = nextTag();
      text(tag);
      if (at < source.length()) {
        tag();
      }
    }
    tokens.add(new Token(Kind.END, "", line));
    return tokens;
  }

  private int nextTag() {
    for (int i = at; i + 1 < source.length(); i++) {
      if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return source.length();
  }

  /** What stands before a tag, without the blanks that the tags around it take. */
  private void text(int to) {
    String text = source.substring(at, to);
    int begin = at;
    if (strip) {
      text = text.stripLeading();
    } else if (trim && text.startsWith("\n")) {
      text = text.substring(1);
    }
    if (to < source.length()) {
      char sign = to + 2 < source.length() ? source.charAt(to + 2) : ' ';
      if (sign == '-') {
        text = text.stripTrailing();
      } else if (sign != '+' && source.charAt(to + 1) != '{') {
        int blanks = text.length();
        while (blanks > 0 && (text.charAt(blanks - 1) == ' ' || text.charAt(blanks - 1) == '\t')) {
          blanks--;
        }
        boolean beginsLine =
            blanks > 0 ? text.charAt(blanks - 1) == '\n' : beginsLine(begin, to - text.length());
        text = beginsLine ? text.substring(0, blanks) : text;
      }
    }
    if (!text.isEmpty()) {
      tokens.add(new Token(Kind.TEXT, text, line));
    }
    count(source.substring(at, to));
    at = to;
  }

  /** Whether nothing but the newline that was taken stands between a line's begin and a place. */
  private boolean beginsLine(int from, int place) {
    return place == 0 || (place >= from && source.charAt(place - 1) == '\n');
  }

  private void count(String text) {
    line += (int) text.chars().filter(c -> c == '\n').count();
  }

  private void tag() {
    char kind = source.charAt(at + 1);
    if (kind == '#') {
      int end = source.indexOf("#}", at + 2);
      if (end < 0) {
        throw problem("a comment has no end");
      }
      strip = source.charAt(end - 1) == '-' && end - 1 >= at + 2;
      trim = source.charAt(end - 1) != '+';
      count(source.substring(at, end + 2));
      at = end + 2;
      return;
    }
    boolean value = kind == '{';
    tokens.add(new Token(value ? Kind.VALUE_BEGIN : Kind.BLOCK_BEGIN, "", line));
    at += 2;
    if (at < source.length() && (source.charAt(at) == '-' || source.charAt(at) == '+')) {
      at++;
    }
    inside(value ? "}}" : "%}");
    trim = !value && source.charAt(at - 1) != '+';
    tokens.add(new Token(value ? Kind.VALUE_END : Kind.BLOCK_END, "", line));
    at += 2;
    if (raw()) {
      int end = endOfRaw();
      tokens.subList(tokens.size() - 3, tokens.size()).clear();
      String text = source.substring(at, end);
      tokens.add(
          new Token(Kind.TEXT, trim && text.startsWith("\n") ? text.substring(1) : text, line));
      count(text);
      at = source.indexOf("%}", end) + 2;
    }
  }

  private boolean raw() {
    int size = tokens.size();
    return size >= 3
        && tokens.get(size - 2).is("raw")
        && tokens.get(size - 3).kind() == Kind.BLOCK_BEGIN;
  }

  private int endOfRaw() {
    Matcher end = Pattern.compile("\\{%[-+]?\\s*endraw\\s*[-+]?%\\}").matcher(source);
    if (!end.find(at)) {
      throw problem("raw has no endraw");
    }
    return end.start();
  }

  /** The tokens of a tag; leaves {@code at} at its closing sign. */
  private void inside(String close) {
    int open = 0; // brackets, within which a dict may end with }}
    while (true) {
      skipBlanks();
      if (at >= source.length()) {
        throw problem("a tag has no end");
      }
      char c = source.charAt(at);
      if (open == 0 && (c == '-' || c == '+') && source.startsWith(close, at + 1)) {
        strip = c == '-';
        at++;
        return;
      }
      if (open == 0 && source.startsWith(close, at)) {
        strip = false;
        return;
      }
      if (c == '"' || c == '\'') {
        string(c);
      } else if (Character.isDigit(c)) {
        number();
      } else if (Character.isJavaIdentifierStart(c)) {
        int from = at;
        while (at < source.length() && Character.isJavaIdentifierPart(source.charAt(at))) {
          at++;
        }
        tokens.add(new Token(Kind.NAME, source.substring(from, at), line));
      } else {
        String operator = operator();
        open += "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
        tokens.add(new Token(Kind.OPERATOR, operator, line));
        at += operator.length();
      }
    }
  }

  private void skipBlanks() {
    while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
      line += source.charAt(at) == '\n' ? 1 : 0;
      at++;
    }
  }

  private String operator() {
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        return operator;
      }
    }
    throw problem("\"" + source.charAt(at) + "\" means nothing there");
  }

  private void number() {
    int from = at;
    boolean whole = true;
    while (at < source.length()
        && (Character.isDigit(source.charAt(at))
            || (source.charAt(at) == '.'
                && at + 1 < source.length()
                && Character.isDigit(source.charAt(at + 1))))) {
      whole &= source.charAt(at) != '.';
      at++;
    }
    tokens.add(new Token(whole ? Kind.INTEGER : Kind.FLOAT, source.substring(from, at), line));
  }

  private void string(char quote) {
    StringBuilder text = new StringBuilder();
    int begin = line;
    at++;
    while (at < source.length() && source.charAt(at) != quote) {
      char c = source.charAt(at++);
      if (c == '\\' && at < source.length()) {
        escape(text);
      } else {
        line += c == '\n' ? 1 : 0;
        text.append(c);
      }
    }
    if (at >= source.length()) {
      throw problem("a string has no end");
    }
    at++;
    tokens.add(new Token(Kind.STRING, text.toString(), begin));
  }

  /** One of Python's escapes, after its backslash. */
  private void escape(StringBuilder text) {
    char c = source.charAt(at++);
    switch (c) {
      case 'n' -> text.append('\n');
      case 't' -> text.append('\t');
      case 'r' -> text.append('\r');
      case '\\', '\'', '"' -> text.append(c);
      case '\n' -> line++;
      case 'x' -> code(text, 2);
      case 'u' -> code(text, 4);
      case 'U' -> code(text, 8);
      default -> text.append('\\').append(c);
    }
  }

  private void code(StringBuilder text, int digits) {
    try {
      text.appendCodePoint(Integer.parseInt(source.substring(at, at + digits), 16));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw problem("an escape in a string has no " + digits + " digits");
    }
    at += digits;
  }

  private JinjaException problem(String what) {
    return new JinjaException("line " + line + ": " + what);
  }
}
