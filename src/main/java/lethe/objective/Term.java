package lethe.objective;

/** One summand of the loss. */
public sealed interface Term extends java.io.Serializable permits PositionTerm, SequenceTerm {
  /** Its name in step records and on the terminal. */
  String name();

  /** Whether the engine must also give what the reference model says of the same text. */
  default boolean needsReference() {
    return false;
  }
}
