package lethe.badinput;

import java.util.Optional;

/**
 * How a bad input ended.
 *
 * @param kind of it
 * @param number by which it can be repeated
 * @param what was damaged
 * @param code with which the program would have ended
 * @param output of both streams
 * @param millis of one processor, in the thread that read it
 * @param fault what is wrong with this answer, if anything is
 */
record Outcome(
    Kind kind,
    int number,
    String what,
    int code,
    String output,
    long millis,
    Optional<String> fault) {
  boolean refused() {
    return code == 2;
  }

  @Override
  public String toString() {
    return "%d (%s: %s): %s; exit %d, it printed:%n%s"
        .formatted(
            number,
            kind,
            what.length() > 300 ? what.substring(0, 300) + "..." : what,
            fault.orElse("right"),
            code,
            output.length() > 1500 ? output.substring(0, 1500) + "..." : output);
  }
}
