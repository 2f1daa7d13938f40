package lethe.badinput;

import com.typesafe.config.ConfigFactory;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Ways to damage a run file: its text is HOCON, which is given back with something added. */
final class RunFileDamage {
  /** Every key of reference.conf but those that start what a test must not. */
  private static final List<String> KEYS =
      ConfigFactory.parseResources("reference.conf").entrySet().stream()
          .map(entry -> entry.getKey())
          .sorted()
          .toList();

  private static final List<String> NAMES =
      List.of(
          "run.dir",
          "model.path",
          "corpus.sources.0.path",
          "corpus.sources.0.domain",
          "corpus.sources.0.id",
          "corpus.sources.0.glob",
          "corpus.sources.0.format",
          "corpus.splits.forget.ids",
          "corpus.splits.forget.requests",
          "corpus.reuse",
          "corpus.tokenizer",
          "corpus.template",
          "unlearn.initial-weights",
          "unlearn.rejections",
          "sample.directory",
          "pretrain.model",
          "evaluate.tasks.0.path",
          "evaluate.tasks.0.name");

  private RunFileDamage() {}

  /** A key of reference.conf. */
  static String key(Random random) {
    return OddValues.pick(KEYS, random);
  }

  /** Any value at any key. */
  static String value(Random random) {
    String value =
        random.nextInt(8) > 0
            ? OddValues.json(random)
            : OddValues.pick(
                List.of(
                    "${nowhere}",
                    "${?nowhere}",
                    "${run.dir}",
                    "${train}",
                    "10s",
                    "-5 minutes",
                    "1e9 days",
                    "3 potatoes",
                    "1GB",
                    "[forget, forgotten]",
                    "yes",
                    "= =",
                    "",
                    "}",
                    "\"\"\"",
                    "a b // c"),
                random);
    return key(random) + (random.nextInt(9) == 0 ? " += " : " = ") + value;
  }

  /** An odd name where one is taken for a path, a domain, an id or a split. */
  static String name(Random random) {
    String text = OddValues.quoted(OddValues.text(random));
    return switch (random.nextInt(5)) {
      case 0 -> "corpus.splits." + text + ".where = \"true\"";
      case 1 -> "evaluate.models." + text + " = " + OddValues.quoted(OddValues.text(random));
      case 2 -> "define." + text + " = 1\nspark." + text + " = 1";
      default -> set(OddValues.pick(NAMES, random), text);
    };
  }

  /** Sets a key whose path may have places in lists. */
  private static String set(String path, String value) {
    String list = path.replaceFirst("\\.0\\..*", "");
    return list.equals(path)
        ? path + " = " + value
        : list
            + " += { path = x, domain = d, name = n, "
            + path.replaceFirst(".*\\.0\\.", "")
            + " = "
            + value
            + " }";
  }

  /** Objects and lists some thousand deep, texts and lists that grow tenfold, and includes. */
  static String bomb(Random random) {
    int deep = 5_000 + random.nextInt(15_000);
    String key = key(random);
    return switch (random.nextInt(9)) {
      case 0 -> key + " = " + "[".repeat(deep) + "]".repeat(deep);
      case 1 -> key + " = " + "{a:".repeat(deep) + "1" + "}".repeat(deep);
      case 2 -> "[".repeat(deep);
      case 3 -> "a.".repeat(deep) + "a = 1";
      case 4 -> tenfold("define.a%d = \"xxxxxxxxxx\"", "define.a%d = %s", "${define.a%d}", "");
      case 5 -> tenfold("define.a%d = [1]", "define.a%d = [%s]", "${define.a%d}", ", ");
      case 6 ->
          tenfold("define.a%d = { x = 1 }", "define.a%d { %s }", "k%2$d = ${define.a%1$d}", ", ");
      case 7 ->
          "include "
              + OddValues.pick(
                  List.of(
                      "\"small.conf\"",
                      "\"nowhere.conf\"",
                      "\".\"",
                      "file(\"/\")",
                      "url(\"http://127.0.0.1:1/x\")",
                      "classpath(\"reference.conf\")",
                      "required(\"x\")",
                      "\"tasks.jsonl\""),
                  random);
      default ->
          IntStream.range(0, 3_000)
              .mapToObj(i -> "define.b" + i + " = ${define.b" + (i + 1) + "}")
              .collect(Collectors.joining("\n"));
    };
  }

  /** Nine definitions, each ten times as large as the one before. */
  private static String tenfold(String first, String next, String reference, String between) {
    StringBuilder text = new StringBuilder(String.format(first, 0));
    for (int i = 1; i <= 9; i++) {
      int before = i - 1;
      String ten =
          IntStream.range(0, 10)
              .mapToObj(k -> String.format(reference, before, k))
              .collect(Collectors.joining(between));
      text.append('\n').append(String.format(next, i, ten));
    }
    return text.toString();
  }
}
