package lethe.corpus.split;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import lethe.corpus.source.Predicate;
import lethe.settings.Section;
import lethe.target.Split;

/**
 * What makes a document belong to a split: every condition given must hold, and then at most the
 * caps are taken, in the order of the documents' ranks.
 *
 * @param where a SQL condition
 * @param requests the document is named in one of them
 * @param ids the document is listed there
 * @param notIds the document is not listed there
 * @param from share, 0 to 1; the document's place on the seeded line from 0 to 1 is not below it
 * @param to share, above {@code from}, at most 1; the document's place is below it
 * @param except the document is not taken by these splits
 * @param documents the most documents
 * @param tokens the most tokens in chunks, of whole documents
 */
public record SplitRule(
    Optional<Predicate> where,
    Optional<RequestFile> requests,
    Optional<IdFile> ids,
    Optional<IdFile> notIds,
    double from,
    double to,
    Set<Split> except,
    Cap documents,
    Cap tokens) {

  static SplitRule read(Section section) {
    section.allowOnly(
        "where", "requests", "ids", "not-ids", "fraction", "except", "documents", "tokens");
    if (Stream.of("where", "requests", "ids", "not-ids").noneMatch(section::has)) {
      section.problem(
          "where",
          "or requests or ids or not-ids must say which documents; where = \"true\" takes all");
    }
    List<Double> fraction = fraction(section);
    return new SplitRule(
        Predicate.read(section, "where"),
        RequestFile.read(section, "requests"),
        IdFile.read(section, "ids"),
        IdFile.read(section, "not-ids"),
        fraction.get(0),
        fraction.get(1),
        except(section),
        Cap.read(section, "documents"),
        Cap.read(section, "tokens"));
  }

  public boolean capped() {
    return !documents.open() || !tokens.open();
  }

  private static List<Double> fraction(Section section) {
    if (!section.has("fraction")) {
      return List.of(0.0, 1.0);
    }
    List<Double> bounds = section.numbers("fraction", 0, 1);
    List<Double> range = bounds.size() == 1 ? List.of(0.0, bounds.get(0)) : bounds;
    if (range.size() != 2 || range.get(0) >= range.get(1)) {
      section.problem("fraction", "must be a share above 0, or [from, to] with from less than to");
      return List.of(0.0, 1.0);
    }
    return range;
  }

  private static Set<Split> except(Section section) {
    EnumSet<Split> found = EnumSet.noneOf(Split.class);
    if (section.has("except")) {
      found.addAll(section.choices("except", Split.class));
    }
    return found;
  }
}
