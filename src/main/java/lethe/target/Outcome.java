package lethe.target;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where forgetting ended relative to its target. */
public enum Outcome {
  /** The model still knows the text better than unseen text. */
  @JsonProperty("under")
  UNDER,
  /** Within the band around the target. */
  @JsonProperty("matched")
  MATCHED,
  /** The model knows the text worse than unseen text: it was damaged, and that reveals the text. */
  @JsonProperty("over")
  OVER,
  /**
   * The interval of the distance crosses an edge of the band: there are too few documents to
   * decide.
   */
  @JsonProperty("undecided")
  UNDECIDED;

  /**
   * The outcome by the point, ignoring its uncertainty; never undecided. This steers a training and
   * describes one sample. A verdict is {@link #of(double, double, double)}.
   *
   * @param distance forget loss minus its target, nats per token
   * @param band half its width, nats per token; the ends are included
   */
  public static Outcome of(double distance, double band) {
    if (Math.abs(distance) <= band) {
      return MATCHED;
    }
    return distance < 0 ? UNDER : OVER; // not a number: OVER, a ruined model
  }

  /**
   * What an interval of the distance allows one to conclude. Both claims are tests at half of what
   * the interval leaves out, 2.5 % for one of 95 %: under and over reject that the distance is in
   * the band, matched rejects twice that it is outside (Schuirmann, "A comparison of the two
   * one-sided tests procedure and the power approach for assessing the equivalence of average
   * bioavailability", 1987).
   *
   * @param low end of the interval, nats per token
   * @param high the other end
   * @param band half its width, nats per token; the ends are included
   * @return matched only if the whole interval is in the band, under or over only if it is wholly
   *     beyond it, else undecided
   */
  public static Outcome of(double low, double high, double band) {
    if (low >= -band && high <= band) {
      return MATCHED;
    }
    return high < -band ? UNDER : low > band ? OVER : UNDECIDED;
  }
}
