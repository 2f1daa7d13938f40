package lethe.target;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where forgetting ended, seen from its target. */
public enum Outcome {
  /** The model still knows the text better than unseen text. */
  @JsonProperty("under")
  UNDER,
  /** Within the band around the target. */
  @JsonProperty("matched")
  MATCHED,
  /** The model knows the text worse than unseen text: it was damaged, and the text stands out. */
  @JsonProperty("over")
  OVER;

  /**
   * @param distance forget loss minus its target, nats a token
   * @param band half its width, nats a token; its ends belong to it
   */
  public static Outcome of(double distance, double band) {
    if (Math.abs(distance) <= band) {
      return MATCHED;
    }
    return distance < 0 ? UNDER : OVER; // not a number: OVER, a ruined model
  }
}
