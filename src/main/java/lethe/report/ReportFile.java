package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import lethe.evaluate.Evaluation;
import lethe.evaluate.SplitScore;
import lethe.evaluate.Target;

/**
 * {@code report/report.json}, which scripts read: members keep their names and meaning.
 *
 * @param provenance run.json as it stands; null when there is none
 * @param models evaluated, in order
 * @param scores one a model, split and domain; domain {@code *} for all together
 * @param target where forgetting should end; null when it cannot be told
 * @param verdict on the unlearned model; null when there is none
 * @param cost of the run; null when it is not known
 */
record ReportFile(
    JsonNode provenance,
    List<Evaluation.Model> models,
    List<SplitScore> scores,
    Target target,
    JsonNode verdict,
    JsonNode cost) {}
