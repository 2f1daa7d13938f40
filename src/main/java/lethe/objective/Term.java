package lethe.objective;

import java.io.Serializable;
import java.util.List;

/** One summand of the loss. */
public sealed interface Term extends Serializable permits PositionTerm, HiddenTerm, SequenceTerm {
  /** Its name in step records and on the terminal. */
  String name();

  /** The views an example must have, in the order in which the term takes them. */
  List<ViewKind> views();

  /**
   * How many times as far the weights go to the target by many small steps as by a few large ones:
   * 1 unless each step brings less than the one before.
   */
  default double slowing() {
    return 1;
  }
}
