package lethe.sample;

import java.util.List;

/**
 * One text of the sample corpus.
 *
 * @param id its domain, split and number, for example {@code paper-forget-03}
 * @param domain {@code paper}, {@code code} or {@code book}
 * @param split it is meant for
 * @param text ASCII
 * @param facts what was invented for it: each is at least 6 characters long
 */
record SampleDocument(
    String id, String domain, SampleSplit split, String text, List<String> facts) {

  /** The splits of a run; {@code member} says whether the model to unlearn is trained on it. */
  enum SampleSplit {
    FORGET(true),
    RETAIN(true),
    APPROXIMATE(false),
    GENERAL(true),
    HOLDOUT(false);

    private final boolean member;

    SampleSplit(boolean member) {
      this.member = member;
    }

    boolean member() {
      return member;
    }
  }

  SampleDocument {
    facts = List.copyOf(facts);
  }
}
