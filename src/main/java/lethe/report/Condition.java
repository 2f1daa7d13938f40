package lethe.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import lethe.json.OrNull;

/**
 * One condition of the gate, and whether the run meets it.
 *
 * @param name as {@code report.require} has it
 * @param required whether the settings require it; one that is not is judged all the same, for the
 *     reader
 * @param state whether it is met
 * @param limit what the figure may be at most, or half the width of the verdict's band; null where
 *     each of several figures has its own
 * @param finding which setting has the limit, and the figures, in a sentence without its full stop
 */
record Condition(String name, boolean required, State state, @OrNull Double limit, String finding) {

  /** Only what was measured and is within its limit is passed. */
  enum State {
    @JsonProperty("passed")
    PASSED,
    @JsonProperty("failed")
    FAILED,
    /** There is nothing to judge by, which a gate counts as failed. */
    @JsonProperty("not_measured")
    NOT_MEASURED
  }

  /** Whether it ends the program with exit 3. */
  boolean refuses() {
    return required && state != State.PASSED;
  }
}
