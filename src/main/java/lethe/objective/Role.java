package lethe.objective;

/**
 * What a split is used for in a method.
 *
 * @param split whose examples the term takes
 * @param term applied to them
 * @param weight of the term in the loss, greater than 0
 */
public record Role(String split, Term term, double weight) implements java.io.Serializable {
  /** Its name in step records: {@code forget.ascent}. */
  public String name() {
    return split + "." + term.name();
  }
}
