package lethe.objective;

import java.io.Serializable;
import java.util.List;

/** One summand of the loss. */
public sealed interface Term extends Serializable permits PositionTerm, HiddenTerm, SequenceTerm {
  /** Its name in step records and on the terminal. */
  String name();

  /** The views an example must have, in the order in which the term takes them. */
  List<ViewKind> views();
}
