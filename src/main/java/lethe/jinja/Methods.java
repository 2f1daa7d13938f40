package lethe.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Members of values, and those of Python's methods that templates call. */
final class Methods {
  private Methods() {}

  /** {@code value.name}: a method, or else what {@code value['name']} is. */
  static Object attribute(Object value, String name) {
    if (value instanceof Undefined undefined) {
      throw new JinjaException("%s is undefined and has no %s".formatted(undefined.name(), name));
    }
    Callable method =
        value instanceof String text
            ? text(text, name)
            : value instanceof Map<?, ?> map
                ? map(map, name)
                : value instanceof List<?> list ? list(list, name) : null;
    return method != null ? method : item(value, name);
  }

  /** {@code value[key]}. */
  static Object item(Object value, Object key) {
    if (value instanceof Undefined undefined) {
      throw new JinjaException(
          "%s is undefined and has no %s".formatted(undefined.name(), Values.text(key)));
    }
    if (value instanceof Map<?, ?> map) {
      return map.containsKey(key) ? map.get(key) : new Undefined(Values.text(key));
    }
    if (key instanceof Long place && (value instanceof List<?> || value instanceof String)) {
      List<Object> all = Values.list(value);
      long at = place < 0 ? place + all.size() : place;
      return at >= 0 && at < all.size() ? all.get((int) at) : new Undefined("element " + place);
    }
    return new Undefined(Values.text(key));
  }

  private static Callable text(String text, String name) {
    return switch (name) {
      case "strip" -> (a, n) -> strip(text, optional(a, 0), true, true);
      case "lstrip" -> (a, n) -> strip(text, optional(a, 0), true, false);
      case "rstrip" -> (a, n) -> strip(text, optional(a, 0), false, true);
      case "startswith" -> (a, n) -> any(a.get(0)).stream().anyMatch(text::startsWith);
      case "endswith" -> (a, n) -> any(a.get(0)).stream().anyMatch(text::endsWith);
      case "upper" -> (a, n) -> text.toUpperCase(Locale.ROOT);
      case "lower" -> (a, n) -> text.toLowerCase(Locale.ROOT);
      case "title" -> (a, n) -> title(text);
      case "capitalize" -> (a, n) -> capitalized(text);
      case "replace" -> (a, n) -> replace(text, a);
      case "split" ->
          (a, n) -> split(text, argument(a, n, 0, "sep"), argument(a, n, 1, "maxsplit"));
      case "rsplit" ->
          (a, n) -> lastSplit(text, argument(a, n, 0, "sep"), argument(a, n, 1, "maxsplit"));
      case "splitlines" -> (a, n) -> new ArrayList<Object>(text.lines().toList());
      case "find" -> (a, n) -> (long) text.indexOf(Values.text(a.get(0)));
      case "rfind" -> (a, n) -> (long) text.lastIndexOf(Values.text(a.get(0)));
      case "count" ->
          (a, n) -> (long) text.split(Pattern.quote(Values.text(a.get(0))), -1).length - 1;
      case "join" ->
          (a, n) ->
              Values.list(a.get(0)).stream().map(Values::text).collect(Collectors.joining(text));
      case "removeprefix" ->
          (a, n) ->
              text.startsWith(Values.text(a.get(0)))
                  ? text.substring(Values.text(a.get(0)).length())
                  : text;
      case "removesuffix" ->
          (a, n) ->
              text.endsWith(Values.text(a.get(0)))
                  ? text.substring(0, text.length() - Values.text(a.get(0)).length())
                  : text;
      case "isdigit" -> (a, n) -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
      case "isspace" -> (a, n) -> !text.isEmpty() && text.isBlank();
      default -> null;
    };
  }

  private static Callable map(Map<?, ?> map, String name) {
    return switch (name) {
      case "items" -> (a, n) -> items(map);
      case "keys" -> (a, n) -> new ArrayList<Object>(map.keySet());
      case "values" -> (a, n) -> new ArrayList<Object>(map.values());
      case "get" -> (a, n) -> map.containsKey(a.get(0)) ? map.get(a.get(0)) : optional(a, 1);
      default -> null;
    };
  }

  private static Callable list(List<?> list, String name) {
    return switch (name) {
      case "index" ->
          (a, n) -> {
            for (int i = 0; i < list.size(); i++) {
              if (Values.same(list.get(i), a.get(0))) {
                return (long) i;
              }
            }
            throw new JinjaException(Values.text(a.get(0)) + " is not in the list");
          };
      case "count" -> (a, n) -> list.stream().filter(x -> Values.same(x, a.get(0))).count();
      default -> null;
    };
  }

  /** The pairs of a mapping, each a list of two. */
  static List<Object> items(Map<?, ?> map) {
    List<Object> items = new ArrayList<>();
    map.forEach((key, value) -> items.add(Arrays.asList(key, value)));
    return items;
  }

  private static Object optional(List<Object> arguments, int place) {
    return place < arguments.size() ? arguments.get(place) : null;
  }

  private static Object argument(
      List<Object> a, Map<String, Object> named, int place, String name) {
    return place < a.size() ? a.get(place) : named.get(name);
  }

  private static List<String> any(Object one) {
    return one instanceof List<?> several
        ? several.stream().map(Values::text).toList()
        : List.of(Values.text(one));
  }

  /**
   * Takes characters off the ends.
   *
   * @param characters which; null for blanks
   */
  static String strip(String text, Object characters, boolean front, boolean back) {
    String set = characters == null ? null : Values.text(characters);
    int from = 0;
    int to = text.length();
    while (front && from < to && isOf(set, text.charAt(from))) {
      from++;
    }
    while (back && to > from && isOf(set, text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isOf(String set, char c) {
    return set == null
        ? Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085'
        : set.indexOf(c) >= 0;
  }

  static String replace(String text, List<Object> a) {
    String old = Values.text(a.get(0));
    String by = Values.text(a.get(1));
    if (a.size() < 3) {
      return text.replace(old, by);
    }
    String replaced = text;
    int from = 0;
    for (long n = (Long) a.get(2); n > 0 && replaced.indexOf(old, from) >= 0; n--) {
      int at = replaced.indexOf(old, from);
      replaced = replaced.substring(0, at) + by + replaced.substring(at + old.length());
      from = at + by.length();
    }
    return replaced;
  }

  private static List<Object> split(String text, Object by, Object most) {
    int limit = most == null || (Long) most < 0 ? -1 : (int) ((Long) most + 1);
    if (by == null) {
      String stripped = text.strip();
      return stripped.isEmpty()
          ? new ArrayList<>()
          : new ArrayList<>(Arrays.asList(stripped.split("\\s+", limit)));
    }
    return new ArrayList<>(Arrays.asList(text.split(Pattern.quote(Values.text(by)), limit)));
  }

  private static List<Object> lastSplit(String text, Object by, Object most) {
    List<Object> all = split(text, by, null);
    if (most == null || by == null) {
      return all;
    }
    int kept = (int) Math.max(0, all.size() - 1 - (Long) most);
    String first =
        all.subList(0, kept + 1).stream()
            .map(Values::text)
            .collect(Collectors.joining(Values.text(by)));
    List<Object> parts = new ArrayList<>(List.of(first));
    parts.addAll(all.subList(kept + 1, all.size()));
    return parts;
  }

  static String capitalized(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  static String title(String text) {
    StringBuilder title = new StringBuilder();
    boolean within = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      title.append(within ? Character.toLowerCase(c) : Character.toUpperCase(c));
      within = Character.isLetter(c);
    }
    return title.toString();
  }
}
