package lethe.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lethe.jinja.Statement.Next;
import lethe.jinja.Token.Kind;

/** Reads the statements of a template. */
final class Parser extends ExpressionParser {
  private Parser(List<Token> tokens) {
    super(tokens);
  }

  static Statement template(String source) {
    Parser parser = new Parser(Lexer.tokens(source));
    Statement all = parser.body();
    if (parser.token().kind() != Kind.END) {
      throw parser.problem("\"" + parser.token().text() + "\" ends nothing");
    }
    return all;
  }

  /** Up to a tag of one of these names, which is next, or the template's end. */
  private Statement body(String... ends) {
    List<Statement> all = new ArrayList<>();
    while (token().kind() != Kind.END) {
      Token token = take();
      if (token.kind() == Kind.TEXT) {
        all.add(
            (scope, to) -> {
              to.append(token.text());
              return Next.STATEMENT;
            });
      } else if (token.kind() == Kind.VALUE_BEGIN) {
        Expression value = tuple();
        close(Kind.VALUE_END);
        all.add(
            located(
                token.line(),
                (scope, to) -> {
                  to.append(Values.text(value.value(scope)));
                  return Next.STATEMENT;
                }));
      } else if (Arrays.stream(ends).anyMatch(end -> token().is(end)) || isEnd()) {
        return new Statement.All(all);
      } else {
        all.add(located(token().line(), tag()));
      }
    }
    if (ends.length > 0) {
      throw problem(ends[ends.length - 1] + " is missing");
    }
    return new Statement.All(all);
  }

  private boolean isEnd() {
    return token().kind() == Kind.NAME && token().text().matches("end.*|else|elif");
  }

  /** Says where a template fails. */
  private static Statement located(int line, Statement statement) {
    return (scope, to) -> {
      try {
        return statement.run(scope, to);
      } catch (JinjaException e) {
        throw e.getMessage().startsWith("line ")
            ? e
            : new JinjaException("line " + line + ": " + e.getMessage());
      }
    };
  }

  private void close(Kind kind) {
    if (token().kind() != kind) {
      throw problem("\"" + token().text() + "\" is not expected");
    }
    take();
  }

  private void end(String name) {
    need(name);
    close(Kind.BLOCK_END);
  }

