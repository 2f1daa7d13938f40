package lethe.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lethe.jinja.Token.Kind;

/** Reads expressions, with Jinja's precedence of operators. */
class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  /** A name that no template can have, of the text within a call tag. */
  static final String CALLER = "*caller";

  private final List<Token> tokens;
  private int at;

  ExpressionParser(List<Token> tokens) {
    this.tokens = tokens;
  }

  final Token token() {
    return tokens.get(at);
  }

  final Token take() {
    return tokens.get(at++);
  }

  final boolean takeIf(String operatorOrName) {
    boolean is = token().is(operatorOrName);
    at += is ? 1 : 0;
    return is;
  }

  final void need(String operatorOrName) {
    if (!takeIf(operatorOrName)) {
      throw problem(operatorOrName + " is missing before \"" + token().text() + "\"");
    }
  }

  final String name() {
    if (token().kind() != Kind.NAME) {
      throw problem("a name is missing before \"" + token().text() + "\"");
    }
    return take().text();
  }

  final JinjaException problem(String what) {
    return new JinjaException("line " + token().line() + ": " + what);
  }

  /** Several expressions with commas between them are a list. */
  final Expression tuple() {
    Expression first = expression();
    if (!token().is(",")) {
      return first;
    }
    List<Expression> all = new ArrayList<>(List.of(first));
    while (takeIf(",")) {
      if (token().kind() == Kind.BLOCK_END || token().kind() == Kind.VALUE_END || token().is(")")) {
        break;
      }
      all.add(expression());
    }
    return list(all);
  }

  private static Expression list(List<Expression> all) {
    return scope -> {
      List<Object> values = new ArrayList<>();
      all.forEach(one -> values.add(one.value(scope)));
      return values;
    };
  }

  final Expression expression() {
    Expression value = unconditional();
    while (takeIf("if")) {
      Expression then = value;
      Expression condition = unconditional();
      Expression other = takeIf("else") ? expression() : scope -> new Undefined("else");
      value = scope -> (Values.truth(condition.value(scope)) ? then : other).value(scope);
    }
    return value;
  }

  /** Without {@code a if b else c}, as what a loop goes over. */
  final Expression unconditional() {
    Expression left = and();
    while (takeIf("or")) {
      Expression first = left;
      Expression second = and();
      left =
          scope -> {
            Object value = first.value(scope);
            return Values.truth(value) ? value : second.value(scope);
          };
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (takeIf("and")) {
      Expression first = left;
      Expression second = not();
      left =
          scope -> {
            Object value = first.value(scope);
            return Values.truth(value) ? second.value(scope) : value;
          };
    }
    return left;
  }

  private Expression not() {
    if (takeIf("not")) {
      Expression value = not();
      return scope -> !Values.truth(value.value(scope));
    }
    return comparison();
  }

  /** One comparison, or several in a row of which all must hold. */
  private Expression comparison() {
    Expression left = sum();
    Expression all = null;
    while (true) {
      String operator = comparator();
      if (operator.isEmpty()) {
        return all == null ? left : all;
      }
      Expression first = left;
      Expression second = sum();
      Expression before = all;
      all =
          scope ->
              (before == null || Values.truth(before.value(scope)))
                  && holds(operator, first.value(scope), second.value(scope));
      left = second;
    }
  }

  private String comparator() {
    if (token().kind() == Kind.OPERATOR && COMPARISONS.contains(token().text())) {
      return take().text();
    }
    if (takeIf("in")) {
      return "in";
    }
    if (token().is("not") && tokens.get(at + 1).is("in")) {
      at += 2;
      return "not in";
    }
    return "";
  }

  private static boolean holds(String operator, Object a, Object b) {
    return switch (operator) {
      case "==" -> Values.same(a, b);
      case "!=" -> !Values.same(a, b);
      case "<" -> Values.compare(a, b) < 0;
      case "<=" -> Values.compare(a, b) <= 0;
      case ">" -> Values.compare(a, b) > 0;
      case ">=" -> Values.compare(a, b) >= 0;
      case "in" -> Values.contains(b, a);
      default -> !Values.contains(b, a);
    };
  }

  private Expression sum() {
    Expression left = concatenation();
    while (token().is("+") || token().is("-")) {
      left = arithmetic(take().text(), left, concatenation());
    }
    return left;
  }

  private Expression concatenation() {
    Expression left = product();
    while (takeIf("~")) {
      Expression first = left;
      Expression second = product();
      left = scope -> Values.text(first.value(scope)) + Values.text(second.value(scope));
    }
    return left;
  }

  private Expression product() {
    Expression left = power();
    while (token().is("*") || token().is("/") || token().is("//") || token().is("%")) {
      left = arithmetic(take().text(), left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary();
    while (takeIf("**")) {
      left = arithmetic("**", left, unary());
    }
    return left;
  }

  private static Expression arithmetic(String operator, Expression a, Expression b) {
    return scope -> Values.arithmetic(operator, a.value(scope), b.value(scope));
  }

  private Expression unary() {
    if (takeIf("-")) {
      Expression value = postfix(primary());
      return filtered(scope -> Values.arithmetic("-", 0L, value.value(scope)));
    }
    if (takeIf("+")) {
      return filtered(postfix(primary()));
    }
    return filtered(postfix(primary()));
  }

  private Expression primary() {
    Token token = take();
    return switch (token.kind()) {
      case INTEGER -> {
        Long value = Long.valueOf(token.text());
        yield scope -> value;
      }
      case FLOAT -> {
        Double value = Double.valueOf(token.text());
        yield scope -> value;
      }
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (token().kind() == Kind.STRING) {
          text.append(take().text());
        }
        String value = text.toString();
        yield scope -> value;
      }
      case NAME -> named(token.text());
      default -> {
        at--;
        yield bracketed();
      }
    };
  }

  private static Expression named(String name) {
    return switch (name) {
      case "true", "True" -> scope -> true;
      case "false", "False" -> scope -> false;
      case "none", "None" -> scope -> null;
      default -> scope -> scope.find(name);
    };
  }

  private Expression bracketed() {
    if (takeIf("(")) {
      if (takeIf(")")) {
        return list(List.of());
      }
      Expression inner = tuple();
      need(")");
      return inner;
    }
    if (takeIf("[")) {
      List<Expression> all = new ArrayList<>();
      while (!takeIf("]")) {
        all.add(expression());
        if (!token().is("]")) {
          need(",");
        }
      }
      return list(all);
    }
    if (takeIf("{")) {
      return dict();
    }
    throw problem("a value is missing before \"" + token().text() + "\"");
  }

  private Expression dict() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!takeIf("}")) {
      keys.add(expression());
      need(":");
      values.add(expression());
      if (!token().is("}")) {
        need(",");
      }
    }
    return scope -> {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        map.put(keys.get(i).value(scope), values.get(i).value(scope));
      }
      return map;
    };
  }

  /** Members, elements and calls. */
  private Expression postfix(Expression value) {
    while (true) {
      Expression of = value;
      if (takeIf(".")) {
        Token member = take();
        if (member.kind() == Kind.INTEGER) {
          Long place = Long.valueOf(member.text());
          value = scope -> Methods.item(of.value(scope), place);
        } else {
          value = scope -> Methods.attribute(of.value(scope), member.text());
        }
      } else if (takeIf("[")) {
        value = element(of);
      } else if (token().is("(")) {
        value = call(of);
      } else {
        return value;
      }
    }
  }

  private Expression element(Expression of) {
    Expression[] parts = new Expression[3];
    int part = 0;
    while (!takeIf("]")) {
      if (takeIf(":")) {
        part++;
      } else {
        parts[part] = expression();
      }
      if (part > 2) {
        throw problem("a slice has at most three parts");
      }
    }
    if (part == 0) {
      Expression key = parts[0];
      if (key == null) {
        throw problem("a key is missing before \"]\"");
      }
      return scope -> {
        Object value = of.value(scope);
        Object name = key.value(scope);
        Object found = Methods.item(value, name);
        return found instanceof Undefined && name instanceof String text
            ? Methods.attribute(value, text)
            : found;
      };
    }
    return scope ->
        Values.slice(
            of.value(scope),
            whole(parts[0], scope),
            whole(parts[1], scope),
            whole(parts[2], scope));
  }

  private static Long whole(Expression part, Scope scope) {
    return part == null ? null : (Long) part.value(scope);
  }

  /** What stands between the brackets of a call. */
  private record Arguments(List<Expression> values, Map<String, Expression> named) {
    List<Object> values(Scope scope) {
      List<Object> all = new ArrayList<>();
      values.forEach(one -> all.add(one.value(scope)));
      return all;
    }

    Map<String, Object> named(Scope scope) {
      Map<String, Object> all = new LinkedHashMap<>();
      named.forEach((name, one) -> all.put(name, one.value(scope)));
      return all;
    }
  }

  private Arguments arguments() {
    Arguments arguments = new Arguments(new ArrayList<>(), new LinkedHashMap<>());
    if (takeIf("(")) {
      while (!takeIf(")")) {
        if (token().kind() == Kind.NAME && tokens.get(at + 1).is("=")) {
          String name = name();
          need("=");
          arguments.named().put(name, expression());
        } else {
          arguments.values().add(expression());
        }
        if (!token().is(")")) {
          need(",");
        }
      }
    }
    return arguments;
  }

  private Expression call(Expression of) {
    int line = token().line();
    Arguments arguments = arguments();
    return scope -> {
      Object called = of.value(scope);
      if (called instanceof Callable callable) {
        Map<String, Object> named = arguments.named(scope);
        if (scope.find(CALLER) instanceof Callable caller) {
          named.put("caller", caller);
        }
        return callable.call(arguments.values(scope), named);
      }
      throw new JinjaException(
          "line %d: %s cannot be called"
              .formatted(
                  line,
                  called instanceof Undefined undefined ? undefined.name() : Values.text(called)));
    };
  }

  /** Filters and tests. */
  private Expression filtered(Expression value) {
    while (true) {
      Expression of = value;
      if (takeIf("|")) {
        String name = name();
        Arguments arguments = arguments();
        value =
            scope ->
                Filters.filter(
                    name, of.value(scope), arguments.values(scope), arguments.named(scope));
      } else if (takeIf("is")) {
        value = test(of);
      } else if (token().is("(")) {
        value = call(of);
      } else {
        return value;
      }
    }
  }

  private Expression test(Expression of) {
    boolean wanted = !takeIf("not");
    String name = take().text();
    Arguments arguments;
    if (token().is("(")) {
      arguments = arguments();
    } else if (token().kind() == Kind.STRING
        || token().kind() == Kind.INTEGER
        || token().is("[")
        || (token().kind() == Kind.NAME
            && !Set.of("and", "or", "not", "if", "else", "in", "is").contains(token().text()))) {
      arguments = new Arguments(List.of(postfix(primary())), Map.of());
    } else {
      arguments = new Arguments(List.of(), Map.of());
    }
    return scope -> Checks.check(name, of.value(scope), arguments.values(scope)) == wanted;
  }
}
