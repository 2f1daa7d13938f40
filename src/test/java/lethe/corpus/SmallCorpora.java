package lethe.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import lethe.LocalSpark;
import lethe.corpus.token.ByteTokenizer;
import lethe.folder.RunFolder;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;

/**
 * Twenty documents a0, a1, ... of domain a in a.jsonl and ten of domain b in b.jsonl.gz, a
 * tokenizer of bytes, and an empty run folder.
 *
 * @param folder where all of it stands
 */
public record SmallCorpora(Path folder) {

  public static SmallCorpora in(Path folder) throws IOException {
    SmallCorpora corpora = new SmallCorpora(folder);
    Files.createDirectory(folder.resolve("model"));
    Files.write(folder.resolve("model/tokenizer.json"), ByteTokenizer.json(0));
    corpora.write("a.jsonl", documents("a", 20));
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("b.jsonl.gz")))) {
      out.write(String.join("\n", documents("b", 10)).getBytes(UTF_8));
    }
    return corpora;
  }

  /** Runs a stage of which nobody follows the progress. */
  public static Prepare.Result execute(Prepare prepare) {
    return prepare.execute(early -> {}, () -> {}, () -> {});
  }

  public void write(String name, List<String> lines) throws IOException {
    Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  public RunFolder run() {
    return RunFolder.of(folder.resolve("run").toString(), new Configuration());
  }

  /** Ready to run with these splits and further settings of the corpus. */
  public Prepare prepare(String splits, String more, int contextTokens) {
    return prepare(settings(splits, more), contextTokens);
  }

  /** Ready to run. */
  Prepare prepare(CorpusSettings settings, int contextTokens) {
    return new Prepare(
        LocalSpark.SESSION,
        settings,
        run(),
        folder.resolve("model").toString(),
        contextTokens,
        256,
        List.of());
  }

  /**
   * Settings with these splits; the names of files in the folder may stand without it. Duplicates
   * are not looked for unless {@code more} says so.
   */
  public CorpusSettings settings(String splits, String more) {
    return settings(
        "{ path = \"a.jsonl\", domain = a }, { path = \"b.jsonl.gz\", domain = b }", splits, more);
  }

  /** Settings with these sources. */
  public CorpusSettings settings(String sources, String splits, String more) {
    String text =
        """
        corpus {
          sources = [%s]
          splits { %s }
          chunk-tokens = 16
          duplicates.action = ignore
          %s
        }
        """
            .formatted(sources, splits, more)
            .replaceAll("\"(a|b|ids)([.]\\w+)", "\"" + folder + "/$1$2");
    try {
      Path file = Files.writeString(folder.resolve("run.conf"), text);
      Settings settings = Settings.load(file, List.of());
      CorpusSettings read = CorpusSettings.read(settings.root());
      settings.check();
      return read;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static List<String> documents(String domain, int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                document(domain + i, text(domain, i))
                    .replace("}", ", \"meta\": {\"number\": " + i + "}}"))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  public static String document(String id, String text) {
    return "{\"id\": \"" + id + "\", \"text\": \"" + text + "\"}";
  }

  public static String text(String domain, int number) {
    return "the \u00e9tude number " + number + " of " + domain + ", na\u00efve ".repeat(number % 4);
  }
}
