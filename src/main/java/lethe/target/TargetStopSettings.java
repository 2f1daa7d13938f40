package lethe.target;

import lethe.settings.Section;

/**
 * How training ends.
 *
 * @param atTarget when forget loss has reached its target; else after its steps
 * @param band half the width of the target's band, nats a token
 * @param every most steps between two probes
 * @param probeChunks forget chunks a probe
 * @param targetChunks approximate chunks that the target comes from
 */
public record TargetStopSettings(
    boolean atTarget, double band, int every, int probeChunks, int targetChunks) {

  /** Reads {@code stop}. */
  public static TargetStopSettings read(Section root) {
    Section stop = root.section("stop");
    return new TargetStopSettings(
        stop.bool("at-target"),
        stop.doubleInRange("band", 0, 100),
        stop.count("every", 1),
        stop.count("probe-chunks", 1),
        stop.count("target-chunks", 1));
  }
}
