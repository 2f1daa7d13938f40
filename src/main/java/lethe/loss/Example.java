package lethe.loss;

import java.io.Serializable;
import java.util.List;
import lethe.objective.LikeliestTokens;

/**
 * What one slot of the plan trains on.
 *
 * @param id {@code domain/document#ordinal}
 * @param domain it belongs to
 * @param views the text and whatever else its term compares it with; they always stay together
 */
public record Example(String id, String domain, List<View> views) implements Serializable {
  /** An example of no domain in particular. */
  public Example(String id, List<View> views) {
    this(id, "", views);
  }

  /**
   * One rendering.
   *
   * @param tokens at least 2
   * @param labels as {@link lethe.model.network.TokenBatch} takes them
   * @param reference summed negative log-likelihood of the labels under the reference model, nats;
   *     NaN if no term needs it
   * @param stored distributions to learn at the scored labels; null if no term needs them
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record View(int[] tokens, int[] labels, double reference, LikeliestTokens stored)
      implements Serializable {
    /** A view of a term that learns no distributions. */
    public View(int[] tokens, int[] labels, double reference) {
      this(tokens, labels, reference, null);
    }
  }
}
