package lethe.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Set;
import lethe.evaluate.metric.Interval;
import lethe.evaluate.metric.RocCurve;
import lethe.json.OrNull;

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
 * @param weight of the domain in the figures of all domains: its share of the members; 1 for all
 * @param auc above 0.5 members are better known than unseen text, below it worse
 * @param interval of the AUC, 95 %, by documents; null where it cannot be estimated, as where every
 *     document is distinguished alike
 * @param retrainedAuc what the retrained model has there: the value to come to, from either side;
 *     null where there is none, and for that model itself. Chance, 0.5, stands for it only as far
 *     as forget and approximate are alike but for the training
 * @param excess the AUC less the retrained model's, or less 0.5 where that is null
 * @param excessInterval of the excess, 95 %, over the same documents; null as for the AUC
 * @param inside share of the members whose score is in the range of unseen chunks of their domain,
 *     see {@link lethe.evaluate.metric.UnseenRange}, about 0.95 where they are alike
 * @param tprAt01 share of members found at 0.1 % false alarms
 * @param tprAt1 at 1 %
 * @param tprAt5 at 5 %
 * @param balancedAccuracy of the best threshold of each domain, see {@link
 *     lethe.evaluate.metric.RocCurve#balancedAccuracy}
 * @param leakage the excess as MUSE has it, see {@link lethe.evaluate.metric.PrivacyLeakage}; of
 *     min-k-40 its PrivLeak. Nearest to 0 is best. Null for the retrained model
 * @param roc the curve, for all domains together and some scores; else empty
 */
public record MembershipScore(
    String model,
    String domain,
    String score,
    long members,
    @JsonProperty("non_members") long nonMembers,
    double weight,
    double auc,
    @OrNull Interval interval,
    @JsonProperty("retrained_auc") Double retrainedAuc,
    double excess,
    @JsonProperty("excess_interval") @OrNull Interval excessInterval,
    double inside,
    @JsonProperty("tpr_at_0.1_percent_fpr") double tprAt01,
    @JsonProperty("tpr_at_1_percent_fpr") double tprAt1,
    @JsonProperty("tpr_at_5_percent_fpr") double tprAt5,
    @JsonProperty("balanced_accuracy") Double balancedAccuracy,
    Double leakage,
    List<RocCurve.Point> roc) {

  /** The scores by which the gate judges, and whose curves are kept. */
  public static final Set<String> JUDGING =
      Set.of("loss", "zlib", "min-k-20", "min-k-plus-plus-20");

  /** The AUC of a model that cannot distinguish. */
  static final double CHANCE = 0.5;

  /** What the AUC should be. */
  public double goal() {
    return retrainedAuc == null ? CHANCE : retrainedAuc;
  }
}
