package lethe.corpus;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.Stream;
import lethe.corpus.source.Documents;
import lethe.corpus.source.Listing;
import lethe.corpus.source.Source;
import lethe.corpus.split.IdFile;
import lethe.corpus.split.RequestFile;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * What can be found wrong with a corpus's inputs before any of them is read.
 *
 * @param settings that name them
 * @param files access to them
 */
public record InputCheck(CorpusSettings settings, Files files) {

  /** All problems, with those that Spark's analysis of sources and conditions finds. */
  List<String> problems(Path tokenizer, int contextTokens, Documents documents) {
    List<String> problems = new ArrayList<>(problems(tokenizer, contextTokens, path -> false));
    settings.sources().stream()
        .filter(source -> problem(source).isEmpty())
        .map(documents::problem)
        .flatMap(Optional::stream)
        .forEach(problems::add);
    settings
        .splits()
        .bySplit()
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
   * @param known paths that are taken to exist
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
    settings.sources().stream()
        .filter(source -> !known.test(source.path()))
        .flatMap(source -> problem(source).stream())
        .forEach(problems::add);
    settings.splits().bySplit().values().stream()
        .flatMap(rule -> Stream.of(rule.ids(), rule.notIds()))
        .flatMap(Optional::stream)
        .map(IdFile::file)
        .distinct()
        .filter(Predicate.not(known))
        .flatMap(file -> missing("ids", file).stream())
        .forEach(problems::add);
    settings.splits().bySplit().values().stream()
        .flatMap(rule -> rule.requests().stream())
        .map(RequestFile::file)
        .distinct()
        .filter(Predicate.not(known))
        .flatMap(file -> missing("requests", file).stream())
        .forEach(problems::add);
    return problems;
  }

  /**
   * Bytes of the sources' files, packed ones taken for tenfold; empty where a source is no plain
   * file or cannot be listed.
   *
   * @param seen paths that may be looked at
   * @param sampled paths of a sample, which may not be written yet
   * @param sample bytes that all of these have together
   */
  public OptionalLong bytes(Predicate<String> seen, Predicate<String> sampled, long sample) {
    long bytes = settings.sources().stream().map(Source::path).anyMatch(sampled) ? sample : 0;
    for (Source source : settings.sources()) {
      if (sampled.test(source.path())) {
        continue;
      }
      if (!source.ofPlainFiles() || !seen.test(source.path())) {
        return OptionalLong.empty();
      }
      try {
        if (!Listing.exists(source.path(), files)) {
          return OptionalLong.empty();
        }
        bytes += source.listing(files).unpackedBytes();
      } catch (InvalidSettings | UncheckedIOException e) { // which the stage reports
        return OptionalLong.empty();
      }
    }
    return OptionalLong.of(bytes);
  }

  /** Of other formats, a path may be a name of another program's. */
  private Optional<String> problem(Source source) {
    if (!source.ofPlainFiles()) {
      return Optional.empty();
    }
    try {
      return Listing.exists(source.path(), files)
          ? Optional.empty()
          : Optional.of("Cannot read source " + source.path() + ": there is no such file");
    } catch (InvalidSettings e) { // no file system, or no pattern
      return Optional.of(e.getMessage());
    }
  }

  private Optional<String> missing(String what, String file) {
    try {
      return Listing.exists(file, files)
          ? Optional.empty()
          : Optional.of("Cannot read %s from %s: there is no such file".formatted(what, file));
    } catch (InvalidSettings e) {
      return Optional.of(e.getMessage());
    }
  }
}
