package lethe.report;

import java.util.Optional;
import lethe.target.Outcome;

/** What {@code report.require} can name. */
enum Requirement {
  /** The verdict is under. */
  UNDER(Outcome.UNDER),
  /** The verdict is matched. */
  MATCHED(Outcome.MATCHED),
  /** The verdict is over. */
  OVER(Outcome.OVER),
  /** No loss on what should be kept rose too much. */
  DAMAGE(null),
  /** Forgotten chunks cannot be told from unseen ones, better or worse than they should. */
  MEMBERSHIP(null),
  /** The model writes no more of the forgotten text by itself than of unseen text. */
  MEMORY(null),
  /** The documents stay forgotten when the model is quantised or trained on. */
  ROBUSTNESS(null),
  /** What earlier runs made the model forget is still forgotten. */
  EARLIER(null);

  private final Outcome verdict;

  Requirement(Outcome verdict) {
    this.verdict = verdict;
  }

  /** Nothing where it is not about the verdict. */
  Optional<Outcome> verdict() {
    return Optional.ofNullable(verdict);
  }

  /** Whether it is judged by text of the forget domains that the model never saw. */
  boolean comparesWithUnseenText() {
    return this != DAMAGE && this != ROBUSTNESS;
  }
}
