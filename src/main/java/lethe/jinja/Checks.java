package lethe.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Jinja's tests: {@code value is name}. */
final class Checks {
  private Checks() {}

  static boolean check(String name, Object value, List<Object> a) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "string" -> value instanceof String;
      case "number" -> value instanceof Number;
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "mapping" -> value instanceof Map<?, ?>;
      case "sequence", "iterable" ->
          value instanceof List<?> || value instanceof String || value instanceof Map<?, ?>;
      case "callable" -> value instanceof Callable;
      case "odd" -> Math.floorMod((Long) value, 2L) == 1;
      case "even" -> Math.floorMod((Long) value, 2L) == 0;
      case "divisibleby" -> Math.floorMod((Long) value, (Long) a.get(0)) == 0;
      case "equalto", "eq", "==", "sameas" -> Values.same(value, a.get(0));
      case "ne", "!=" -> !Values.same(value, a.get(0));
      case "gt", "greaterthan", ">" -> Values.compare(value, a.get(0)) > 0;
      case "ge", ">=" -> Values.compare(value, a.get(0)) >= 0;
      case "lt", "lessthan", "<" -> Values.compare(value, a.get(0)) < 0;
      case "le", "<=" -> Values.compare(value, a.get(0)) <= 0;
      case "in" -> Values.contains(a.get(0), value);
      case "upper" -> value instanceof String text && text.equals(text.toUpperCase(Locale.ROOT));
      case "lower" -> value instanceof String text && text.equals(text.toLowerCase(Locale.ROOT));
      default -> throw new JinjaException("there is no test \"" + name + "\"");
    };
  }
}