  private Statement tag() {
    String name = name();
    return switch (name) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> assignment();
      case "macro" -> macro();
      case "generation" -> generation();
      case "call" -> call();
      case "break" -> {
        close(Kind.BLOCK_END);
        yield (scope, to) -> Next.REST;
      }
      case "continue" -> {
        close(Kind.BLOCK_END);
        yield (scope, to) -> Next.ROUND;
      }
      default -> throw problem("the tag \"" + name + "\" is not supported");
    };
  }

  /** Marks what an assistant says; it changes nothing. */
  private Statement generation() {
    close(Kind.BLOCK_END);
    Statement inner = body("endgeneration");
    end("endgeneration");
    return inner;
  }

  /** Calls a macro, which may ask for the text within the tag. */
  private Statement call() {
    Expression macro = expression();
    close(Kind.BLOCK_END);
    Statement inner = body("endcall");
    end("endcall");
    return (scope, to) -> {
      Callable caller =
          (values, named) -> {
            StringBuilder text = new StringBuilder();
            inner.run(new Scope(scope), text);
            return text.toString();
          };
      Scope own = new Scope(scope);
      own.set(CALLER, caller);
      to.append(Values.text(macro.value(own)));
      return Next.STATEMENT;
    };
  }

  private Statement condition() {
    Expression condition = expression();
    close(Kind.BLOCK_END);
    Statement then = body("elif", "else", "endif");
    Statement other;
    if (takeIf("elif")) {
      other = condition();
    } else if (takeIf("else")) {
      close(Kind.BLOCK_END);
      other = body("endif");
      end("endif");
    } else {
      end("endif");
      other = new Statement.All(List.of());
    }
    return (scope, to) -> (Values.truth(condition.value(scope)) ? then : other).run(scope, to);
  }

  private List<String> targets() {
    List<String> names = new ArrayList<>(List.of(name()));
    while (takeIf(",")) {
      names.add(name());
    }
    return names;
  }

  private Statement loop() {
    boolean bracket = takeIf("(");
    List<String> names = targets();
    if (bracket) {
      need(")");
    }
    need("in");
    Expression over = unconditional();
    Expression only = takeIf("if") ? expression() : scope -> true;
    close(Kind.BLOCK_END);
    Statement body = body("else", "endfor");
    Statement empty = new Statement.All(List.of());
    if (takeIf("else")) {
      close(Kind.BLOCK_END);
      empty = body("endfor");
    }
    end("endfor");
    return new Loop(names, over, only, body, empty);
  }

  private record Loop(
      List<String> names, Expression over, Expression only, Statement body, Statement empty)
      implements Statement {
    @Override
    public Next run(Scope scope, StringBuilder to) {
      List<Object> kept = new ArrayList<>();
      for (Object one : Values.list(over.value(scope))) {
        Scope own = new Scope(scope);
        assign(own, names, one);
        if (Values.truth(only.value(own))) {
          kept.add(one);
        }
      }
      if (kept.isEmpty()) {
        return empty.run(scope, to);
      }
      for (int i = 0; i < kept.size(); i++) {
        Scope own = new Scope(scope);
        own.set("loop", state(kept, i));
        assign(own, names, kept.get(i));
        if (body.run(own, to) == Next.REST) {
          break;
        }
      }
      return Next.STATEMENT;
    }

    private static Map<String, Object> state(List<Object> all, int i) {
      Map<String, Object> loop = new LinkedHashMap<>();
      int size = all.size();
      loop.put("index", i + 1L);
      loop.put("index0", (long) i);
      loop.put("revindex", (long) size - i);
      loop.put("revindex0", size - i - 1L);
      loop.put("first", i == 0);
      loop.put("last", i == size - 1);
      loop.put("length", (long) size);
      loop.put("previtem", i == 0 ? new Undefined("previtem") : all.get(i - 1));
      loop.put("nextitem", i == size - 1 ? new Undefined("nextitem") : all.get(i + 1));
      Callable cycle = (a, named) -> a.get(i % a.size());
      loop.put("cycle", cycle);
      return loop;
    }
  }

  private static void assign(Scope scope, List<String> names, Object value) {
    if (names.size() == 1) {
      scope.set(names.get(0), value);
      return;
    }
    List<Object> values = Values.list(value);
    if (values.size() != names.size()) {
      throw new JinjaException(
          "%d values cannot be given to %s".formatted(values.size(), String.join(", ", names)));
    }
    for (int i = 0; i < values.size(); i++) {
      scope.set(names.get(i), values.get(i));
    }
  }

  private Statement assignment() {
    List<String> names = targets();
    String member = takeIf(".") ? name() : null;
    if (takeIf("=")) {
      Expression value = tuple();
      close(Kind.BLOCK_END);
      return (scope, to) -> {
        set(scope, names, member, value.value(scope));
        return Next.STATEMENT;
      };
    }
    close(Kind.BLOCK_END);
    Statement text = body("endset");
    end("endset");
    return (scope, to) -> {
      StringBuilder own = new StringBuilder();
      text.run(scope, own);
      set(scope, names, member, own.toString());
      return Next.STATEMENT;
    };
  }

  /** Sets names, or a member of a namespace. */
  @SuppressWarnings("unchecked")
  private static void set(Scope scope, List<String> names, String member, Object value) {
    if (member == null) {
      assign(scope, names, value);
    } else if (scope.find(names.get(0)) instanceof Namespace namespace) {
      namespace.put(member, value);
    } else {
      throw new JinjaException(names.get(0) + " is no namespace, so its members cannot be set");
    }
  }

  /** Values that a loop can change for what comes after it. */
  static final class Namespace extends LinkedHashMap<String, Object> {
    private static final long serialVersionUID = 1;
  }

  private Statement macro() {
    String name = name();
    List<String> parameters = new ArrayList<>();
    Map<String, Expression> standIns = new LinkedHashMap<>();
    need("(");
    while (!takeIf(")")) {
      String parameter = name();
      parameters.add(parameter);
      if (takeIf("=")) {
        standIns.put(parameter, expression());
      }
      if (!token().is(")")) {
        need(",");
      }
    }
    close(Kind.BLOCK_END);
    Statement body = body("endmacro");
    end("endmacro");
    return (scope, to) -> {
      Callable macro =
          (values, named) -> {
            Scope own = new Scope(scope);
            for (int i = 0; i < parameters.size(); i++) {
              String parameter = parameters.get(i);
              Expression standIn = standIns.get(parameter);
              Object given =
                  i < values.size()
                      ? values.get(i)
                      : named.containsKey(parameter)
                          ? named.get(parameter)
                          : standIn == null ? new Undefined(parameter) : standIn.value(own);
              own.set(parameter, given);
            }
            if (named.containsKey("caller")) {
              own.set("caller", named.get("caller"));
            }
            StringBuilder text = new StringBuilder();
            body.run(own, text);
            return text.toString();
          };
      scope.set(name, macro);
      return Next.STATEMENT;
    };
  }
}
