package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import lethe.evaluate.Evaluation;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Target;
import lethe.evaluate.Verdict;

/**
 * {@code report/report.json}, which scripts read: members keep their names and meaning.
 *
 * @param provenance run.json as it stands; null when there is none
 * @param models evaluated, in order
 * @param scores one a model, split and domain; domain {@code *} for all together
 * @param target where forgetting should end; null when it cannot be told
 * @param verdict on the unlearned model; null when there is none
 * @param verdicts on every model but the original
 * @param membership how well members can be told, one a model, domain and score
 * @param cost of the run; null when it is not known
 */
record ReportFile(
    JsonNode provenance,
    List<Evaluation.Model> models,
    List<SplitScore> scores,
    Target target,
    Verdict verdict,
    List<Verdict> verdicts,
    List<MembershipScore> membership,
    JsonNode cost) {}
