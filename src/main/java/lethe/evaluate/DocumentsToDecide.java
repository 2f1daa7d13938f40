package lethe.evaluate;

import java.util.Optional;
import lethe.evaluate.metric.StratifiedInterval;

/**
 * How many documents it would take to decide an undecided verdict, if the distance stayed where it
 * is and the documents that are added varied as those that there are, in the same mix of domains
 * and lengths: then half the interval's width is the distance's gap to the nearer edge of the band,
 *
 * <pre>  t(0.975) sqrt(V / k) = | |D| - band |,   documents = k times as many as there are </pre>
 *
 * It is the order of magnitude: another draw of documents has another distance. A distance right at
 * an edge of the band cannot be decided by any number.
 *
 * @param forget documents in the judging half
 * @param approximate documents in the judging half
 */
public record DocumentsToDecide(long forget, long approximate) {

  /**
   * @param forget documents in the judging half now
   * @param approximate documents in the judging half now
   * @return nothing when the uncertainty is unknown, or no number would do
   */
  static Optional<DocumentsToDecide> of(
      DistanceToTarget distance, double band, int forget, int approximate) {
    double gap = Math.abs(Math.abs(distance.nats()) - band);
    return StratifiedInterval.timesAsManyDocuments(distance.strata(), gap)
        .map(
            times ->
                new DocumentsToDecide(
                    (long) Math.ceil(times * forget), (long) Math.ceil(times * approximate)));
  }
}
