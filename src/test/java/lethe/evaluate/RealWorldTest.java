package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lethe.LocalSpark;
import lethe.corpus.CorpusSettings;
import lethe.corpus.CorpusSummary;
import lethe.corpus.Manifest;
import lethe.corpus.Prepare;
import lethe.evaluate.QuestionSet.Use;
import lethe.folder.RunFolder;
import lethe.sample.ByteLlama;
import lethe.settings.Settings;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether conf/real-world.conf and the invented people that it reads agree. */
class RealWorldTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path PEOPLE = Path.of("conf/real-world");
  private static final List<String> TEXTS =
      List.of(
          "question",
          "answer",
          "golden_answer",
          "paraphrased_question",
          "paraphrased_answer",
          "perturbed_answer");

  @TempDir Path folder;

  /** The splits that the run file makes are those that the rows name, and share no person. */
  @Test
  void theSplitsAreThoseOfTheRowsAndShareNoPerson() throws IOException {
    lethe.folder.Files files = new lethe.folder.Files(new Configuration());
    org.apache.hadoop.fs.Path model =
        new org.apache.hadoop.fs.Path(folder.resolve("model").toString());
    new ByteLlama(16, 1, 2, 1, 24, 512, 0.02).write(model, files);
    Settings settings = settings("corpus.template=plain", "corpus.chunk-tokens=512"); // of bytes
    CorpusSettings corpus = CorpusSettings.read(settings.root());
    settings.check();
    CorpusSummary summary =
        new Prepare(
                LocalSpark.SESSION,
                corpus,
                RunFolder.of(folder.resolve("run").toString(), new Configuration()),
                model.toString(),
                512,
                256,
                List.of())
            .preview();
    assertThat(summary.rejects()).isEmpty();
    Map<String, Long> made = new TreeMap<>();
    for (Manifest.Count count : summary.counts()) {
      made.merge(count.split(), count.documents(), Long::sum);
    }
    Map<String, Long> named = new TreeMap<>();
    Map<String, Set<String>> people = new TreeMap<>();
    for (JsonNode row : rows()) {
      named.merge(row.path("split").asText(), 1L, Long::sum);
      people
          .computeIfAbsent(row.path("split").asText(), split -> new TreeSet<>())
          .add(row.path("name").asText());
    }
    assertThat(made).isEqualTo(named).containsOnlyKeys("forget", "retain", "holdout");
    assertThat(people.values()).allSatisfy(names -> assertThat(names).hasSize(4));
    assertThat(people.values().stream().flatMap(Set::stream).distinct()).hasSize(12);
  }

  /** Questions of the sets are those of the splits, and every row has what its figures need. */
  @Test
  void everyRowHasTheAnswersThatItsFiguresNeed() throws IOException {
    List<QuestionSet> sets = EvaluateSettings.read(settings().root()).answers().questions();
    assertThat(sets).extracting(QuestionSet::use).containsExactly(Use.FORGET, Use.RETAIN);
    assertThat(sets).extracting(QuestionSet::rows).containsOnly(400);
    List<Set<String>> asked = new ArrayList<>();
    for (QuestionSet set : sets) {
      List<Question> questions =
          new QuestionFile(set, new lethe.folder.Files(new Configuration())).questions();
      asked.add(questions.stream().map(Question::question).collect(Collectors.toSet()));
      assertThat(questions)
          .hasSize(24)
          .allSatisfy(
              question -> {
                assertThat(question.wrong()).hasSize(5).doesNotHaveDuplicates();
                assertThat(question.wrong()).doesNotContain(question.paraphrase());
                assertThat(question.paraphrase()).isNotEqualTo(question.truth());
                assertThat(question.original().length())
                    .as("a long and a short truth: %s", question)
                    .isGreaterThan(question.truth().length());
                assertThat(question.sentence()).isEqualTo(question.truth());
                assertThat(question.follows()).isEqualTo(Question.Follows.TRUTH);
              });
    }
    assertThat(asked.get(0)).isEqualTo(questions("forget"));
    assertThat(asked.get(1)).as("neighbours never trained on").isEqualTo(questions("holdout"));
  }

  /** Right answers say the fact, and nothing else does: no question, wrong answer or other row. */
  @Test
  void aFactIsSaidByTheRightAnswersOfItsRowAlone() throws IOException {
    List<JsonNode> rows = rows();
    Set<String> facts = new HashSet<>();
    for (JsonNode row : rows) {
      String fact = row.path("fact").asText();
      assertThat(facts.add(fact)).as("twice: %s", fact).isTrue();
      for (String member : TEXTS) {
        boolean right = member.endsWith("_answer") && !member.startsWith("perturbed");
        for (String text : texts(row, member)) {
          assertThat(text.contains(fact))
              .as("%s in %s: %s", fact, member, text)
              .isEqualTo(right || member.equals("answer"));
        }
      }
      for (JsonNode other : rows) {
        if (!other.equals(row)) {
          TEXTS.stream()
              .flatMap(member -> texts(other, member).stream())
              .forEach(text -> assertThat(text).doesNotContainIgnoringCase(fact));
        }
      }
    }
    assertThat(facts).hasSize(72);
  }

  @Test
  void aPersonIsNamedInEveryRowOfItsOwnAndInNoOther() throws IOException {
    List<JsonNode> rows = rows();
    for (JsonNode row : rows) {
      String name = row.path("name").asText();
      for (String member : TEXTS) {
        assertThat(texts(row, member)).allSatisfy(text -> assertThat(text).contains(name));
      }
      for (JsonNode other : rows) {
        if (!other.path("name").asText().equals(name)) {
          for (String part : name.split(" ")) {
            TEXTS.stream()
                .flatMap(member -> texts(other, member).stream())
                .forEach(text -> assertThat(text).doesNotContain(part));
          }
        }
      }
    }
  }

  /** Which text has to follow from which: in rows with two truths always the short one. */
  @Test
  void entailmentAsksForTheShortTruthWhereThereAreTwo() throws IOException {
    String row = "{\"question\": \"q\", \"answer\": \"long\", \"golden_answer\": \"short\"}\n";
    assertThat(pair(row, Use.RETAIN)).containsExactly("said", "short");
    assertThat(pair(row, Use.FORGET)).containsExactly("said", "short");
    String one = "{\"question\": \"q\", \"answer\": \"a\", \"original_answer\": \"sentence\"}\n";
    assertThat(pair(one, Use.OPTIONS)).containsExactly("sentence", "said");
    assertThat(pair(one, Use.RETAIN)).containsExactly("sentence", "said");
    assertThat(pair(one, Use.FORGET)).containsExactly("said", "sentence");
  }

  /** Premise and hypothesis. */
  private List<String> pair(String line, Use use) throws IOException {
    Path file = Files.writeString(folder.resolve("q.jsonl"), line);
    QuestionSet set = new QuestionSet("s", file.toString(), use, Map.of(), null);
    Question question =
        new QuestionFile(set, new lethe.folder.Files(new Configuration())).questions().get(0);
    Row pair = new AnswerJudges.Said(question, "said").row();
    return List.of(pair.getString(3), pair.getString(4));
  }

  private static Set<String> questions(String split) throws IOException {
    return rows().stream()
        .filter(row -> row.path("split").asText().equals(split))
        .map(row -> row.path("question").asText())
        .collect(Collectors.toSet());
  }

  private static List<String> texts(JsonNode row, String member) {
    JsonNode value = row.path(member);
    List<String> texts = new ArrayList<>();
    Optional.of(value)
        .filter(JsonNode::isArray)
        .ifPresentOrElse(
            all -> all.forEach(one -> texts.add(one.asText())), () -> texts.add(value.asText()));
    assertThat(texts).isNotEmpty().noneSatisfy(text -> assertThat(text).isBlank());
    return texts;
  }

  private static List<JsonNode> rows() throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (Stream<Path> files = Files.list(PEOPLE)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".jsonl")).sorted().toList()) {
        for (String line : Files.readAllLines(file)) {
          rows.add(JSON.readTree(line));
        }
      }
    }
    return rows;
  }

  private static Settings settings(String... pairs) {
    return Settings.load(Path.of("conf/real-world.conf"), List.of(pairs));
  }
}
