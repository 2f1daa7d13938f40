package lethe.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.folder.Files;
import org.apache.hadoop.fs.Path;

/**
 * What can be found wrong with a corpus's inputs before any of them is read.
 *
 * @param settings that name them
 * @param files access to them
 */
record Inputs(CorpusSettings settings, Files files) {

  List<String> problems(Path tokenizer, int contextTokens, Documents documents) {
    List<String> problems = new ArrayList<>();
    if (settings.chunkTokens() > contextTokens) {
      problems.add(
          "corpus.chunk-tokens must be at most the model's context, %d tokens, was %d"
              .formatted(contextTokens, settings.chunkTokens()));
    }
    if (!files.exists(tokenizer)) {
      problems.add("Cannot tokenize: there is no file " + tokenizer);
    }
    for (Source source : settings.sources()) {
      problem(source, documents).ifPresent(problems::add);
    }
    settings.splits().values().stream()
        .flatMap(rule -> Stream.of(rule.ids(), rule.notIds()))
        .flatMap(Optional::stream)
        .map(IdFile::file)
        .distinct()
        .filter(this::missing)
        .forEach(file -> problems.add("Cannot read ids from " + file + ": there is no such file"));
    settings.splits().values().stream()
        .flatMap(rule -> rule.requests().stream())
        .map(RequestFile::file)
        .distinct()
        .filter(this::missing)
        .forEach(
            file -> problems.add("Cannot read requests from " + file + ": there is no such file"));
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

  private Optional<String> problem(Source source, Documents documents) {
    try {
      return !source.format().equals(Source.TABLE) && missing(source.path())
          ? Optional.of("Cannot read source " + source.path() + ": there is no such file")
          : documents.problem(source);
    } catch (IllegalArgumentException e) { // no file system, or no pattern
      return Optional.of(e.getMessage());
    }
  }

  private boolean missing(String path) {
    return !Listing.exists(path, files);
  }
}
