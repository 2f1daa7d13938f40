package lethe.jinja;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** What Python's operators and conversions do with values. */
final class Values {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Values() {}

  static boolean truth(Object value) {
    if (value instanceof Boolean is) {
      return is;
    }
    if (value instanceof Number number) {
      return number.doubleValue() != 0;
    }
    if (value instanceof CharSequence text) {
      return text.length() > 0;
    }
    if (value instanceof Collection<?> all) {
      return !all.isEmpty();
    }
    if (value instanceof Map<?, ?> map) {
      return !map.isEmpty();
    }
    return value != null && !(value instanceof Undefined);
  }

  /** As it is written into the result. */
  static String text(Object value) {
    return value instanceof String text ? text : value instanceof Undefined ? "" : shown(value);
  }

  /** As Python shows it within a list. */
  private static String shown(Object value) {
    if (value == null) {
      return "None";
    }
    if (value instanceof Boolean is) {
      return is ? "True" : "False";
    }
    if (value instanceof String text) {
      String quote = text.contains("'") && !text.contains("\"") ? "\"" : "'";
      return quote
          + text.replace("\\", "\\\\")
              .replace("\n", "\\n")
              .replace("\t", "\\t")
              .replace("\r", "\\r")
              .replace(quote, "\\" + quote)
          + quote;
    }
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> shown(entry.getKey()) + ": " + shown(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (value instanceof Collection<?> all) {
      return all.stream().map(Values::shown).collect(Collectors.joining(", ", "[", "]"));
    }
    return String.valueOf(value);
  }

  /**
   * As {@code json.dumps} writes it, without escapes of letters.
   *
   * @param indent blanks per level; null or undefined for one line
   * @param separators between entries, and between a name and its value; null for the usual ones
   */
  static String json(Object value, Object indent, Object separators) {
    boolean flat = indent == null || indent instanceof Undefined;
    List<Object> between = separators == null ? List.of(flat ? ", " : ",", ": ") : list(separators);
    String step = flat ? null : " ".repeat(((Long) indent).intValue());
    StringBuilder json = new StringBuilder();
    new JsonText(text(between.get(0)), text(between.get(1)), step).write(value, "\n", json);
    return json.toString();
  }

  /**
   * Writes JSON.
   *
   * @param comma between entries
   * @param colon between a name and its value
   * @param step blanks per level; null for one line
   */
  private record JsonText(String comma, String colon, String step) {
    /**
     * @param line begins one at this level
     */
    void write(Object value, String line, StringBuilder to) {
      if (value instanceof Map<?, ?> map) {
        all(map.entrySet(), "{", "}", line, to);
      } else if (value instanceof Collection<?> several) {
        all(several, "[", "]", line, to);
      } else if (value instanceof Map.Entry<?, ?> entry) {
        to.append(scalar(text(entry.getKey()))).append(colon);
        write(entry.getValue(), line, to);
      } else {
        to.append(scalar(value));
      }
    }

    private void all(
        Collection<?> entries, String open, String close, String line, StringBuilder to) {
      to.append(open);
      String inner = step == null ? "" : line + step;
      String before = inner;
      for (Object entry : entries) {
        to.append(before);
        write(entry, line + (step == null ? "" : step), to);
        before = comma + inner;
      }
      to.append(entries.isEmpty() || step == null ? "" : line).append(close);
    }

    private static String scalar(Object value) {
      try {
        return JSON.writeValueAsString(value);
      } catch (JsonProcessingException e) {
        throw new JinjaException("tojson cannot write " + text(value));
      }
    }
  }

  static boolean same(Object a, Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return x.doubleValue() == y.doubleValue();
    }
    if (a instanceof Undefined && b instanceof Undefined) {
      return true;
    }
    return Objects.equals(a, b);
  }

