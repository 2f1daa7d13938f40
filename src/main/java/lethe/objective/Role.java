package lethe.objective;

import java.io.Serializable;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import lethe.target.Split;

/**
 * A term that a method applies to a split, with its weight.
 *
 * @param split whose examples the term takes
 * @param term applied to them
 * @param weight of the term in the loss, greater than 0
 * @param chunkCap from where a text has no gradient
 */
public record Role(String split, Term term, double weight, ChunkCap chunkCap)
    implements Serializable {
  /** A role whose texts are never left alone. */
  public Role(String split, Term term, double weight) {
    this(split, term, weight, ChunkCap.NONE);
  }

  /** Whether its examples are those to forget. */
  public boolean forgets() {
    return split.equals(Split.FORGET.key());
  }

  /** Its name in step records: {@code forget.ascent}. */
  public String name() {
    return split + "." + term.name();
  }

  /** The models whose logits or hidden states the terms of some roles need. */
  public static Set<FrozenModel> frozen(List<Role> roles) {
    Set<FrozenModel> frozen = EnumSet.noneOf(FrozenModel.class);
    for (Role role : roles) {
      if (role.term() instanceof PositionTerm term) {
        frozen.addAll(term.frozen());
      } else if (role.term() instanceof HiddenTerm term) {
        frozen.addAll(term.frozen());
      }
    }
    return frozen;
  }
}
