package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import lethe.LocalSpark;
import lethe.SharedData;
import lethe.corpus.token.Beginning;
import lethe.corpus.token.QuestionEncoder;
import lethe.corpus.token.Template;
import lethe.corpus.token.Tokenizer;
import lethe.evaluate.AnswerScores.SetScore;
import lethe.evaluate.AnswerScores.Summary;
import lethe.evaluate.QuestionSet.Use;
import lethe.evaluate.metric.Rouge;
import lethe.folder.RunFolder;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.inference.SmallEncoder;
import lethe.model.EncoderSource;
import lethe.model.ModelSource;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerQuestionsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temp;

  @AfterEach
  void letGo() {
    LoadedModel.clear();
  }

  /** Every figure of a set is computed again from the models, one text at a time. */
  @Test
  void figuresAreThoseOfEveryQuestionByItself() throws IOException {
    Optional<Path> shared = SharedData.find("base-model");
    if (shared.isEmpty()) {
      return;
    }
    ModelSource model = new ModelSource(shared.get().toString(), Map.of());
    Optional<EncoderSource> sentences =
        SmallEncoder.write("minilm", EncoderSource.Use.SENTENCES, temp.resolve("minilm"));
    Optional<EncoderSource> pairs =
        SmallEncoder.write("deberta_nli", EncoderSource.Use.CLASSIFIER, temp.resolve("nli"));
    AnswerSettings settings =
        new AnswerSettings(
            List.of(
                set("forget", Use.FORGET, file("forget.jsonl"), Map.of("task_id", List.of("1")), 2),
                set("facts", Use.OPTIONS, file("facts.jsonl.gz"), Map.of(), null)),
            6,
            List.of("zzz"),
            sentences.orElseThrow().path(),
            pairs.orElseThrow().path());
    AnswerPlan plan = plan(settings, model, Map.of("original", model, "retrained", model));
    RunFolder folder = RunFolder.of(temp.resolve("run").toString(), new Configuration());
    RecordingProgress progress = new RecordingProgress();
    AnswerScores scores = new AnswerQuestions(LocalSpark.SESSION, folder, plan, progress).execute();

    assertThat(scores.asked().answered(folder)).isTrue();
    assertThat(AnswerScores.read(folder)).contains(scores);
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(temp.resolve("run/answers/original.jsonl"))) {
      rows.add(JSON.readTree(line));
    }
    assertThat(rows).hasSize(4);
    checkFirst(rows.get(2), plan);

    SetScore forget = score(scores, "forget");
    assertThat(forget.rows()).isEqualTo(2);
    assertThat(forget.value(AnswerMetric.ROUGE_L_RECALL))
        .isCloseTo(mean(rows.subList(2, 4), "rouge_l_recall"), within(1e-12));
    assertThat(forget.value(AnswerMetric.PROBABILITY))
        .isCloseTo(mean(rows.subList(2, 4), "probability"), within(1e-12));
    AnswerScores.Figure ratio = figure(forget, AnswerMetric.TRUTH_RATIO);
    double r = rows.get(2).path("truth_ratio").asDouble();
    assertThat(ratio.rows()).as("the second has no paraphrase").isEqualTo(1);
    assertThat(ratio.missing()).startsWith("1 of 2 rows: no paraphrased_answer");
    assertThat(ratio.value()).isCloseTo(1 - Math.min(r, 1 / r), within(1e-12));
    assertThat(figure(forget, AnswerMetric.COSINE_SIMILARITY).missing()).isNull();
    assertThat(forget.unended()).isEqualTo(2);

    JsonNode fact = rows.get(0);
    double right = Math.exp(-fact.path("nll").asDouble());
    double all = right;
    for (JsonNode wrong : fact.path("wrong_nll")) {
      all += Math.exp(-wrong.asDouble());
    }
    assertThat(fact.path("probability").asDouble()).isCloseTo(right / all, within(1e-9));

    assertThat(summary(scores, "forget_quality").value()).isEqualTo(1);
    assertThat(summary(scores, "model_utility_retain").missing())
        .isEqualTo("there is no such set of questions");
    double efficacy =
        1
            - (forget.value(AnswerMetric.ROUGE_L_RECALL)
                    + forget.value(AnswerMetric.PROBABILITY)
                    + forget.value(AnswerMetric.TRUTH_RATIO)
                    + forget.value(AnswerMetric.COSINE_SIMILARITY)
                    + forget.value(AnswerMetric.ENTAILMENT))
                / 5;
    assertThat(summary(scores, "forget_efficacy").value()).isCloseTo(efficacy, within(1e-12));

    new AnswerQuestions(LocalSpark.SESSION, folder, plan, progress).execute();
    assertThat(progress.reused).contains("answers of original", "answers of retrained");
  }

  /** A question whose figures are computed here, token by token. */
  private static void checkFirst(JsonNode row, AnswerPlan plan) {
    assertThat(row.path("question").asText()).isEqualTo("Who sings?");
    ModelKey key = plan.models().get("original");
    QuestionEncoder encoder = plan.prompts().encoder();
    List<int[]> texts = new ArrayList<>();
    List<Integer> prompts = new ArrayList<>();
    try (Tokenizer tokenizer = Tokenizer.of(plan.prompts().tokenizer())) {
      for (String answer : List.of("A bird can sing.", "The bird sings.", "A stone.", "Nobody.")) {
        QuestionEncoder.Encoded encoded = encoder.encode(tokenizer, "Who sings?", answer);
        texts.add(encoded.tokens());
        prompts.add(encoded.prompt());
      }
    }
    List<Double> nll = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Passage alone = new Passage(texts.get(i), prompts.get(i));
      nll.add(
          LoadedModel.with(key, m -> Scorer.score(m, List.of(alone)).get(0).summedNll())
              / alone.scored());
    }
    assertThat(row.path("nll").asDouble()).isCloseTo(nll.get(0), within(1e-5));
    assertThat(row.path("paraphrase_nll").asDouble()).isCloseTo(nll.get(1), within(1e-5));
    assertThat(row.path("probability").asDouble()).isCloseTo(Math.exp(-nll.get(0)), within(1e-5));
    assertThat(row.path("truth_ratio").asDouble())
        .isCloseTo(Math.exp(nll.get(1) - (nll.get(2) + nll.get(3)) / 2), within(1e-4));
    assertThat(row.path("answer_tokens")).hasSize(6);
    assertThat(row.path("stop").asText()).isEqualTo("length");
    Rouge longest = Rouge.longest("A bird can sing.", row.path("answer").asText());
    assertThat(row.path("rouge_l_recall").asDouble()).isEqualTo(longest.recall());
  }

  /** What a row or a setting lacks is said, and no mean is made of fewer figures. */
  @Test
  void whatIsMissingIsNamed() {
    Question question =
        new Question(
            set("s", Use.RETAIN, "", Map.of(), null),
            1,
            "q",
            "a",
            null,
            List.of(),
            "a",
            "a",
            Question.Follows.ANSWER);
    AnswerRow.Losses none = new AnswerRow.Losses(null, null, List.of());
    AnswerRow full =
        AnswerRow.of(question, "", List.of(), "prompt", none, AnswerJudges.Judgement.NONE);
    AnswerRow empty =
        AnswerRow.of(question, "", List.of(), "end", none, AnswerJudges.Judgement.NONE);
    assertThat(full.answer()).isNull();
    assertThat(full.rougeLRecall()).isNull();
    assertThat(empty.rougeLRecall()).isZero();
    SetScore score =
        AnswerSummaries.of("m", question.set(), List.of(full, empty), AnswerSettings.NONE);
    assertThat(score.empty()).isEqualTo(1);
    assertThat(score.unanswered()).isEqualTo(1);
    assertThat(figure(score, AnswerMetric.ROUGE_L_RECALL))
        .isEqualTo(
            new AnswerScores.Figure(
                "rouge_l_recall",
                0.0,
                1,
                AnswerMetric.ROUGE_L_RECALL.direction(),
                "1 of 2 rows: the question fills the model's context"));
    assertThat(figure(score, AnswerMetric.ENTAILMENT).value()).isNull();
    List<Summary> summaries = AnswerSummaries.summaries("m", List.of(score), Map.of(), null);
    assertThat(summaries.get(0).value()).isNull();
    assertThat(summaries.get(0).missing())
        .isEqualTo("without probability, truth_ratio, cosine_similarity, entailment");
  }

  /** Harmonic over 18, 6 and 9 figures, arithmetic over 5, worked by hand. */
  @Test
  void meansOfSeveralFiguresAreThoseOfThePapers() {
    SetScore retain = scored("retain", Use.RETAIN, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0); // 1/m: 9
    SetScore authors = scored("authors", Use.OPTIONS, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25); // 24
    SetScore facts = scored("facts", Use.OPTIONS, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0); // 6
    SetScore forget = scored("forget", Use.FORGET, 0.1, 0.2, 0.3, 0.9, 0.4, 0.0);
    Map<String, Double> values = new TreeMap<>();
    summaries(retain, authors, facts, forget).forEach((name, s) -> values.put(name, s.value()));
    assertThat(values.get("model_utility")).isCloseTo(18 / 39.0, within(1e-12));
    assertThat(values.get("model_utility_retain")).isCloseTo(6 / 9.0, within(1e-12));
    assertThat(values.get("model_utility_tofu")).isCloseTo(9 / 21.0, within(1e-12));
    assertThat(values.get("forget_efficacy")).isCloseTo(0.8, within(1e-12));

    SetScore mute = scored("facts", Use.OPTIONS, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0);
    assertThat(summaries(retain, authors, mute, forget).get("model_utility").value())
        .as("one figure of 0")
        .isZero();
  }

  /** What an encoder would have given is absent with its reason, and so is every mean of it. */
  @Test
  void withoutAnEncoderAMeanIsAbsentAndNotZero() {
    SetScore retain = scored("retain", Use.RETAIN, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0);
    SetScore facts = scored("facts", Use.OPTIONS, 1.0, 1.0, 1.0, 1.0, null, 1.0);
    SetScore forget = scored("forget", Use.FORGET, 0.1, 0.2, 0.3, 0.9, 0.4, null);
    Map<String, Summary> all = summaries(retain, facts, forget);
    assertThat(all.get("model_utility").value()).isNull();
    assertThat(all.get("model_utility").missing()).isEqualTo("without cosine_similarity");
    assertThat(all.get("model_utility_retain").value()).isCloseTo(6 / 9.0, within(1e-12));
    assertThat(all.get("model_utility_retain").missing()).isNull();
    assertThat(all.get("model_utility_tofu").value()).isCloseTo(6 / 9.0, within(1e-12));
    assertThat(all.get("forget_efficacy").value()).isNull();
    assertThat(all.get("forget_efficacy").missing()).isEqualTo("without entailment");
  }

  private static Map<String, Summary> summaries(SetScore... sets) {
    Map<String, Summary> all = new TreeMap<>();
    AnswerSummaries.summaries("m", List.of(sets), Map.of(), null)
        .forEach(s -> all.put(s.name(), s));
    return all;
  }

  /** A set with the six figures of model utility, in their order; null for one that is absent. */
  private static SetScore scored(String name, Use use, Double... values) {
    List<AnswerScores.Figure> figures = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      AnswerMetric metric = AnswerMetric.UTILITY.get(i);
      figures.add(new AnswerScores.Figure(metric.key(), values[i], 1, metric.direction(), null));
    }
    return new SetScore("m", name, use, 1, 0, 0, 0, figures);
  }

  @Test
  void filesThatCannotBeAskedAreNamed() throws IOException {
    refused("{\"question\": \"q\"}", "line 1 of bad.jsonl has no answer");
    refused(
        "{\"question\": \"q\", \"answer\": \"a\", \"perturbed_answer\": [\"\"]}",
        "line 1 of bad.jsonl has a perturbed_answer that is not a text");
    refused("{\"question\": \"q\", \"answer\": \"a\"}", "no line has {task_id=[1]}");
  }

  private void refused(String line, String message) throws IOException {
    Files.writeString(temp.resolve("bad.jsonl"), line);
    QuestionSet set =
        set(
            "s",
            Use.FORGET,
            temp.resolve("bad.jsonl").toString(),
            Map.of("task_id", List.of("1")),
            null);
    assertThatThrownBy(
            () -> new QuestionFile(set, new lethe.folder.Files(new Configuration())).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(message);
  }

  @Test
  void settingsAreRead() {
    AnswerSettings read =
        read(
            "evaluate.answers.questions=[{name = forget, path = f.json, use = forget, where { task_id = 1 }, rows = 300}]",
            "evaluate.answers.stop=[\"\\n\\n\"]");
    assertThat(read.questions())
        .containsExactly(set("forget", Use.FORGET, "f.json", Map.of("task_id", List.of("1")), 300));
    assertThat(read.maxNewTokens()).isEqualTo(200);
    assertThat(read.stop()).containsExactly("\n\n");
    assertThat(read("train.steps=1").any()).isFalse();
    assertThatThrownBy(() -> read("evaluate.answers.questions=[{name = a b, path = f, use = all}]"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("must be a name of its own of letters, digits, - and _, was a b")
        .hasMessageContaining("use must be one of");
  }

  private static AnswerSettings read(String... pairs) {
    Settings settings = Settings.of(List.of(pairs));
    AnswerSettings read = EvaluateSettings.read(settings.root()).answers();
    settings.check();
    return read;
  }

  private static QuestionSet set(
      String name, Use use, String path, Map<String, List<String>> where, Integer rows) {
    return new QuestionSet(name, path, use, where, rows);
  }

  private AnswerPlan plan(
      AnswerSettings answers, ModelSource tokenizer, Map<String, ModelSource> models) {
    EvaluateSettings settings =
        new EvaluateSettings(
            3,
            0.15,
            List.of(),
            Map.of(),
            List.of(),
            false,
            false,
            ComputeSettings.cpu(1),
            42,
            RobustnessSettings.NONE,
            answers,
            null);
    return AnswerPlan.of(
        settings,
        new AnswerPlan.Prompts(
            new QuestionEncoder(new Template("Question: ", "\nAnswer: "), Beginning.TOKENIZER, 2),
            tokenizer.open().files().read(tokenizer.open().tokenizer()),
            List.of(2)),
        new LinkedHashMap<>(new TreeMap<>(models)),
        Map.of());
  }

  private String file(String name) throws IOException {
    List<ObjectNode> lines = new ArrayList<>();
    if (name.startsWith("forget")) {
      ObjectNode first = line("1", "Who sings?", "A bird can sing.");
      first.put("paraphrased_answer", "The bird sings.");
      first.putArray("perturbed_answer").add("A stone.").add("Nobody.");
      lines.add(line("2", "Of another task?", "Yes."));
      lines.add(first);
      lines.add(line("1", "Who can not fly?", "Not a bird."));
      lines.add(line("1", "One too many?", "Yes."));
    } else {
      for (String animal : List.of("bird", "bat")) {
        ObjectNode fact = line("1", "Can a " + animal + " fly?", "yes");
        fact.put("original_answer", "A " + animal + " can fly.");
        fact.putArray("perturbed_answer").add("no").add("never").add("not");
        lines.add(fact);
      }
    }
    Path file = temp.resolve(name);
    try (OutputStream out =
        name.endsWith(".gz")
            ? new GZIPOutputStream(Files.newOutputStream(file))
            : Files.newOutputStream(file)) {
      for (ObjectNode line : lines) {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    return file.toString();
  }

  private static ObjectNode line(String task, String question, String answer) {
    return JSON.createObjectNode()
        .put("task_id", task)
        .put("question", question)
        .put("answer", answer);
  }

  private static double mean(List<JsonNode> rows, String figure) {
    return rows.stream().mapToDouble(row -> row.path(figure).asDouble()).average().orElseThrow();
  }

  private static SetScore score(AnswerScores scores, String set) {
    return scores.sets().stream()
        .filter(s -> s.model().equals("original") && s.set().equals(set))
        .findFirst()
        .orElseThrow();
  }

  private static AnswerScores.Figure figure(SetScore score, AnswerMetric metric) {
    return score.figures().stream()
        .filter(f -> f.name().equals(metric.key()))
        .findFirst()
        .orElseThrow();
  }

  private static Summary summary(AnswerScores scores, String name) {
    return scores.summaries().stream()
        .filter(s -> s.model().equals("original") && s.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
