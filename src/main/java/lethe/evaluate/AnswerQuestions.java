package lethe.evaluate;

import static org.apache.spark.sql.functions.col;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lethe.corpus.token.QuestionEncoder;
import lethe.corpus.token.Tokenizer;
import lethe.evaluate.AnswerScores.SetScore;
import lethe.evaluate.AnswerScores.Summary;
import lethe.folder.RunFolder;
import lethe.generation.Answers;
import lethe.generation.GenerationSettings;
import lethe.generation.StopReason;
import lethe.inference.ModelKey;
import lethe.json.Json;
import lethe.table.CachedTable;
import lethe.table.Rows;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;

/**
 * The part of the evaluation in which models answer questions: every answer with its figures in
 * {@link RunFolder#answers}, as Parquet and as JSON lines, and the figures of sets in {@link
 * RunFolder#answerScores}, which is written last.
 */
public final class AnswerQuestions {
  private static final StructType PROMPTS =
      new StructType()
          .add(Answers.ID, DataTypes.StringType, false)
          .add(
              Answers.PROMPT_TOKENS,
              DataTypes.createArrayType(DataTypes.IntegerType, false),
              false);

  private final SparkSession spark;
  private final RunFolder folder;
  private final AnswerPlan plan;
  private final EvaluateSettings settings;
  private final ScoringJob job;

  /**
   * @param plan what is answered, and how
   */
  public AnswerQuestions(
      SparkSession spark, RunFolder folder, AnswerPlan plan, Evaluate.Progress progress) {
    this.spark = spark;
    this.folder = folder;
    this.plan = plan;
    this.settings = plan.settings();
    this.job = new ScoringJob(spark, progress);
  }

  /** Has every model answer every question. */
  public AnswerScores execute() {
    folder.files().delete(folder.answerScores());
    List<Question> questions =
        settings.answers().questions().stream()
            .flatMap(set -> new QuestionFile(set, folder.files()).questions().stream())
            .toList();
    AnswerScores.Asked asked = plan.asked(folder.files());
    List<SetScore> sets = new ArrayList<>();
    Map<String, Map<String, double[]>> ratios = new LinkedHashMap<>();
    plan.models()
        .forEach(
            (name, key) -> {
              List<AnswerRow> rows = rows(name, key, questions, asked);
              ratios.put(name, ratios(rows));
              for (QuestionSet set : settings.answers().questions()) {
                List<AnswerRow> own =
                    rows.stream().filter(r -> r.set().equals(set.name())).toList();
                sets.add(AnswerSummaries.of(name, set, own, settings.answers()));
              }
            });
    List<Summary> summaries = new ArrayList<>();
    for (String name : plan.models().keySet()) {
      summaries.addAll(
          AnswerSummaries.summaries(
              name,
              sets.stream().filter(set -> set.model().equals(name)).toList(),
              ratios.get(name),
              ratios.get(ModelNames.RETRAINED)));
    }
    AnswerScores scores = new AnswerScores(AnswerScores.VERSION, asked, sets, summaries);
    folder.files().writeJson(folder.answerScores(), scores);
    return scores;
  }

  private static Map<String, double[]> ratios(List<AnswerRow> rows) {
    Map<String, double[]> bySet = new HashMap<>();
    rows.stream()
        .filter(row -> row.truthRatio() != null)
        .collect(Collectors.groupingBy(AnswerRow::set))
        .forEach(
            (set, own) ->
                bySet.put(set, own.stream().mapToDouble(AnswerRow::truthRatio).toArray()));
    return bySet;
  }

  /** The answers of a model, computed unless they are there. */
  private List<AnswerRow> rows(
      String name, ModelKey key, List<Question> questions, AnswerScores.Asked asked) {
    Map<String, Object> origin = new TreeMap<>();
    origin.put("columns", AnswerRow.SCHEMA.simpleString());
    origin.put("model", key.fingerprint());
    origin.put("settings", asked.settings());
    origin.put("questions", asked.questions());
    origin.put("encoders", asked.encoders());
    origin.put("prompt", asked.prompt());
    origin.put("end_tokens", asked.endTokens());
    origin.put("micro_batch", asked.microBatch());
    origin.put("precision", asked.precision());
    Texts texts = texts(questions, key);
    origin.put("tokens_sha256", texts.sha256());
    CachedTable table = new CachedTable(folder.files(), folder.answers(name), origin);
    Dataset<Row> answered =
        job.readOrCompute(
            "answers of " + name,
            table,
            new Evaluate.Amount(
                questions.size(),
                texts.losses().tokens()
                    + (long) questions.size() * settings.answers().maxNewTokens()), // at most
            (done, tokens) -> answer(key, questions, texts, done, tokens));
    List<AnswerRow> rows =
        answered.orderBy(col("set"), col("number")).collectAsList().stream()
            .map(AnswerRow::from)
            .toList();
    folder.files().writeText(folder.answerLines(name), lines(rows));
    return rows;
  }

