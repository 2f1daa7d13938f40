package lethe.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import lethe.evaluate.ChunkScore;
import lethe.evaluate.Continuation;
import lethe.evaluate.DistanceToRetrained;
import lethe.evaluate.DomainVerdict;
import lethe.evaluate.EarlierScore;
import lethe.evaluate.EntropyGap;
import lethe.evaluate.Evaluation;
import lethe.evaluate.Histogram;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.MemoryComparison;
import lethe.evaluate.MemoryScore;
import lethe.evaluate.RequestScore;
import lethe.evaluate.SplitScore;
import lethe.evaluate.TaskScore;
import lethe.evaluate.VerbatimScore;
import lethe.evaluate.Verdict;
import lethe.target.Target;

/**
 * {@code report/report.json}, which scripts and the page read: members keep their names and
 * meaning.
 *
 * @param nearness whether the unlearned model is nearer to the retrained one than the original was,
 *     in a sentence; null when there is no retrained model
 * @param headline the verdict in a sentence
 * @param conditions that a run can be required to meet, and whether this one does
 * @param coverage how much was asked for, trained on and scored
 * @param provenance run.json unchanged; null when there is none
 * @param corpus the corpus manifest without its parts; null when there is none
 * @param models evaluated, in order
 * @param scores one per model, split and domain; domain {@code *} for all together
 * @param target where forgetting should end; null when it is unknown
 * @param verdict on the unlearned model; null when there is none
 * @param verdicts on every model but the original
 * @param domainVerdicts on every model but the original, by domain to forget
 * @param damage of every model but the original: on which split its loss rose most
 * @param rises of the loss of every model but the original on each split to be kept and each of its
 *     domains, worst first
 * @param assumptions behind the target
 * @param membership how well members can be told from non-members, one entry per model, domain and
 *     score
 * @param memory how much of the texts a model reproduces by itself, one entry per model, split and
 *     domain
 * @param memoryComparisons how much more of forget than of unseen text a model reproduces, one
 *     entry per model and domain
 * @param domainsLeftOut to forget that have no approximate text
 * @param tasks general ability, one entry per model and task
 * @param histograms of chunk losses, one per model, split and domain
 * @param truths how far models are from a retrained one; empty when there is none
 * @param entropies how sure models are on forgotten text, one per model and domain
 * @param robustness what the checks of it found, and their figures; null when none was made
 * @param answers what models answered to questions; null when none were asked
 * @param training the unlearning's steps; null when there is no record
 * @param overTraining figures of models kept on the way; null when none was
 * @param adapter that the unlearning trained; null when it trained the model's own weights
 * @param requests to forget, and what became of each, the worst first; empty when none were listed
 * @param documents to forget, and what became of the worst of them
 * @param stop stop.json: how a training that stops at its target ended; null when none did
 * @param rangeTest range-test.json: how the learning rate was found; null when it was given
 * @param storedLabels stored-labels.json: how labels were made before training, and what cutting
 *     them loses; null when none were
 * @param cost of unlearning; null when there is no record of its steps
 * @param chunkScores figures that are means over chunks, one entry per model, split and domain
 * @param verbatim how much models write of chunks after their beginnings, one entry per model,
 *     split and domain; empty unless {@code evaluate.continuations} asks for it
 * @param continuations of forget chunks; empty unless {@code report.examples} is true
 * @param earlier what earlier runs made a model forget, one entry per request that names it; empty
 *     where there is none
 */
record ReportFile(
    String nearness,
    String headline,
    List<Condition> conditions,
    CoverageReport coverage,
    JsonNode provenance,
    JsonNode corpus,
    List<Evaluation.Model> models,
    List<SplitScore> scores,
    Target target,
    Verdict verdict,
    List<Verdict> verdicts,
    @JsonProperty("domain_verdicts") List<DomainVerdict> domainVerdicts,
    List<Damage> damage,
    List<Damage> rises,
    List<Assumption> assumptions,
    List<MembershipScore> membership,
    List<MemoryScore> memory,
    @JsonProperty("memory_comparisons") List<MemoryComparison> memoryComparisons,
    @JsonProperty("domains_left_out") List<String> domainsLeftOut,
    List<TaskScore> tasks,
    List<Histogram> histograms,
    List<DistanceToRetrained> truths,
    List<EntropyGap> entropies,
    RobustnessFindings robustness,
    AnswerFindings answers,
    TrainingSummary training,
    @JsonProperty("over_training") OverTraining overTraining,
    TrainedAdapter adapter,
    List<RequestScore> requests,
    DocumentSummary documents,
    JsonNode stop,
    @JsonProperty("range_test") JsonNode rangeTest,
    @JsonProperty("stored_labels") JsonNode storedLabels,
    Cost cost,
    @JsonProperty("chunk_scores") List<ChunkScore> chunkScores,
    List<VerbatimScore> verbatim,
    List<Continuation> continuations,
    List<EarlierScore> earlier) {}
