package lethe.evaluate;

import static lethe.table.Columns.SPLIT;
import static lethe.table.Columns.TOKENS;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import lethe.evaluate.RobustnessScores.Paraphrased;
import lethe.evaluate.RobustnessScores.Prefixed;
import lethe.evaluate.RobustnessScores.Quantized;
import lethe.evaluate.RobustnessScores.Relearned;
import lethe.folder.RunFolder;
import lethe.inference.ModelKey;
import lethe.model.ModelSource;
import lethe.model.Quantization;
import lethe.settings.Section;
import lethe.table.CachedTable;
import lethe.table.Rows;
import lethe.target.Split;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Checks whether forgetting lasts when the model is rounded or trained on, and how much of the text
 * can be drawn out of it. Scores are those of the {@link Evaluate evaluation}, which comes before,
 * and of the changed models.
 */
public final class CheckRobustness {
  private static final String RELEARNING = "relearning";
  private static final String PARAPHRASES = "paraphrases";

  private final SparkSession spark;
  private final EvaluateSettings settings;
  private final RunFolder folder;
  private final Dataset<Row> chunks;
  private final List<Integer> beginning;
  private final Map<String, ModelKey> models = new LinkedHashMap<>();
  private final Map<String, RobustnessLosses> plain = new TreeMap<>();
  private final List<RelearnedModel> relearned;
  private final RobustnessScores.Asked asked;
  private final ScoringJob job;

  /**
   * @param folder of a run that has been evaluated
   * @param chunks as prepare wrote them
   * @param beginning tokens that precede each of them
   * @param models by name; of those, the original, the unlearned and the retrained are checked
   * @param relearned models that were trained again, in ascending order of their steps
   */
  public CheckRobustness(
      SparkSession spark,
      EvaluateSettings settings,
      RunFolder folder,
      Dataset<Row> chunks,
      List<Integer> beginning,
      RobustnessScores.Asked asked,
      Map<String, ModelSource> models,
      List<RelearnedModel> relearned,
      Evaluate.Progress progress) {
    this.spark = spark;
    this.settings = settings;
    this.folder = folder;
    this.chunks =
        chunks.filter(col(SPLIT).isin(Split.FORGET.key(), Split.APPROXIMATE.key())).cache();
    this.beginning = List.copyOf(beginning);
    this.asked = asked;
    this.relearned = List.copyOf(relearned);
    this.job = new ScoringJob(spark, progress);
    models.forEach(
        (name, source) -> {
          if (List.of(ModelNames.ORIGINAL, ModelNames.UNLEARNED, ModelNames.RETRAINED)
              .contains(name)) {
            this.models.put(name, ModelKey.of(source, settings.compute()));
          }
        });
  }

  /** Makes the checks and writes what they found. */
  public Robustness execute() {
    for (Evaluation.Model model : Evaluation.read(folder).models()) {
      if (models.containsKey(model.name())) {
        plain.put(model.name(), losses(Evaluate.read(spark, folder, model)));
      }
    }
    List<Robustness.Check> checks = new ArrayList<>();
    List<Quantized> quantized = new ArrayList<>();
    for (Quantization how : settings.robustness().quantize()) {
      checks.add(quantize(how, quantized));
    }
    List<Relearned> learned = new ArrayList<>();
    if (!settings.robustness().relearnSteps().isEmpty()) {
      checks.add(relearn(learned));
    }
    List<Prefixed> prefixed = new ArrayList<>();
    if (!settings.robustness().prefixes().isEmpty()) {
      checks.add(prefixes(prefixed));
    }
    List<Paraphrased> paraphrased = new ArrayList<>();
    if (settings.robustness().paraphrases() != null) {
      checks.add(paraphrases(paraphrased));
    }
    folder
        .files()
        .writeJson(
            folder.robustnessScores(),
            new RobustnessScores(asked, quantized, learned, prefixed, paraphrased));
    Robustness robustness =
        new Robustness(Robustness.VERSION, models.get(ModelNames.UNLEARNED).fingerprint(), checks);
    folder.files().writeJson(folder.robustness(), robustness);
    chunks.unpersist();
    return robustness;
  }

