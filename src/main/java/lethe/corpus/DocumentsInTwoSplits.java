package lethe.corpus;

import java.util.List;
import java.util.Optional;
import lethe.corpus.split.Splits;
import lethe.settings.InvalidSettings;
import lethe.target.Split;

/** The rules put documents in two splits neither of which excepts the other. */
public final class DocumentsInTwoSplits extends InvalidSettings {
  private final transient List<Splits.Conflict> conflicts;

  /**
   * @param conflicts some of them; at least one
   */
  DocumentsInTwoSplits(List<Splits.Conflict> conflicts) {
    super(conflicts.stream().map(Splits.Conflict::sentence).toList());
    this.conflicts = List.copyOf(conflicts);
  }

  /**
   * A document.
   *
   * @param all how many there are like it, itself included
   */
  public record Document(String domain, String id, long all) {}

  /** The first that is to be forgotten and was forgotten before, if there is one. */
  public Optional<Document> forgottenTwice() {
    return conflicts.stream()
        .filter(c -> c.splits().containsAll(List.of(Split.FORGET.key(), Split.EARLIER.key())))
        .map(c -> new Document(c.domain(), c.document(), c.all()))
        .findFirst();
  }
}
