package lethe.train;

/** Training has ended early because it was asked to; what was done is in a checkpoint. */
public final class StoppedException extends RuntimeException {
  StoppedException(int step, int steps) {
    super(
        "Stopped after step "
            + step
            + " of "
            + steps
            + "; the same command resumes from there, without overwrite=true");
  }
}
