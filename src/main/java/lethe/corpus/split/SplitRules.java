package lethe.corpus.split;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import lethe.corpus.source.Predicate;
import lethe.settings.Section;
import lethe.target.Split;

/**
 * The rules of all splits, checked against one another.
 *
 * @param bySplit the rule of each split asked for; the forget split is among them
 */
public record SplitRules(Map<Split, SplitRule> bySplit) {
  public SplitRules {
    bySplit = Collections.unmodifiableMap(new EnumMap<>(bySplit));
  }

  /**
   * Reads {@code splits}.
   *
   * @param corpus the section {@code corpus}
   * @param domains of all sources
   */
  public static SplitRules read(Section corpus, List<String> domains) {
    Map<Split, SplitRule> rules = new EnumMap<>(Split.class);
    corpus
        .section("splits")
        .allowOnly(Arrays.stream(Split.values()).map(Split::key).toArray(String[]::new));
    corpus
        .sections("splits")
        .forEach(
            (name, section) ->
                Arrays.stream(Split.values())
                    .filter(split -> split.key().equals(name))
                    .forEach(split -> rules.put(split, SplitRule.read(section))));
    if (!rules.containsKey(Split.FORGET)) {
      corpus.problem("splits.forget", "must say which documents to forget");
    }
    SplitRules read = new SplitRules(rules);
    read.checkExcept(corpus);
    read.checkDomains(corpus, domains);
    return read;
  }

  /** The rule of a split, which must have one. */
  public SplitRule rule(Split split) {
    return bySplit.get(split);
  }

  /** Their conditions in SQL. */
  public List<Predicate> predicates() {
    return bySplit.values().stream().flatMap(rule -> rule.where().stream()).toList();
  }

  /** The splits, each after those it excepts; the forget split as early as that allows. */
  public List<Split> order() {
    Set<Split> order = new LinkedHashSet<>();
    bySplit.keySet().forEach(split -> visit(split, order)); // forget is the first of the enum
    return List.copyOf(order);
  }

  private void visit(Split split, Set<Split> order) {
    rule(split).except().forEach(other -> visit(other, order));
    order.add(split);
  }

  /** Whether one of the two takes only what the other leaves. */
  boolean related(Split a, Split b) {
    return rule(a).except().contains(b) || rule(b).except().contains(a);
  }

  private void checkExcept(Section corpus) {
    bySplit.forEach(
        (split, rule) -> {
          for (Split other : rule.except()) {
            if (!bySplit.containsKey(other)) {
              corpus.problem(
                  "splits." + split.key() + ".except",
                  "names " + other.key() + ", which is not set");
            } else if (reaches(other, split, EnumSet.noneOf(Split.class))) {
              corpus.problem(
                  "splits." + split.key() + ".except",
                  "must not lead back to itself, but " + other.key() + " excepts it in turn");
            }
          }
        });
  }

  private boolean reaches(Split from, Split to, Set<Split> seen) {
    if (from == to) {
      return true;
    }
    return seen.add(from)
        && bySplit.containsKey(from)
        && rule(from).except().stream().anyMatch(next -> reaches(next, to, seen));
  }

  private void checkDomains(Section corpus, List<String> domains) {
    bySplit.forEach(
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
}
