package lethe.corpus;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lethe.corpus.duplicate.DuplicateSettings;
import lethe.corpus.source.Source;
import lethe.corpus.split.SplitRules;
import lethe.corpus.token.Beginning;
import lethe.corpus.token.HubTokenizer;
import lethe.corpus.token.Template;
import lethe.settings.Section;
import lethe.target.Split;

/**
 * Settings of {@link Prepare}.
 *
 * @param sources inputs, at least one
 * @param splits which documents each of them takes
 * @param duplicates how documents that repeat others are found, and what is done about them
 * @param seed of fractions and caps
 * @param chunkTokens tokens per chunk, at least 2
 * @param minimumTail tokens, at least 2, since the first one of a chunk is never predicted; a
 *     shorter last chunk of a document is dropped
 * @param beginning what precedes each chunk and question
 * @param template around questions and answers
 * @param maximumRejects share of a source's rows, 0 to 1, that may be unusable
 * @param allowUnmet whether what is named to be forgotten may be missing from the forget split
 * @param hub id of a tokenizer on the Hugging Face hub, instead of the model's own file
 * @param reuse run folder whose chunks are taken over where texts are the same
 */
public record CorpusSettings(
    List<Source> sources,
    SplitRules splits,
    DuplicateSettings duplicates,
    long seed,
    int chunkTokens,
    int minimumTail,
    Beginning beginning,
    Template template,
    double maximumRejects,
    boolean allowUnmet,
    Optional<String> hub,
    Optional<String> reuse) {

  /** Reads {@code corpus} from the root of the settings. */
  public static CorpusSettings read(Section root) {
    Section corpus = root.section("corpus");
    List<Source> sources = corpus.list("sources").stream().map(Source::read).toList();
    if (sources.isEmpty()) {
      corpus.problem("sources", "must list at least one { path, domain }");
    }
    List<String> domains = sources.stream().map(Source::domain).distinct().toList();
    return new CorpusSettings(
        sources,
        SplitRules.read(corpus, domains),
        DuplicateSettings.read(corpus.section("duplicates")),
        corpus.longInRange("seed", Long.MIN_VALUE, Long.MAX_VALUE),
        corpus.count("chunk-tokens", 2),
        corpus.count("min-tail-tokens", 2),
        corpus.choice("beginning-of-text", Beginning.class),
        Template.read(corpus),
        corpus.doubleInRange("max-reject-share", 0, 1),
        corpus.bool("allow-unmet-requests"),
        hub(corpus, sources),
        corpus.optionalText("reuse"));
  }

  /** The splits asked for. */
  public Set<Split> askedSplits() {
    return splits.bySplit().keySet();
  }

  /** Whether any source has questions with answers. */
  public boolean hasQuestions() {
    return sources.stream().anyMatch(source -> source.question() != null);
  }

  /** Paths of sources and of the files that splits name, by the settings that name them. */
  public Map<String, String> paths() {
    Map<String, String> paths = new LinkedHashMap<>();
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i).hasFiles()) {
        paths.put("corpus.sources[" + i + "].path", sources.get(i).path());
      }
    }
    splits
        .bySplit()
        .forEach(
            (split, rule) -> {
              String key = "corpus.splits." + split.key();
              rule.requests().ifPresent(file -> paths.put(key + ".requests", file.file()));
              rule.ids().ifPresent(file -> paths.put(key + ".ids", file.file()));
              rule.notIds().ifPresent(file -> paths.put(key + ".not-ids", file.file()));
            });
    return paths;
  }

  private static Optional<String> hub(Section corpus, List<Source> sources) {
    Optional<String> name = corpus.optionalText("tokenizer");
    if (name.isPresent() && sources.stream().anyMatch(source -> source.question() != null)) {
      corpus.problem(
          "tokenizer",
          "cannot be combined with a source that has question and answer: only the model's own tokenizer.json tells where an answer begins; leave it out");
    }
    if (name.isPresent() && !name.get().matches(HubTokenizer.PREFIX + "\\S+")) {
      corpus.problem("tokenizer", "must be hub:<id>, was \"" + name.get() + "\"");
      return Optional.empty();
    }
    return name.map(id -> id.substring(HubTokenizer.PREFIX.length()));
  }
}