  static int compare(Object a, Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return Double.compare(x.doubleValue(), y.doubleValue());
    }
    if (a instanceof String x && b instanceof String y) {
      return x.compareTo(y);
    }
    throw new JinjaException("cannot compare " + shown(a) + " with " + shown(b));
  }

  static boolean contains(Object all, Object one) {
    if (all instanceof String text) {
      return text.contains(text(one));
    }
    if (all instanceof Map<?, ?> map) {
      return map.containsKey(one);
    }
    return list(all).stream().anyMatch(other -> same(other, one));
  }

  /** The elements that a loop over a value sees. */
  static List<Object> list(Object value) {
    if (value instanceof Collection<?> all) {
      return new ArrayList<>(all);
    }
    if (value instanceof Map<?, ?> map) {
      return new ArrayList<>(map.keySet());
    }
    if (value instanceof String text) {
      return text.codePoints()
          .<Object>mapToObj(Character::toString)
          .collect(Collectors.toCollection(ArrayList::new));
    }
    if (value instanceof Undefined) {
      return new ArrayList<>();
    }
    throw new JinjaException(shown(value) + " has no elements");
  }

  static long length(Object value) {
    return value instanceof String text
        ? text.codePointCount(0, text.length())
        : value instanceof Map<?, ?> map ? map.size() : list(value).size();
  }

  static Object arithmetic(String operator, Object a, Object b) {
    if (operator.equals("+") && a instanceof String x && b instanceof String y) {
      return x + y;
    }
    if (operator.equals("+") && a instanceof List<?> x && b instanceof List<?> y) {
      List<Object> both = new ArrayList<>(x);
      both.addAll(y);
      return both;
    }
    if (operator.equals("*") && a instanceof String x && b instanceof Long times) {
      return x.repeat((int) Math.max(0, times));
    }
    Object x = a instanceof Boolean is ? (is ? 1L : 0L) : a;
    Object y = b instanceof Boolean is ? (is ? 1L : 0L) : b;
    if (x instanceof Long m && y instanceof Long n && !operator.equals("/")) {
      return whole(operator, m, n);
    }
    if (x instanceof Number m && y instanceof Number n) {
      return floating(operator, m.doubleValue(), n.doubleValue());
    }
    throw new JinjaException(
        "cannot compute %s %s %s".formatted(described(a), operator, described(b)));
  }

  private static Object floating(String operator, double p, double q) {
    return switch (operator) {
      case "+" -> p + q;
      case "-" -> p - q;
      case "*" -> p * q;
      case "/" -> p / q;
      case "//" -> Math.floor(p / q);
      case "%" -> p - q * Math.floor(p / q);
      default -> Math.pow(p, q);
    };
  }

  private static String described(Object value) {
    return value instanceof Undefined undefined ? undefined.name() + " (undefined)" : shown(value);
  }

  private static Object whole(String operator, long a, long b) {
    if (b == 0 && (operator.equals("//") || operator.equals("%"))) {
      throw new JinjaException("division by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "//" -> Math.floorDiv(a, b);
      case "%" -> Math.floorMod(a, b);
      default -> {
        double power = Math.pow((double) a, (double) b);
        yield b < 0 ? (Object) power : (Object) Math.round(power);
      }
    };
  }

  /** {@code value[from:to:step]}, with null for what is left out. */
  static Object slice(Object value, Long from, Long to, Long step) {
    List<Object> all = list(value);
    long by = step == null ? 1 : step;
    if (by == 0) {
      throw new JinjaException("a slice cannot have step 0");
    }
    int size = all.size();
    long first = bound(from, by > 0 ? 0 : size - 1L, size, by);
    long last = bound(to, by > 0 ? size : -1L, size, by);
    if (to == null && by < 0) {
      last = -1;
    }
    List<Object> taken = new ArrayList<>();
    for (long i = first; by > 0 ? i < last : i > last; i += by) {
      taken.add(all.get((int) i));
    }
    return value instanceof String
        ? taken.stream().map(Values::text).collect(Collectors.joining())
        : taken;
  }

  private static long bound(Long given, long absent, int size, long step) {
    if (given == null) {
      return absent;
    }
    long place = given < 0 ? given + size : given;
    return step > 0 ? Math.max(0, Math.min(size, place)) : Math.max(-1, Math.min(size - 1L, place));
  }
}
