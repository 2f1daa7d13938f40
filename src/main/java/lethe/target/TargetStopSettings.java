package lethe.target;

import lethe.settings.Section;

/**
 * How training ends.
 *
 * @param atTarget whether training ends when the forget loss has reached its target; otherwise it
 *     ends after its steps
 * @param leastSteps before which it does not end
 * @param band half the width of the target's band, nats per token
 * @param probeEvery most steps between two probes
 * @param probeChunks forget chunks per probe
 * @param targetChunks approximate chunks that the target comes from
 */
public record TargetStopSettings(
    boolean atTarget,
    int leastSteps,
    double band,
    int probeEvery,
    int probeChunks,
    int targetChunks) {

  /** The same with fewer chunks, scored before each step, and without a least number of steps. */
  public TargetStopSettings everyStep(int chunks) {
    return new TargetStopSettings(
        atTarget, 0, band, 1, Math.min(chunks, probeChunks), targetChunks);
  }

  /** Reads {@code stop}. */
  public static TargetStopSettings read(Section root) {
    Section stop = root.section("stop");
    return new TargetStopSettings(
        stop.bool("at-target"),
        stop.count("least-steps", 0),
        stop.doubleInRange("band", 0, 100),
        stop.count("probe-every", 1),
        stop.count("probe-chunks", 1),
        stop.count("target-chunks", 1));
  }
}
