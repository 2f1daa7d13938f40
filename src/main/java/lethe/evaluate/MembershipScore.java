package lethe.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import lethe.evaluate.metric.RocCurve;

/**
 * What one attack makes of one model: can it distinguish chunks of forget (members) from chunks of
 * approximate (non-members)?
 *
 * @param model attacked
 * @param domain whose chunks are distinguished, or {@code *}: each domain by itself, weighed by its
 *     members
 * @param score by which: loss, zlib, min-k-10, ..., min-k-plus-plus-100
 * @param members chunks
 * @param nonMembers chunks
 * @param auc above 0.5 members are better known than unseen text, below it worse
 * @param retrainedAuc what the retrained model has there: the value to come to, from either side;
 *     null where there is none, and for that model itself. Chance, 0.5, stands for it only as far
 *     as forget and approximate are alike but for the training
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
    @JsonProperty("retrained_auc") Double retrainedAuc,
    @JsonProperty("tpr_at_0.1_percent_fpr") double tprAt01,
    @JsonProperty("tpr_at_1_percent_fpr") double tprAt1,
    @JsonProperty("tpr_at_5_percent_fpr") double tprAt5,
    List<RocCurve.Point> roc) {

  /** The same, with the retrained model's value. */
  MembershipScore beside(Double retrained) {
    return new MembershipScore(
        model, domain, score, members, nonMembers, auc, retrained, tprAt01, tprAt1, tprAt5, roc);
  }
}
