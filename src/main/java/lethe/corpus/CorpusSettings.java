package lethe.corpus;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import lethe.corpus.duplicate.DuplicateSettings;
import lethe.corpus.source.Source;
import lethe.corpus.split.SplitRule;
import lethe.corpus.token.Beginning;
import lethe.corpus.token.HubTokenizer;
import lethe.corpus.token.Template;
import lethe.settings.Section;
import lethe.target.Split;

/**
 * What {@link Prepare} is told.
 *
 * @param sources inputs, at least one
 * @param splits the rule of each split asked for
 * @param duplicates what is done about documents that repeat others
 * @param seed of fractions and caps
 * @param chunkTokens tokens a chunk, at least 2
 * @param minimumTail tokens, at least 2, since the first one of a chunk is never predicted; a
 *     shorter last chunk of a document is dropped
 * @param beginning what stands before each chunk and question
 * @param template around questions and answers
 * @param maximumRejects share of a source's rows, 0 to 1, that may be unusable
 * @param allowUnmet whether what is named to be forgotten may be missing from the forget split
 * @param hub id of a tokenizer on the Hugging Face hub, instead of the model's own file
 * @param reuse run folder whose chunks are taken over where texts are the same
 */
public record CorpusSettings(
    List<Source> sources,
    Map<Split, SplitRule> splits,
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
    Map<Split, SplitRule> splits = new EnumMap<>(Split.class);
    corpus
        .section("splits")
        .allowOnly(Arrays.stream(Split.values()).map(Split::key).toArray(String[]::new));
    corpus
        .sections("splits")
        .forEach(
            (name, section) ->
                Arrays.stream(Split.values())
                    .filter(split -> split.key().equals(name))
                    .forEach(split -> splits.put(split, SplitRule.read(section))));
    if (!splits.containsKey(Split.FORGET)) {
      corpus.problem("splits.forget", "must say which documents to forget");
    }
    checkExcept(corpus, splits);
    checkDomains(corpus, splits, sources);
    return new CorpusSettings(
        sources,
        Collections.unmodifiableMap(splits),
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

  /** Whether any source has questions with answers. */
  public boolean hasQuestions() {
    return sources.stream().anyMatch(source -> source.question() != null);
  }

  /** The splits, each after those it excepts; the forget split as early as that allows. */
  public List<Split> order() {
    Set<Split> order = new LinkedHashSet<>();
    splits.keySet().forEach(split -> visit(split, order)); // forget is the first of the enum
    return List.copyOf(order);
  }

  private void visit(Split split, Set<Split> order) {
    splits.get(split).except().forEach(other -> visit(other, order));
    order.add(split);
  }

  /** Whether one of the two takes only what the other leaves. */
  public boolean related(Split a, Split b) {
    return splits.get(a).except().contains(b) || splits.get(b).except().contains(a);
  }

  private static Optional<String> hub(Section corpus, List<Source> sources) {
    Optional<String> name = corpus.optionalText("tokenizer");
    if (name.isPresent() && sources.stream().anyMatch(source -> source.question() != null)) {
      corpus.problem(
          "tokenizer",
          "must not stand beside a source with question and answer: where an answer begins is only known of the model's own tokenizer.json; leave it out");
    }
    if (name.isPresent() && !name.get().matches(HubTokenizer.PREFIX + "\\S+")) {
      corpus.problem("tokenizer", "must be hub:<id>, was \"" + name.get() + "\"");
      return Optional.empty();
    }
    return name.map(id -> id.substring(HubTokenizer.PREFIX.length()));
  }

  private static void checkExcept(Section corpus, Map<Split, SplitRule> splits) {
    splits.forEach(
        (split, rule) -> {
          for (Split other : rule.except()) {
            if (!splits.containsKey(other)) {
              corpus.problem(
                  "splits." + split.key() + ".except",
                  "names " + other.key() + ", which is not set");
            } else if (reaches(splits, other, split, EnumSet.noneOf(Split.class))) {
              corpus.problem(
                  "splits." + split.key() + ".except",
                  "must not lead back to itself, but " + other.key() + " excepts it in turn");
            }
          }
        });
  }

  private static void checkDomains(
      Section corpus, Map<Split, SplitRule> splits, List<Source> sources) {
    List<String> domains = sources.stream().map(Source::domain).distinct().toList();
    splits.forEach(
        (split, rule) ->
            Stream.of(rule.documents(), rule.tokens())
                .flatMap(cap -> cap.domains().keySet().stream())
                .filter(domain -> !domains.contains(domain))
                .forEach(
                    domain ->
                        corpus.problem(
                            "splits." + split.key(),
                            "caps the domain %s, which no source has; there are: %s"
                                .formatted(domain, String.join(", ", domains)))));
  }

  private static boolean reaches(
      Map<Split, SplitRule> splits, Split from, Split to, Set<Split> seen) {
    if (from == to) {
      return true;
    }
    return seen.add(from)
        && splits.containsKey(from)
        && splits.get(from).except().stream().anyMatch(next -> reaches(splits, next, to, seen));
  }
}
