package lethe.jinja;

import java.util.List;

/** A part of a template that writes something or sets a name. */
interface Statement {
  /** What comes after a statement. */
  enum Next {
    /** The one behind it. */
    STATEMENT,
    /** The next round of the loop it is in. */
    ROUND,
    /** What is behind that loop. */
    REST
  }

  Next run(Scope scope, StringBuilder to);

  /** Several, in order. */
  record All(List<Statement> statements) implements Statement {
    @Override
    public Next run(Scope scope, StringBuilder to) {
      for (Statement statement : statements) {
        Next next = statement.run(scope, to);
        if (next != Next.STATEMENT) {
          return next;
        }
      }
      return Next.STATEMENT;
    }
  }
}