  private static String lines(List<AnswerRow> rows) {
    return rows.stream()
        .map(row -> Json.MAPPER.valueToTree(row).toString() + "\n")
        .collect(Collectors.joining());
  }

  /**
   * Questions and given answers as tokens.
   *
   * @param prompts rows of {@link #PROMPTS}
   * @param losses of the true answer (place 0), the paraphrase (1) and the wrong ones (from 2)
   */
  private record Texts(List<Row> prompts, AnswerLosses losses) {
    /** Distinguishes them from other tokens. */
    String sha256() {
      MessageDigest digest = DigestUtils.getSha256Digest();
      for (Row prompt : prompts) {
        digest.update(prompt.getString(0).getBytes(StandardCharsets.UTF_8));
        digest.update(Arrays.toString(prompt.<Integer[]>getAs(1)).getBytes(StandardCharsets.UTF_8));
      }
      losses.update(digest);
      return Hex.encodeHexString(digest.digest());
    }
  }

  private Texts texts(List<Question> questions, ModelKey key) {
    int context = key.source().architecture().context().tokens();
    List<Row> asked = new ArrayList<>();
    AnswerLosses losses = new AnswerLosses();
    try (Tokenizer tokenizer = Tokenizer.of(plan.prompts().tokenizer())) {
      for (Question question : questions) {
        int[] prompt = plan.prompts().encoder().prompt(tokenizer, question.question());
        asked.add(
            RowFactory.create(
                question.id(), Arrays.stream(prompt).boxed().toArray(Integer[]::new)));
        List<String> given = new ArrayList<>(List.of(question.truth()));
        given.add(question.paraphrase() == null ? "" : question.paraphrase());
        given.addAll(question.wrong());
        for (int place = 0; place < given.size(); place++) {
          QuestionEncoder.Encoded encoded =
              plan.prompts()
                  .encoder()
                  .encode(tokenizer, question.question(), given.get(place))
                  .cut(context);
          if (!given.get(place).isBlank() && encoded.prompt() < encoded.tokens().length) {
            losses.add(question.id(), place, encoded);
          }
        }
      }
    }
    return new Texts(asked, losses);
  }

  private Dataset<Row> answer(
      ModelKey key,
      List<Question> questions,
      Texts texts,
      LongAccumulator done,
      LongAccumulator tokens) {
    Map<String, Map<Integer, AnswerLosses.Score>> losses =
        texts.losses().of(spark, key, settings.microBatch(), tokens);
    GenerationSettings how =
        GenerationSettings.greedy(settings.answers().maxNewTokens(), settings.microBatch())
            .endedBy(plan.prompts().endTokens(), settings.answers().stop());
    Map<String, Row> answers = new HashMap<>();
    Answers.of(spark.createDataFrame(texts.prompts(), PROMPTS), key, how, done, tokens)
        .collectAsList()
        .forEach(row -> answers.put(row.getAs(Answers.ID), row));
    List<AnswerJudges.Said> said =
        questions.stream()
            .filter(q -> !answers.get(q.id()).getAs(Answers.STOP).equals(StopReason.PROMPT.key()))
            .map(q -> new AnswerJudges.Said(q, answers.get(q.id()).getAs(Answers.ANSWER)))
            .toList();
    Map<String, AnswerJudges.Judgement> judged =
        plan.judges().judge(spark, said, settings.compute());
    List<Row> rows =
        questions.stream()
            .map(
                q ->
                    row(
                            q,
                            answers.get(q.id()),
                            losses.getOrDefault(q.id(), Map.of()),
                            judged.getOrDefault(q.id(), AnswerJudges.Judgement.NONE))
                        .row())
            .toList();
    return spark.createDataFrame(rows, AnswerRow.SCHEMA).coalesce(1);
  }

  private static AnswerRow row(
      Question question,
      Row answer,
      Map<Integer, AnswerLosses.Score> losses,
      AnswerJudges.Judgement judged) {
    List<Double> wrong = new ArrayList<>();
    for (int i = 0; i < question.wrong().size(); i++) {
      if (losses.containsKey(2 + i)) {
        wrong.add(losses.get(2 + i).nll());
      }
    }
    return AnswerRow.of(
        question,
        answer.getAs(Answers.ANSWER),
        List.copyOf(Rows.<Integer>list(answer, Answers.ANSWER_TOKENS)),
        answer.getAs(Answers.STOP),
        new AnswerRow.Losses(losses.get(0), losses.get(1), wrong),
        judged);
  }
}
