package lethe.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What one attack makes of one model: can it tell chunks of forget (members) from chunks of
 * approximate (non-members)?
 *
 * @param model attacked
 * @param domain whose chunks are told apart, or {@code *}
 * @param score by which: loss, zlib, min-k-10, ..., min-k-plus-plus-100
 * @param members chunks
 * @param nonMembers chunks
 * @param auc 0.5 is ideal; above it too little was forgotten, below it too much
 * @param tprAt01 share of members found at 0.1 % false alarms
 * @param tprAt1 at 1 %
 * @param tprAt5 at 5 %
 * @param roc the curve, for all domains together and some scores; else empty
 */
public record MembershipScore(
    String model,
    String domain,
    String score,
    long members,
    @JsonProperty("non_members") long nonMembers,
    double auc,
    @JsonProperty("tpr_at_0.1_percent_fpr") double tprAt01,
    @JsonProperty("tpr_at_1_percent_fpr") double tprAt1,
    @JsonProperty("tpr_at_5_percent_fpr") double tprAt5,
    List<Point> roc) {

  /**
   * A place on a ROC curve.
   *
   * @param fpr share of non-members taken for members
   * @param tpr share of members found
   */
  public record Point(double fpr, double tpr) {}
}
