package lethe.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lethe.evaluate.ChunkScore;
import lethe.evaluate.DistanceToRetrained;
import lethe.evaluate.DivergenceScore;
import lethe.evaluate.DomainVerdict;
import lethe.evaluate.EntropyGap;
import lethe.evaluate.Evaluation;
import lethe.evaluate.MembershipScore;
import lethe.evaluate.MemoryComparison;
import lethe.evaluate.MemoryScore;
import lethe.evaluate.SplitScore;
import lethe.evaluate.TaskScore;
import lethe.evaluate.VerbatimScore;
import lethe.evaluate.Verdict;
import lethe.evaluate.metric.Interval;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.settings.Secrets;
import lethe.target.Split;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The figures of a report, one by one.
 *
 * @param run its folder, without credentials
 * @param report SHA-256 of everything else here: equal figures of a run are one report
 * @param chunksSha256 of the corpus
 * @param rows no two of which have the same model, split, domain and metric
 */
public record ReportScores(String run, String report, String chunksSha256, List<ScoreRow> rows) {

  static ReportScores of(RunFolder folder, Evaluation evaluation, ReportFile file) {
    List<ScoreRow> rows = rows(evaluation, file.damage(), file.rises());
    String chunks = evaluation.asked().chunksSha256();
    String all = Files.json(List.of(chunks, rows));
    String run = Secrets.ofNothing().masked(folder.root().toString());
    return new ReportScores(run, DigestUtils.sha256Hex(all), chunks, rows);
  }

  /**
   * @param damage of the models that it is told of
   * @param rises of their losses
   */
  static List<ScoreRow> rows(Evaluation evaluation, List<Damage> damage, List<Damage> rises) {
    return new Rows(evaluation.models()).of(evaluation, damage, rises);
  }

  /** Collects the rows. */
  private static final class Rows {
    private final Map<String, String> weights;
    private final List<ScoreRow> rows = new ArrayList<>();

    Rows(List<Evaluation.Model> models) {
      this.weights =
          models.stream()
              .collect(Collectors.toMap(Evaluation.Model::name, Evaluation.Model::fingerprint));
    }

    List<ScoreRow> of(Evaluation evaluation, List<Damage> damages, List<Damage> rises) {
      evaluation.scores().forEach(this::score);
      evaluation.chunkScores().forEach(this::chunks);
      evaluation.memory().forEach(this::memory);
      evaluation.verbatim().forEach(this::verbatim);
      evaluation.memoryComparisons().forEach(this::memoryComparison);
      evaluation.membership().forEach(this::membership);
      evaluation.tasks().forEach(this::task);
      evaluation.verdicts().forEach(this::verdict);
      evaluation.domainVerdicts().forEach(this::domainVerdict);
      for (Damage damage : damages) {
        add(damage.model(), damage.split(), SplitScore.ALL, "damage.rise", damage.rise(), null);
      }
      for (Damage rise : rises) {
        add(rise.model(), rise.split(), rise.domain(), "rises.rise", rise.rise(), null);
      }
      evaluation.truths().forEach(this::truth);
      for (EntropyGap gap : evaluation.entropies()) {
        Place place = new Place(gap.model(), Split.FORGET.key(), gap.domain(), "entropies.");
        place.add("difference", gap.difference(), gap.interval());
      }
      return List.copyOf(rows);
    }

    private void score(SplitScore score) {
      SplitScore.Intervals between = score.intervals();
      Place place = new Place(score.model(), score.split(), score.domain(), "scores.");
      place.add("documents", (double) score.documents(), null);
      place.add("chunks", (double) score.chunks(), null);
      place.add("tokens", (double) score.tokens(), null);
      place.add("nll", score.nll(), between == null ? null : between.nll());
      place.add("perplexity", score.perplexity(), between == null ? null : between.perplexity());
      place.add(
          "macro_perplexity",
          score.macroPerplexity(),
          between == null ? null : between.macroPerplexity());
      place.add("accuracy", score.accuracy(), between == null ? null : between.accuracy());
    }

    private void chunks(ChunkScore score) {
      Place place = new Place(score.model(), score.split(), score.domain(), "chunk_scores.");
      place.add("accuracy", score.accuracy(), null);
      for (ChunkScore.Lowest lowest : score.lowest()) {
        place.add("lowest-" + lowest.percent() + ".perplexity", lowest.perplexity(), null);
        place.add("lowest-" + lowest.percent() + ".accuracy", lowest.accuracy(), null);
      }
    }

