package lethe.jinja;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text of a text, name or operator; the value of a string
 * @param line in which it begins, from 1
 */
record Token(Kind kind, String text, int line) {
  /** What a token is. */
  enum Kind {
    TEXT,
    BLOCK_BEGIN,
    BLOCK_END,
    VALUE_BEGIN,
    VALUE_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean is(String operatorOrName) {
    return (kind == Kind.OPERATOR || kind == Kind.NAME) && text.equals(operatorOrName);
  }
}