  private Robustness.Check quantize(Quantization how, List<Quantized> into) {
    String name = Section.spelling(how);
    Map<String, RobustnessLosses> rounded = new TreeMap<>();
    models.forEach(
        (model, key) -> {
          RobustnessLosses losses = losses(scores(name, model, key.rounded(how), chunks));
          rounded.put(model, losses);
          losses
              .splits()
              .forEach(
                  (split, domains) ->
                      domains.forEach(
                          (domain, nll) ->
                              into.add(
                                  new Quantized(
                                      model,
                                      name,
                                      split,
                                      domain,
                                      SplitScores.finite(nll),
                                      SplitScores.finite(
                                          nll
                                              - plain
                                                  .get(model)
                                                  .splits()
                                                  .get(split)
                                                  .get(domain))))));
        });
    double before = plain.get(ModelNames.UNLEARNED).distance(plain.get(ModelNames.ORIGINAL));
    double after = rounded.get(ModelNames.UNLEARNED).distance(rounded.get(ModelNames.ORIGINAL));
    return check(
        name,
        before - after,
        settings.robustness().limits().loss(),
        "rounded to %s, the distance of the forget loss from the target goes from %s to %s: it falls by %s, at most %s nats per token",
        name,
        signed(before),
        signed(after));
  }

  private Robustness.Check relearn(List<Relearned> into) {
    Map<List<String>, List<Double>> curves = new LinkedHashMap<>();
    for (RelearnedModel model : relearned) {
      List<Double> curve =
          curves.computeIfAbsent(
              List.of(model.name(), model.split().key()), k -> new ArrayList<>());
      Dataset<Row> measured = measured(model.split());
      if (curve.isEmpty()) {
        curve.add(relearned(model, 0, models.get(model.name()), measured, into));
      }
      ModelKey key = ModelKey.of(model.source(), settings.compute());
      curve.add(relearned(model, model.steps(), key, measured, into));
    }
    double limit = settings.robustness().limits().loss();
    if (curves.size() < 2) {
      return new Robustness.Check(
          RELEARNING,
          false,
          null,
          limit,
          "it could not be measured: relearning needs a domain with two documents in forget and, without a retrained model, in approximate");
    }
    List<Double> falls = curves.values().stream().map(c -> c.get(0) - c.get(c.size() - 1)).toList();
    List<String> control = new ArrayList<>(curves.keySet()).get(1);
    return check(
        RELEARNING,
        falls.get(0) - falls.get(1),
        limit,
        "trained for %s steps on half of the forget documents, the loss on the other half falls by %s, that of the control (%s) by %s: %s more, at most %s nats per token",
        relearned.get(relearned.size() - 1).steps(),
        number(falls.get(0)),
        control.get(0) + " on " + control.get(1),
        number(falls.get(1)));
  }

  /**
   * The loss on all domains of a split's other half.
   *
   * @param steps of training that the model of the key has had
   */
  private double relearned(
      RelearnedModel model, int steps, ModelKey key, Dataset<Row> measured, List<Relearned> into) {
    String split = model.split().key();
    Dataset<Row> rows =
        scores(RELEARNING, "%s-%s-%d".formatted(model.name(), split, steps), key, measured);
    Map<String, Double> means = losses(rows).splits().get(split);
    means.forEach(
        (domain, nll) ->
            into.add(new Relearned(model.name(), split, steps, domain, SplitScores.finite(nll))));
    return means.get(SplitScore.ALL);
  }

  /** The chunks of a split that no relearned model was trained on. */
  private Dataset<Row> measured(Split split) {
    return chunks
        .filter(col(SPLIT).equalTo(split.key()))
        .join(RelearnedHalves.measured(spark, chunks, split), RelearnedHalves.columns());
  }

  private Robustness.Check prefixes(List<Prefixed> into) {
    List<Integer> prefixes = settings.robustness().prefixes();
    Dataset<Row> chosen =
        PrefixProbe.chosen(
            chunks, prefixes.get(0), settings.robustness().prefixChunks(), settings.seed());
    Evaluate.Amount all = amount(chosen);
    models.forEach(
        (model, key) -> {
          Map<String, Object> origin = origin(key, PrefixProbe.SCHEMA.simpleString());
          origin.put("prefixes", prefixes);
          origin.put("chunks", settings.robustness().prefixChunks());
          origin.put("seed", settings.seed());
          into.addAll(
              PrefixProbe.scores(
                  model,
                  job.readOrCompute(
                      model + " from prefixes",
                      table("prefixes", model, origin),
                      all,
                      (done, tokens) ->
                          PrefixProbe.of(
                              chosen,
                              all.tokens(),
                              key,
                              prefixes,
                              settings.microBatch(),
                              done,
                              tokens))));
        });
    PrefixExcess worst =
        PrefixExcess.worst(into, plain.get(ModelNames.UNLEARNED).forgetTokens(), prefixes);
    return check(
        "prefixes",
        worst.run(),
        settings.robustness().limits().run(),
        "given the first %s tokens, the model writes %s %% of the forget chunks' next tokens exactly; its longest run in common with them is %s tokens longer than on approximate text, at most %s",
        worst.tokens(),
        number(100 * worst.exact()));
  }

