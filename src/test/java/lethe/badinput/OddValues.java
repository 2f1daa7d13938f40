package lethe.badinput;

import java.util.List;
import java.util.Random;

/** Values that are seldom meant: as JSON, and as texts that become names, ids or paths. */
final class OddValues {
  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          ".",
          "..",
          "/",
          "//",
          "../../outside",
          "~",
          "a/b",
          "a\\b",
          "a:b",
          "a b",
          "a#b",
          "*",
          "?",
          "[",
          "{a,b}",
          "a[1]",
          "$",
          "${x}",
          "%00",
          "%s%n",
          "-x",
          "_hidden",
          ".hidden",
          "null",
          "true",
          "17",
          "NaN",
          "__HIVE_DEFAULT_PARTITION__",
          "split=forget",
          "a=b",
          "'; DROP TABLE x; --",
          "\"quoted\"",
          "two\nlines",
          "tab\there",
          "nul\u0000nul",
          "\u001b[31mred\u001b[0m",
          "\u202eright to left",
          "\ufeffmark",
          "\u00fcml\u00e4ut",
          "\ud83d\ude00",
          "\ud83d half a character",
          "file:",
          "file:///nowhere/at/all",
          "http://127.0.0.1:1/x",
          "https://host/x?sig=1",
          "hdfs://",
          "s3://bucket/key",
          "s3a://",
          "hub:",
          "hub:../x",
          "jar:file:x!/y",
          "x".repeat(256),
          "y/".repeat(600),
          "z".repeat(5_000));

  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-0",
          "-1",
          "1",
          "0.5",
          "1.5",
          "127",
          "65536",
          "2147483647",
          "2147483648",
          "-2147483649",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775809",
          "1e-400",
          "1e308",
          "1e400",
          "-1e400",
          "1e999999999",
          "-1e-999999999",
          "9".repeat(900),
          "9".repeat(2_000));

  private static final List<String> SHAPES =
      List.of(
          "null",
          "true",
          "false",
          "[]",
          "{}",
          "[null]",
          "[[]]",
          "[{}]",
          "{\"\": null}",
          "{\"a\": [1, {\"b\": \"c\"}]}",
          "[1, 2, 3, 4, 5, 6, 7, 8, 9]",
          "[\"a\", \"b\"]");

  private OddValues() {}

  /** A text that may become the name of a file, a domain or an id. */
  static String text(Random random) {
    return pick(TEXTS, random);
  }

  /** A value as JSON writes it; HOCON reads it, too. */
  static String json(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> quoted(text(random));
      case 1 -> pick(NUMBERS, random);
      case 2 -> deep(random);
      default -> pick(SHAPES, random);
    };
  }

  /** Lists or objects inside each other, closed or not; most often few, else very many. */
  private static String deep(Random random) {
    int depth = random.nextInt(4) > 0 ? 1 + random.nextInt(80) : 900 + random.nextInt(20_000);
    boolean list = random.nextBoolean();
    String close = random.nextInt(4) > 0 ? (list ? "]" : "}").repeat(depth) : "";
    return (list ? "[" : "{\"a\":").repeat(depth) + (list ? "" : "1") + close;
  }

  /** A text as JSON writes it. */
  static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain = c >= ' ' && c != '"' && c != '\\' && !Character.isSurrogate(c);
      json.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
    }
    return json.append('"').toString();
  }

  static <T> T pick(List<T> all, Random random) {
    return all.get(random.nextInt(all.size()));
  }
}
