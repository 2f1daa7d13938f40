package lethe.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lethe.folder.Files;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * What can be found wrong with a corpus's inputs before any of them is read.
 *
 * @param settings that name them
 * @param files access to them
 */
public record Inputs(CorpusSettings settings, Files files) {

  /** All of it, with what Spark's analysis of sources and conditions says. */
  List<String> problems(Path tokenizer, int contextTokens, Documents documents) {
    List<String> problems = new ArrayList<>(problems(tokenizer, contextTokens, path -> false));
    settings.sources().stream()
        .filter(source -> !missing(source))
        .map(documents::problem)
        .flatMap(Optional::stream)
        .forEach(problems::add);
    settings
        .splits()
        .forEach(
            (split, rule) ->
                rule.where()
                    .flatMap(documents::problem)
                    .ifPresent(
                        problem ->
                            problems.add("corpus.splits." + split.key() + ".where " + problem)));
    return problems;
  }

  /**
   * What needs no Spark.
   *
   * @param known paths that are not looked for
   */
  public List<String> problems(Path tokenizer, int contextTokens, Predicate<String> known) {
    List<String> problems = new ArrayList<>();
    if (settings.chunkTokens() > contextTokens) {
      problems.add(
          "corpus.chunk-tokens must be at most the model's context, %d tokens, was %d"
              .formatted(contextTokens, settings.chunkTokens()));
    }
    if (!known.test(tokenizer.toString()) && !files.exists(tokenizer)) {
      problems.add("Cannot tokenize: there is no file " + tokenizer);
    }
    for (Source source : settings.sources()) {
      if (!known.test(source.path()) && missing(source)) {
        problems.add("Cannot read source " + source.path() + ": there is no such file");
      }
    }
    settings.splits().values().stream()
        .flatMap(rule -> Stream.of(rule.ids(), rule.notIds()))
        .flatMap(Optional::stream)
        .map(IdFile::file)
        .distinct()
        .filter(Predicate.not(known))
        .filter(this::missing)
        .forEach(file -> problems.add("Cannot read ids from " + file + ": there is no such file"));
    settings.splits().values().stream()
        .flatMap(rule -> rule.requests().stream())
        .map(RequestFile::file)
        .distinct()
        .filter(Predicate.not(known))
        .filter(this::missing)
        .forEach(
            file -> problems.add("Cannot read requests from " + file + ": there is no such file"));
    return problems;
  }

  /** Of other formats, a path may be a name of another program's. */
  private boolean missing(Source source) {
    return source.format().matches("json|text|csv|parquet|orc|avro") && missing(source.path());
  }

  private boolean missing(String path) {
    try {
      FileStatus[] matches = files.system(new Path(path)).globStatus(new Path(path));
      return matches == null || matches.length == 0;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look for " + path + ": " + e.getMessage(), e);
    }
  }
}