  private Robustness.Check paraphrases(List<Paraphrased> into) {
    Dataset<Row> texts =
        new Paraphrases(settings.robustness().paraphrases(), folder.files())
            .chunks(spark, chunks, beginning, models.get(ModelNames.UNLEARNED))
            .cache();
    Map<String, RobustnessLosses> losses = new TreeMap<>();
    models.forEach(
        (model, key) -> {
          List<DocumentScore> documents = DocumentScore.of(scores(PARAPHRASES, model, key, texts));
          losses.put(model, RobustnessLosses.of(documents));
          SplitScores.bySplit(documents)
              .forEach(
                  (split, domains) ->
                      domains.forEach(
                          (domain, own) ->
                              into.add(
                                  new Paraphrased(
                                      model,
                                      split,
                                      domain,
                                      own.stream().mapToLong(DocumentScore::tokens).sum(),
                                      SplitScores.finite(DistanceToTarget.mean(own))))));
        });
    texts.unpersist();
    RobustnessLosses unlearned = losses.get(ModelNames.UNLEARNED);
    double forget = unlearned.all(Split.FORGET);
    boolean retrained = losses.containsKey(ModelNames.RETRAINED);
    double control =
        retrained
            ? losses.get(ModelNames.RETRAINED).all(Split.FORGET)
            : forget - unlearned.distance(losses.get(ModelNames.ORIGINAL));
    double limit = settings.robustness().limits().loss();
    if (Double.isNaN(control - forget)) {
      return new Robustness.Check(
          PARAPHRASES,
          false,
          null,
          limit,
          "it could not be measured: there are no finite losses of other words for documents to forget"
              + (retrained ? "" : ", and for approximate documents of each of their domains"));
    }
    return check(
        PARAPHRASES,
        control - forget,
        limit,
        "in other words, the documents to forget have a loss of %s, %s %s: it is lower by %s, at most %s nats per token",
        number(forget),
        retrained ? "by the retrained model" : "unseen ones by the original",
        number(control));
  }

  /**
   * A check.
   *
   * @param format of the finding: of the details, the value and the limit
   */
  private static Robustness.Check check(
      String name, double value, double limit, String format, Object... details) {
    List<Object> all = new ArrayList<>(List.of(details));
    all.add(number(value));
    all.add(limit);
    return new Robustness.Check(
        name,
        value <= limit, // false for what is not a number
        SplitScores.finite(value),
        limit,
        format.formatted(all.toArray()));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private static String signed(double value) {
    return String.format(Locale.ROOT, "%+.3f", value);
  }

  private RobustnessLosses losses(Dataset<Row> scores) {
    return RobustnessLosses.of(
        DocumentScore.of(
            scores.filter(col(SPLIT).isin(Split.FORGET.key(), Split.APPROXIMATE.key()))));
  }

  /** The scores of some chunks, in a table of their own. */
  private Dataset<Row> scores(String check, String name, ModelKey key, Dataset<Row> rows) {
    Evaluate.Amount all = amount(rows);
    Map<String, Object> origin = origin(key, Scores.SCHEMA.simpleString());
    if (check.equals(PARAPHRASES)) {
      origin.put("paraphrases_sha256", asked.paraphrasesSha256());
    }
    return job.readOrCompute(
        name + " " + check,
        table(check, name, origin),
        all,
        (done, tokens) -> Scores.of(rows, all.tokens(), key, settings.microBatch(), done, tokens));
  }

  private CachedTable table(String check, String name, Map<String, Object> origin) {
    return new CachedTable(
        folder.files(), new Path(new Path(folder.robustnessTables(), check), name), origin);
  }

  private Map<String, Object> origin(ModelKey key, String columns) {
    Map<String, Object> origin = new TreeMap<>();
    origin.put("columns", columns);
    origin.put("chunks_sha256", asked.chunksSha256());
    origin.put("model", key.fingerprint());
    origin.put("quantization", key.quantization());
    origin.put("micro_batch", settings.microBatch());
    origin.put("precision", settings.compute().precision());
    return origin;
  }

  private static Evaluate.Amount amount(Dataset<Row> rows) {
    return new Evaluate.Amount(
        Rows.aggregate(rows, count(lit(1))), Rows.aggregate(rows, sum(size(col(TOKENS)))));
  }
}