    private void verbatim(VerbatimScore score) {
      Place place = new Place(score.model(), score.split(), score.domain(), "verbatim.");
      place.add("chunks", (double) score.chunks(), null);
      place.add("verbatim_memorisation", score.verbatimMemorisation(), null);
      place.add("rouge_l_recall", score.rougeLRecall(), null);
      place.add("exact", score.exact(), null);
    }

    private void memory(MemoryScore score) {
      Place place = new Place(score.model(), score.split(), score.domain(), "memory.");
      place.add("extraction_strength", score.extractionStrength(), null);
      place.add("prompted", (double) score.prompted(), null);
      place.add("extracted", (double) score.extracted(), null);
      place.add("longest_continued", (double) score.longestContinued(), null);
      place.add("longest_run", (double) score.longestRun(), null);
    }

    private void memoryComparison(MemoryComparison score) {
      Place place =
          new Place(score.model(), Split.FORGET.key(), score.domain(), "memory_comparisons.");
      place.add("excess", score.excess(), score.interval());
    }

    private void membership(MembershipScore score) {
      String attack = "membership." + score.score() + ".";
      Place place = new Place(score.model(), Split.FORGET.key(), score.domain(), attack);
      place.add("auc", score.auc(), score.interval());
      place.add("excess", score.excess(), score.excessInterval());
      place.add("inside", score.inside(), null);
      place.add("tpr_at_0.1_percent_fpr", score.tprAt01(), null);
      place.add("tpr_at_1_percent_fpr", score.tprAt1(), null);
      place.add("tpr_at_5_percent_fpr", score.tprAt5(), null);
      place.add("balanced_accuracy", score.balancedAccuracy(), null);
      place.add("leakage", score.leakage(), null);
    }

    private void task(TaskScore score) {
      String task = "tasks." + score.task() + ".";
      Place place = new Place(score.model(), SplitScore.ALL, SplitScore.ALL, task);
      place.add("questions", (double) score.questions(), null);
      place.add("accuracy", score.accuracy(), score.interval());
      place.add("normalized_accuracy", score.normalizedAccuracy(), null);
    }

    private void verdict(Verdict verdict) {
      forget(verdict.model(), "verdicts.nll", verdict.nll(), null);
      forget(verdict.model(), "verdicts.target", verdict.target(), null);
      forget(verdict.model(), "verdicts.distance", verdict.distance(), verdict.interval());
      forget(verdict.model(), "verdicts.band", verdict.band(), null);
    }

    private void domainVerdict(DomainVerdict verdict) {
      Place place =
          new Place(verdict.model(), Split.FORGET.key(), verdict.domain(), "domain_verdicts.");
      place.add("nll", verdict.nll(), null);
      place.add("target", verdict.target(), null);
      place.add("distance", verdict.distance(), verdict.interval());
      place.add("band", verdict.band(), null);
    }

    private void truth(DistanceToRetrained truth) {
      forget(truth.model(), "truths.floor", truth.floor(), null);
      for (DivergenceScore score : truth.splits()) {
        Place place = new Place(truth.model(), score.split(), score.domain(), "truths.");
        place.add("divergence", score.divergence(), null);
        place.add("jensen_shannon", score.jensenShannon(), null);
        place.add("agreement", score.agreement(), null);
        place.add("loss_gap", score.lossGap(), null);
        if (score.nearer() != null) {
          place.add("nearer", score.nearer().difference(), score.nearer().interval());
        }
      }
    }

    private void forget(String model, String metric, Double value, Interval interval) {
      add(model, Split.FORGET.key(), SplitScore.ALL, metric, value, interval);
    }

    private void add(
        String model, String split, String domain, String metric, Double value, Interval interval) {
      rows.add(
          new ScoreRow(
              model,
              weights.get(model),
              split,
              domain,
              metric,
              finite(value),
              interval == null ? null : finite(interval.low()),
              interval == null ? null : finite(interval.high())));
    }

    private static Double finite(Double value) {
      return value == null || !Double.isFinite(value) ? null : value;
    }

    /** Where several figures belong. */
    private final class Place {
      private final String model;
      private final String split;
      private final String domain;
      private final String member;

      Place(String model, String split, String domain, String member) {
        this.model = model;
        this.split = split;
        this.domain = domain;
        this.member = member;
      }

      void add(String figure, Double value, Interval interval) {
        Rows.this.add(model, split, domain, member + figure, value, interval);
      }
    }
  }
}
