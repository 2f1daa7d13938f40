package lethe.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Jinja's filters: {@code value | name}. */
final class Filters {
  private Filters() {}

  static Object filter(String name, Object value, List<Object> a, Map<String, Object> named) {
    return switch (name) {
      case "trim" -> Methods.strip(Values.text(value), a.isEmpty() ? null : a.get(0), true, true);
      case "length", "count" -> Values.length(value);
      case "upper" -> Values.text(value).toUpperCase(Locale.ROOT);
      case "lower" -> Values.text(value).toLowerCase(Locale.ROOT);
      case "title" -> Methods.title(Values.text(value));
      case "capitalize" -> Methods.capitalized(Values.text(value));
      case "string" -> Values.text(value);
      case "safe" -> value;
      case "replace" -> Methods.replace(Values.text(value), a);
      case "default", "d" ->
          standIn(
              value,
              argument(a, named, 0, "default_value", ""),
              argument(a, named, 1, "boolean", false));
      case "join" -> join(value, argument(a, named, 0, "d", ""), named.get("attribute"));
      case "first" -> Values.list(value).stream().findFirst().orElse(new Undefined("first"));
      case "last" -> last(Values.list(value));
      case "list" -> Values.list(value);
      case "reverse" -> reversed(value);
      case "items" -> value instanceof Map<?, ?> map ? Methods.items(map) : Values.list(value);
      case "dictsort" -> sorted(Methods.items((Map<?, ?>) value), 0L);
      case "sort" -> sorted(Values.list(value), named.get("attribute"));
      case "unique" -> unique(Values.list(value));
      case "int" -> whole(value);
      case "float" -> Double.parseDouble(Values.text(value));
      case "abs" ->
          value instanceof Long n ? (Object) Math.abs(n) : (Object) Math.abs((Double) value);
      case "tojson" ->
          Values.json(value, argument(a, named, 0, "indent", null), named.get("separators"));
      case "indent" -> indent(Values.text(value), a, named);
      case "selectattr" -> where(value, a, true, true);
      case "rejectattr" -> where(value, a, true, false);
      case "select" -> where(value, a, false, true);
      case "reject" -> where(value, a, false, false);
      case "map" -> mapped(value, a, named);
      case "sum" -> Values.list(value).stream().reduce(0L, (x, y) -> Values.arithmetic("+", x, y));
      case "min" -> Values.list(value).stream().min(Values::compare).orElse(new Undefined("min"));
      case "max" -> Values.list(value).stream().max(Values::compare).orElse(new Undefined("max"));
      default -> throw new JinjaException("there is no filter \"" + name + "\"");
    };
  }

  private static Object argument(
      List<Object> a, Map<String, Object> named, int place, String name, Object absent) {
    return place < a.size() ? a.get(place) : named.getOrDefault(name, absent);
  }

  private static Object standIn(Object value, Object other, Object alsoFalse) {
    boolean absent =
        value instanceof Undefined || (Values.truth(alsoFalse) && !Values.truth(value));
    return absent ? other : value;
  }

  private static String join(Object value, Object by, Object attribute) {
    return Values.list(value).stream()
        .map(one -> Values.text(attribute == null ? one : Methods.item(one, attribute)))
        .collect(Collectors.joining(Values.text(by)));
  }

  private static Object last(List<Object> all) {
    return all.isEmpty() ? new Undefined("last") : all.get(all.size() - 1);
  }

  private static Object reversed(Object value) {
    List<Object> all = Values.list(value);
    Collections.reverse(all);
    return value instanceof String
        ? all.stream().map(Values::text).collect(Collectors.joining())
        : all;
  }

  private static List<Object> sorted(List<Object> all, Object attribute) {
    Comparator<Object> order =
        (x, y) ->
            attribute == null
                ? Values.compare(x, y)
                : Values.compare(Methods.item(x, attribute), Methods.item(y, attribute));
    all.sort(order);
    return all;
  }

  private static List<Object> unique(List<Object> all) {
    List<Object> kept = new ArrayList<>();
    all.stream().filter(one -> !Values.contains(kept, one)).forEach(kept::add);
    return kept;
  }

  private static Long whole(Object value) {
    try {
      return (long) Double.parseDouble(Values.text(value).strip());
    } catch (NumberFormatException e) {
      return 0L;
    }
  }

  private static String indent(String text, List<Object> a, Map<String, Object> named) {
    Object width = argument(a, named, 0, "width", 4L);
    String blanks = width instanceof Long n ? " ".repeat(n.intValue()) : Values.text(width);
    boolean first = Values.truth(argument(a, named, 1, "first", false));
    String indented =
        text.lines()
            .map(line -> line.isEmpty() ? line : blanks + line)
            .collect(Collectors.joining("\n"));
    return first || !indented.startsWith(blanks) ? indented : indented.substring(blanks.length());
  }

  private static List<Object> where(Object value, List<Object> a, boolean member, boolean wanted) {
    int from = member ? 1 : 0;
    Predicate<Object> fits =
        one -> {
          Object own = member ? Methods.item(one, a.get(0)) : one;
          return a.size() == from
              ? Values.truth(own)
              : Checks.check(Values.text(a.get(from)), own, a.subList(from + 1, a.size()));
        };
    return Values.list(value).stream()
        .filter(one -> fits.test(one) == wanted)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static List<Object> mapped(Object value, List<Object> a, Map<String, Object> named) {
    List<Object> mapped = new ArrayList<>();
    for (Object one : Values.list(value)) {
      if (named.containsKey("attribute")) {
        mapped.add(
            standIn(
                Methods.item(one, named.get("attribute")),
                named.getOrDefault("default", new Undefined("attribute")),
                false));
      } else {
        mapped.add(filter(Values.text(a.get(0)), one, a.subList(1, a.size()), named));
      }
    }
    return mapped;
  }
}
