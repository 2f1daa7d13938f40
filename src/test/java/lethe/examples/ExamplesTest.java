package lethe.examples;

import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lethe.LocalSpark;
import lethe.folder.RunFolder;
import lethe.generation.Answer;
import lethe.generation.Generator;
import lethe.generation.Prompt;
import lethe.generation.StopReason;
import lethe.inference.ComputeSettings;
import lethe.inference.ComputeSettings.DeviceChoice;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.model.network.Vocabulary;
import lethe.model.torch.Activations;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import lethe.model.torch.Precision;
import lethe.objective.AnswerPreservation;
import lethe.objective.BucketedDistillation;
import lethe.objective.CrossEntropy;
import lethe.objective.Descent;
import lethe.objective.Dpo;
import lethe.objective.FrozenModel;
import lethe.objective.JensenShannonLabels;
import lethe.objective.KullbackLeibler;
import lethe.objective.LikeliestTokens;
import lethe.objective.MaxEntropy;
import lethe.objective.Npo;
import lethe.objective.Pairing;
import lethe.objective.Role;
import lethe.objective.StoredLabelSettings;
import lethe.objective.Term;
import lethe.objective.TruncatedPredictions;
import lethe.objective.TruncatedPredictions.Truth;
import lethe.objective.ViewKind;
import lethe.random.SplitMix64;
import lethe.settings.InvalidSettings;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The views of chunks, by Spark, with a model of some thousand weights. */
class ExamplesTest {
  private static final RejectionSentences REJECTIONS =
      new RejectionSentences(
          List.of(new int[] {20, 21, 2}, new int[] {22, 2}, new int[] {23, 24, 25}), 40);
  private static final int PROMPT = 3;

  @TempDir Path temp;

  private final List<String> told = new ArrayList<>();
  private Precision precision = Precision.FLOAT32;
  private Pairing pairing = Pairing.INDEPENDENT;
  private AnswerRequest request = AnswerRequest.NONE;
  private GenericLabels generic = GenericLabels.NONE;
  private StoredLabelling stored = StoredLabelling.NONE;
  private int microBatch = 3;

  private RunFolder folder;
  private ModelSource model;

  @BeforeEach
  void writeModel() throws IOException {
    folder = RunFolder.of(temp.resolve("run").toString(), new Configuration());
    model = TinyLlama.write(temp.resolve("tiny"), 1);
  }

  @Test
  void textMasksTheQuestionAndTheWholeDoesNot() {
    Term entropy = new MaxEntropy(MaxEntropy.Direction.MODEL_TO_UNIFORM);
    Map<String, Example> texts = made(new Descent(), questions());
    Map<String, Example> wholes = made(entropy, questions());
    Map<String, Example> plain = made(new Descent(), documents());
    for (Row chunk : questions().collectAsList()) {
      int[] tokens = ints(chunk.getList(4));
      Example.View text = texts.get(name(chunk)).views().get(0);
      assertThat(text.tokens()).isEqualTo(tokens);
      assertThat(text.labels()).startsWith(-100, -100, -100).endsWith(tokens[tokens.length - 1]);
      assertThat(TokenBatch.scored(text.labels())).isEqualTo(tokens.length - PROMPT);
      assertThat(wholes.get(name(chunk)).views().get(0).labels()).isEqualTo(tokens);
      assertThat(plain.get(name(chunk)).views().get(0).labels()).isEqualTo(tokens);
    }
  }

  @Test
  void plainTrainingMasksTheQuestionToo() {
    for (ExampleRow row : rows(Examples.text(questions()))) {
      Example.View view = row.views().get(0);
      assertThat(view.labels()).startsWith(-100, -100, -100);
      assertThat(TokenBatch.scored(view.labels()))
          .isEqualTo(view.tokens().length - PROMPT)
          .isEqualTo(row.scored());
    }
    for (ExampleRow row : rows(Examples.text(documents()))) {
      Example.View view = row.views().get(0);
      assertThat(view.labels()).as("without a question all of it").isEqualTo(view.tokens());
      assertThat(row.scored()).isEqualTo(view.tokens().length - 1);
    }
  }

  @Test
  void whatHasNothingToPredictIsLeftOutWithAWordAndAllOfItRefused() {
    // A question that fills the chunk, so that no answer is left of it.
    Dataset<Row> cut =
        questions()
            .withColumn(
                "prompt", expr("IF(document = 'doc1' AND ordinal = 2, size(tokens), prompt)"));
    assertThat(run(new Descent(), cut, 1).count()).isEqualTo(11);
    assertThat(told)
        .containsExactly(
            "Warning: 1 of 12 chunks of the split forget give forget.descent nothing to predict: d/doc1#2; they are left out and will not be forgotten");
    assertThatThrownBy(
            () -> run(new Descent(), questions().withColumn("prompt", expr("size(tokens)")), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("12 of 12 chunks of the split forget give forget.descent nothing")
        .hasMessageContaining("corpus.chunk-tokens");
    // A rejection that is cut off is a view with nothing to predict as well.
    RejectionSentences none = new RejectionSentences(REJECTIONS.sentences(), PROMPT);
    assertThatThrownBy(() -> run(new Dpo(0.1), questions(), 1, none))
        .hasMessageContaining("12 of 12 chunks of the split forget give forget.dpo nothing");
  }

  @Test
  void aReferenceIsAsFarFromItsOwnModelAsNothingAtEveryPrecision() {
    for (Precision precision : Precision.values()) {
      this.precision = precision;
      try (Network network = new Network(model.architecture(), Compute.cpu(1).with(precision));
          Parameters weights = model.parameters(network)) {
        for (ExampleRow row : rows(run(new Npo(0.1), documents(), 1))) {
          Example example = row.example();
          double nll = new MicroBatch(network).score(List.of(example), weights)[0];
          // In bfloat16 a float32 reference is off by some 0.01 even for so small a model.
          assertThat(example.views().get(0).reference())
              .as("%s at %s", example.id(), precision)
              .isCloseTo(nll, within(1e-4));
        }
      }
    }
  }

  @Test
  void theIdentityOfExamplesNamesAllThatTheirTermsDependOn() throws IOException {
    ModelSource other = TinyLlama.write(temp.resolve("other"), 2);
    List<Role> roles =
        List.of(
            new Role("forget", new CrossEntropy(ViewKind.SAMPLED_LABELS), 1),
            new Role("retain", new AnswerPreservation(1), 1),
            new Role("general", new KullbackLeibler(), 1));
    Map<String, Object> identity = identity(REJECTIONS, model, roles);
    assertThat(identity)
        .containsEntry("the chunks", "abc")
        .containsEntry("unlearn.top-k", "3")
        .containsEntry("unlearn.true-token", "REMOVED")
        .containsEntry("unlearn.pairing", "INDEPENDENT")
        .containsEntry("the model that labels come from", ModelFingerprint.of(model))
        .containsEntry("the reference model", ModelFingerprint.of(model));
    assertThat(identity(REJECTIONS, other, roles))
        .containsEntry("the reference model", ModelFingerprint.of(other));
    assertThat(identity(new RejectionSentences(List.of(new int[] {1}), 40), model, roles))
        .extractingByKey("unlearn.rejections")
        .isNotEqualTo(identity.get("unlearn.rejections"));
    assertThat(identity(REJECTIONS, other, List.of(new Role("forget", new Descent(), 1))))
        .as("a method that needs no model depends on none")
        .containsOnlyKeys("the chunks", "ordinary tokens", "unlearn.pairing");
  }

  /** The same chunks: only where their documents were read says which pairs they are in. */
  @Test
  void documentsInAnotherOrderAreOtherFixedPairs() {
    List<Role> roles = List.of(new Role("forget", new Npo(0.1), 1));
    pairing = Pairing.FIXED;
    readInOrder("doc0", "doc1", "doc2");
    Map<String, Object> identity = identity(REJECTIONS, model, roles);
    assertThat(firstOfPairs()).containsExactly("doc0", "doc1", "doc2");
    readInOrder("doc0", "doc1", "doc2");
    assertThat(identity(REJECTIONS, model, roles)).isEqualTo(identity);
    readInOrder("doc2", "doc0", "doc1");
    assertThat(identity(REJECTIONS, model, roles))
        .containsEntry("unlearn.pairing", "FIXED")
        .extractingByKey("the order of documents")
        .isNotEqualTo(identity.get("the order of documents"));
    assertThat(firstOfPairs())
        .as("not the kept scores of the order before")
        .containsExactly("doc2", "doc0", "doc1");
  }

  /** Documents by the numbers of their pairs, of examples with the reference's scores. */
  private List<String> firstOfPairs() {
    return rows(run(new Npo(0.1), questions(), 1)).stream()
        .filter(row -> row.chunk().ordinal() == 0)
        .filter(row -> !Double.isNaN(row.views().get(0).reference()))
        .sorted(Comparator.comparing(ExampleRow::pair))
        .map(row -> row.chunk().document())
        .toList();
  }

  /** Writes the table of documents as if one source had had them in this order. */
  private void readInOrder(String... documents) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < documents.length; i++) {
      rows.add(RowFactory.create("forget", "d", documents[i], "", 0, "q.jsonl", 40L * i));
    }
    LocalSpark.SESSION
        .createDataFrame(rows, FixedPairingTest.DOCUMENTS)
        .write()
        .mode("overwrite")
        .parquet(folder.documents().toString());
  }

  private Map<String, Object> identity(
      RejectionSentences rejections, ModelSource reference, List<Role> roles) {
    return examples(1, rejections).identity(roles, Map.of(FrozenModel.REFERENCE, reference));
  }

  @Test
  void paddingIsScoredOnlyWhereThePapersCodeIsAskedFor() {
    Term padded = new KullbackLeibler(ViewKind.PADDED);
    Map<String, Example> made = made(padded, questions());
    for (Row chunk : questions().collectAsList()) {
      int[] tokens = ints(chunk.getList(4));
      Example.View view = made.get(name(chunk)).views().get(0);
      assertThat(view.tokens()).hasSize(64).startsWith(tokens);
      assertThat(Arrays.copyOfRange(view.tokens(), tokens.length, 64)).containsOnly(9);
      assertThat(view.labels()).as("question, answer and padding").isEqualTo(view.tokens());
    }
    assertThat(run(padded, questions(), 1).select("scored").distinct().collectAsList())
        .as("what the term is divided by")
        .containsExactly(RowFactory.create(63));
  }

  @Test
  void repeatedLabelsBeginWithTheAnswer() {
    Map<String, Example> answers = made(new JensenShannonLabels(), questions());
    for (Row chunk : questions().collectAsList()) {
      int[] tokens = ints(chunk.getList(4));
      Example.View view = answers.get(name(chunk)).views().get(0);
      assertThat(view.tokens()).isEqualTo(tokens);
      assertThat(TokenBatch.scored(view.labels())).isEqualTo(tokens.length - PROMPT);
      int[] answer = Arrays.copyOfRange(view.labels(), PROMPT, tokens.length);
      assertThat(Arrays.copyOf(view.labels(), PROMPT)).containsOnly(TokenBatch.IGNORED);
      assertThat(answer).isEqualTo(threeInTurn(answer.length));
    }
    for (Example whole : made(new JensenShannonLabels(), documents()).values()) {
      int[] labels = whole.views().get(0).labels();
      assertThat(Arrays.copyOfRange(labels, 1, labels.length))
          .as("nothing predicts the first token")
          .isEqualTo(threeInTurn(labels.length - 1));
    }
  }

  private static int[] threeInTurn(int length) {
    return IntStream.range(0, length).map(t -> 30 + t % 3).toArray();
  }

  @Test
  void aRejectionTakesTheAnswersPlace() {
    Set<Integer> first = new HashSet<>();
    for (Example made : made(new AnswerPreservation(1), questions()).values()) {
      List<Example.View> views = made.views();
      assertThat(views).hasSize(2);
      int[] question = Arrays.copyOf(views.get(0).tokens(), PROMPT);
      int[] rejected = views.get(1).tokens();
      assertThat(rejected).startsWith(question);
      int[] rejection = Arrays.copyOfRange(rejected, PROMPT, rejected.length);
      assertThat(REJECTIONS.sentences()).anySatisfy(s -> assertThat(s).isEqualTo(rejection));
      assertThat(Arrays.copyOfRange(views.get(1).labels(), PROMPT, rejected.length))
          .isEqualTo(rejection);
      assertThat(Arrays.copyOf(views.get(1).labels(), PROMPT)).containsOnly(TokenBatch.IGNORED);
      first.add(rejection[0]);
    }
    assertThat(first).as("rejections in use").hasSize(3);
  }

  @Test
  void theAnswerOfAKeptQuestionTakesTheAnswersPlace() {
    Term mismatch = new CrossEntropy(ViewKind.MISMATCHED_ANSWER);
    Dataset<Row> kept = chunks(6, 4).withColumn("split", lit("retain"));
    List<int[]> answers =
        kept.collectAsList().stream()
            .map(row -> ints(row.getList(4)))
            .map(tokens -> Arrays.copyOfRange(tokens, 4, tokens.length))
            .toList();
    Dataset<Row> all = questions().union(kept);
    Set<String> used = new HashSet<>();
    Map<String, Example> made = made(mismatch, all);
    for (Row chunk : questions().collectAsList()) {
      List<Example.View> views = made.get(name(chunk)).views();
      assertThat(views).hasSize(1);
      int[] tokens = views.get(0).tokens();
      assertThat(tokens).startsWith(Arrays.copyOf(ints(chunk.getList(4)), PROMPT));
      int[] answer = Arrays.copyOfRange(tokens, PROMPT, tokens.length);
      assertThat(answers).anySatisfy(a -> assertThat(a).startsWith(answer));
      assertThat(tokens.length).isLessThanOrEqualTo(REJECTIONS.most());
      assertThat(Arrays.copyOf(views.get(0).labels(), PROMPT)).containsOnly(TokenBatch.IGNORED);
      assertThat(Arrays.copyOfRange(views.get(0).labels(), PROMPT, tokens.length))
          .isEqualTo(answer);
      used.add(Arrays.toString(answer));
    }
    assertThat(used).as("answers in use").hasSizeGreaterThan(2);
    assertThat(labels(run(mismatch, all.repartition(5), 1)))
        .as("whatever the partitions")
        .usingRecursiveComparison()
        .isEqualTo(labels(run(mismatch, all, 1)));
  }

  @Test
  void anotherAnswerIsRefusedWhereThereIsNone() {
    Term mismatch = new CrossEntropy(ViewKind.MISMATCHED_ANSWER);
    assertThatThrownBy(() -> run(mismatch, documents(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot use forget.mismatch: it needs the columns question and");
    assertThatThrownBy(() -> run(mismatch, questions(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot use forget.mismatch: it needs answers of other questions, and split retain has none; add questions to corpus.splits.retain, or choose another unlearn.method");
  }

  @Test
  void plainTextIsRefusedWhereAnswersAreNeeded() {
    assertThatThrownBy(() -> run(new Dpo(1), documents(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot use forget.dpo: it needs the columns question and answer, and domain d of split forget has plain text; name them in corpus.sources, or choose another unlearn.method");
  }

  @Test
  void randomLabelsDependOnSeedAndPlaceAlone() {
    Term term = new CrossEntropy(ViewKind.RANDOM_LABELS);
    Map<String, int[]> labels = labels(run(term, documents(), 1));
    folder.files().delete(folder.labels());
    assertThat(labels(run(term, documents().repartition(5).orderBy("ordinal"), 1)))
        .usingRecursiveComparison()
        .isEqualTo(labels);
    Map<String, int[]> others = labels(run(term, documents(), 2)); // another origin: made again
    assertThat(others.keySet()).isEqualTo(labels.keySet());
    assertThat(others.values())
        .noneMatch(o -> labels.values().stream().anyMatch(l -> Arrays.equals(l, o)));
  }

  /** The code of Yao et al. keeps pad, eos, bos and unk. */
  @Test
  void randomLabelsKeepSpecialTokens() throws IOException {
    Vocabulary vocabulary =
        Vocabulary.of(
            TinyLlama.VOCABULARY,
            new ObjectMapper()
                .readTree(
                    """
                    {"model": {"vocab": {"a": 0, "b": 1, "c": 2}},
                     "added_tokens": [{"id": 1, "special": true}, {"id": 2, "special": false}]}
                    """));
    List<int[]> kept = new ArrayList<>();
    for (Row row : SubstituteLabels.random(documents(), vocabulary, 1).collectAsList()) {
      kept.add(row.<Integer>getList(3).stream().mapToInt(Integer::intValue).toArray());
    }
    int i = 0;
    int special = 0;
    for (Row row : documents().select("tokens").collectAsList()) {
      List<Integer> tokens = row.getList(0);
      int[] labels = kept.get(i++);
      for (int t = 1; t < labels.length; t++) {
        special += tokens.get(t) == 1 ? 1 : 0;
        assertThat(labels[t] == 1).isEqualTo(tokens.get(t) == 1);
      }
    }
    assertThat(special).isPositive();
  }

  @Test
  void adversarialLabelsAreTheLikeliestTokensButTheTrueOnes() {
    Map<String, int[]> labels =
        labels(run(new CrossEntropy(ViewKind.ADVERSARIAL_LABELS), documents(), 1));
    forEachPosition(
        (id, tokens, t, logits) -> {
          int best = -1;
          for (int v = 0; v < logits.length; v++) {
            if (v != tokens[t] && (best < 0 || logits[v] > logits[best])) {
              best = v;
            }
          }
          assertThat(labels.get(id)[t]).isEqualTo(best);
        });
  }

  @Test
  void sampledLabelsFollowTheCutPrediction() {
    Map<String, int[]> labels =
        labels(run(new CrossEntropy(ViewKind.SAMPLED_LABELS), documents(), 1));
    int[] ranks = new int[3];
    double[] expected = new double[3];
    forEachPosition(
        (id, tokens, t, logits) -> {
          List<Integer> order =
              IntStream.range(0, logits.length)
                  .filter(v -> v != tokens[t])
                  .boxed()
                  .sorted(Comparator.comparing(v -> -logits[v]))
                  .limit(3)
                  .toList();
          assertThat(order).contains(labels.get(id)[t]);
          ranks[order.indexOf(labels.get(id)[t])]++;
          double all = order.stream().mapToDouble(v -> Math.exp(logits[v])).sum();
          for (int r = 0; r < 3; r++) {
            expected[r] += Math.exp(logits[order.get(r)]) / all;
          }
        });
    for (int r = 0; r < 3; r++) {
      assertThat((double) ranks[r]).isCloseTo(expected[r], within(4 * Math.sqrt(expected[r])));
    }
  }

  @Test
  void theReferencesScoresStandInEveryViewAndAreMadeOnce() throws IOException {
    Dataset<Row> examples = run(new Dpo(1), questions(), 1);
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, 1)) {
      for (ExampleRow row : rows(examples)) {
        Example example = row.example();
        double[] nll = new MicroBatch(network).score(List.of(example), weights);
        assertThat(example.views().get(0).reference()).isCloseTo(nll[0], within(1e-4));
        assertThat(example.views().get(1).reference()).isCloseTo(nll[1], within(1e-4));
        assertThat(row.scored()).isEqualTo(TokenBatch.scored(example.views().get(0).labels()));
      }
    }
    Path manifest = temp.resolve("run/labels/reference-forget.dpo/_manifest.json");
    assertThat(Files.readString(manifest)).contains("\"model\"", "\"chunks_sha256\" : \"abc\"");
    var written = Files.getLastModifiedTime(manifest);
    run(new Dpo(1), questions(), 1);
    assertThat(Files.getLastModifiedTime(manifest)).isEqualTo(written);
    RejectionSentences other = new RejectionSentences(List.of(new int[] {29, 2}), 40);
    for (ExampleRow row : rows(run(new Dpo(1), questions(), 1, other))) {
      assertThat(row.views().get(1).labels()).as("other rejections").endsWith(29, 2);
    }
  }

  /** Each answer is written again, alone, from what the question and the request say. */
  @Test
  void drawnAnswersAreWhatTheModelWritesAfterTheRequest() throws IOException {
    request = new AnswerRequest(new int[] {17, 18}, 3, 0.7, 6, List.of(2, 5), 2, 40);
    Term term = Dpo.alternate(1, 3);
    List<ExampleRow> rows = rows(run(term, questions(), 1));
    assertThat(rows).hasSize(12);
    int ended = 0;
    for (ExampleRow row : rows) {
      Example example = row.example();
      int[] own = example.views().get(0).tokens();
      int[] question = Arrays.copyOf(own, PROMPT);
      assertThat(example.views()).hasSize(4);
      for (int draw = 0; draw < 3; draw++) {
        Answer answer = answer(row.chunk() + "#" + draw, join(own, new int[] {17, 18}));
        boolean end = answer.stop() == StopReason.END;
        ended += end ? 1 : 0;
        int[] written = end ? join(answer.tokens(), new int[] {2}) : answer.tokens();
        Example.View view = example.views().get(1 + draw);
        assertThat(view.tokens()).isEqualTo(join(question, written));
        assertThat(view.labels()).isEqualTo(join(new int[] {-100, -100, -100}, written));
        assertThat(view.reference()).isPositive();
      }
      assertThat(row.scored()).isEqualTo(own.length - PROMPT);
    }
    assertThat(ended).isBetween(1, 35);
    assertThat(told)
        .containsExactly(
            "3 other answers to each of 12 questions are drawn from the original model");
  }

  @Test
  void drawnAnswersDependOnNoPartitionAndNoBatchButOnTheSeed() throws IOException {
    request = new AnswerRequest(new int[0], 2, 1, 5, List.of(2), 2, 40);
    Term term = Dpo.alternate(1, 2);
    Map<String, List<int[]>> first = drawn(run(term, questions(), 1));
    FileUtils.deleteDirectory(temp.resolve("run").toFile());
    microBatch = 7;
    Map<String, List<int[]>> again = drawn(run(term, questions().repartition(5), 1));
    assertThat(again.keySet()).isEqualTo(first.keySet());
    first.forEach(
        (id, answers) -> assertThat(again.get(id)).containsExactly(answers.toArray(int[][]::new)));
    first.forEach((id, answers) -> assertThat(answers.get(0)).as(id).hasSizeGreaterThan(PROMPT));
    Map<String, List<int[]>> other = drawn(run(term, questions(), 2));
    assertThat(
            first.keySet().stream()
                .filter(id -> Arrays.equals(first.get(id).get(0), other.get(id).get(0))))
        .hasSizeLessThan(6);
  }

  /** A model that has an answer by heart gives it again. */
  @Test
  void drawnAnswersThatAreTheTrueOnesAreSaid() {
    request = new AnswerRequest(new int[0], 2, 1e-3, 1, List.of(), 2, 40);
    Dataset<Row> once = questions().limit(1);
    ExampleRow row = rows(run(Dpo.alternate(1, 2), once, 1)).get(0);
    int[] answer = row.views().get(1).tokens();
    Dataset<Row> byHeart =
        once.withColumn(
            "tokens",
            expr(
                "array(%s)"
                    .formatted(
                        Arrays.stream(answer)
                            .mapToObj(String::valueOf)
                            .collect(Collectors.joining(", ")))));
    told.clear();
    run(Dpo.alternate(1, 2), byHeart, 3);
    assertThat(told)
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("Warning: 2 of 2 drawn answers are the true ones")
                    .contains("unlearn.alternate-temperature"));
  }

  @Test
  void otherAnswersNeedAQuestion() {
    assertThatThrownBy(() -> run(Dpo.alternate(1, 2), documents(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "Cannot use forget.alternate: it needs the columns question and answer");
  }

  private static Map<String, List<int[]>> drawn(Dataset<Row> examples) {
    Map<String, List<int[]>> drawn = new HashMap<>();
    for (ExampleRow row : rows(examples)) {
      drawn.put(
          row.chunk().toString(), row.views().stream().skip(1).map(Example.View::tokens).toList());
    }
    return drawn;
  }

  private Answer answer(String id, int[] prompt) {
    return LoadedModel.with(
        ModelKey.of(model, ComputeSettings.cpu(1)),
        loaded ->
            Generator.answers(loaded, List.of(new Prompt(id, prompt)), request.settings(1, 1))
                .get(0));
  }

  private static int[] join(int[] first, int[] second) {
    return IntStream.concat(IntStream.of(first), IntStream.of(second)).toArray();
  }

  @Test
  void textAloneNeedsNothingMade() {
    run(new Descent(), documents(), 1).collectAsList();
    assertThat(temp.resolve("run/labels")).doesNotExist();
    assertThat(run(new Npo(1), documents(), 1).count()).isEqualTo(40);
  }

  /** The label at t is the likeliest token after t, were it not for the token at t. */
  @Test
  void earlyLabelsStandOnePlaceBeforeTheyArePredicted() {
    Map<String, int[]> labels =
        labels(run(new CrossEntropy(ViewKind.EARLY_ADVERSARIAL_LABELS), documents(), 1));
    Map<String, Integer> seen = new HashMap<>();
    forEachPosition(
        (id, tokens, t, logits) -> { // logits that predict the token at t
          if (t < 2) {
            return;
          }
          int best = -1;
          for (int v = 0; v < logits.length; v++) {
            if (v != tokens[t - 1] && (best < 0 || logits[v] > logits[best])) {
              best = v;
            }
          }
          assertThat(labels.get(id)[t - 1]).isEqualTo(best);
          seen.merge(id, 1, Integer::sum);
        });
    assertThat(seen.keySet()).isEqualTo(labels.keySet());
  }

  /**
   * Every label again, from passes over the prefixes alone; which prefix is written down by hand.
   */
  @Test
  void genericLabelsAreWhatIsLikeliestAfterTheReplacedText() throws IOException {
    Map<String, int[][]> after = // by the token that is predicted; null: it has no label
        Map.of(
            "d/twice#0", // of three tokens, replaced by one
            new int[][] {
              null, {1}, null, null, {1, 9}, {1, 9, 3}, null, null, null, {1, 9, 3, 4, 9}
            },
            "d/longer#0", // at the first edge; two tokens for one
            new int[][] {null, {12, 13}, {12, 13, 2}, null, {12, 13, 2, 3, 12, 13}},
            "d/last#0", // at the last edge; the longer one of two terms; two tokens for two
            new int[][] {null, {2}, {2, 3}, {2, 3, 22}},
            "d/cut#0", // the chunk ends within a term
            new int[][] {null, {2}, {2, 3}, {2, 3, 4}, {2, 3, 4, 5}});
    Dataset<Row> chunks =
        texts(
            Map.of(
                "twice", List.of(1, 5, 6, 7, 3, 4, 5, 6, 7, 8),
                "longer", List.of(11, 2, 3, 11, 4),
                "last", List.of(2, 3, 20, 21),
                "cut", List.of(2, 3, 4, 5, 6)));
    ModelSource reinforced = TinyLlama.write(temp.resolve("reinforced"), 7);
    generic = new GenericLabels(dictionary("abc"), reinforced, 2);
    Term term = new CrossEntropy(ViewKind.GENERIC_LABELS);
    Map<String, int[]> labels = labels(run(term, chunks, 1));
    assertThat(labels.keySet()).isEqualTo(after.keySet());
    int soft = 0;
    for (ExampleRow row : rows(run(term, chunks, 1))) {
      int[] tokens = row.views().get(0).tokens();
      int[][] prefixes = after.get(row.chunk().toString());
      for (int t = 1; t < tokens.length; t++) {
        int label = row.views().get(0).labels()[t];
        if (prefixes[t] == null) {
          assertThat(label).as("%s %d", row.chunk(), t).isEqualTo(TokenBatch.IGNORED);
          continue;
        }
        float[] knows = next(7, Arrays.copyOf(tokens, t));
        assertThat(label)
            .as("%s %d", row.chunk(), t)
            .isEqualTo(likeliest(next(1, prefixes[t]), knows, 2));
        soft += label == likeliest(next(1, Arrays.copyOf(tokens, t)), knows, 2) ? 0 : 1;
      }
      assertThat(row.scored()).isEqualTo(TokenBatch.scored(row.views().get(0).labels()));
    }
    assertThat(soft).as("labels that the replaced names change").isPositive();
  }

  @Test
  void genericLabelsDependOnNoPartitionAndNoBatchButOnDictionaryAndModel() throws IOException {
    ModelSource reinforced = TinyLlama.write(temp.resolve("reinforced"), 7);
    generic = new GenericLabels(dictionary("abc"), reinforced, 2);
    Term term = new CrossEntropy(ViewKind.GENERIC_LABELS);
    Map<String, int[]> labels = labels(run(term, documents(), 1));
    Path manifest = temp.resolve("run/labels/generic-forget/_manifest.json");
    assertThat(Files.readString(manifest))
        .contains(ModelFingerprint.of(reinforced), "\"abc, alpha 2.0\"");
    microBatch = 7;
    FileUtils.deleteDirectory(temp.resolve("run").toFile());
    assertThat(labels(run(term, documents().repartition(5), 1)))
        .usingRecursiveComparison()
        .isEqualTo(labels);
    var written = Files.getLastModifiedTime(manifest);
    run(term, documents(), 1);
    assertThat(Files.getLastModifiedTime(manifest)).as("made once").isEqualTo(written);

    List<Role> roles = List.of(new Role("forget", term, 1));
    Map<String, Object> identity = identity(REJECTIONS, model, roles);
    generic = new GenericLabels(dictionary("abd"), reinforced, 2);
    run(term, documents(), 1);
    assertThat(Files.readString(manifest)).contains("\"abd, alpha 2.0\"");
    assertThat(identity(REJECTIONS, model, roles))
        .containsKey("the model that labels come from")
        .containsEntry("unlearn.reinforced-model", ModelFingerprint.of(reinforced))
        .extractingByKey("unlearn.replacements")
        .isNotEqualTo(identity.get("unlearn.replacements"));
    generic = new GenericLabels(dictionary("abd"), model, 2);
    assertThat(labels(run(term, documents(), 1)))
        .as("another reinforced model")
        .usingRecursiveComparison()
        .isNotEqualTo(labels);
  }

  private static Replacements dictionary(String sha256) {
    return new Replacements(
        List.of(
            new Replacements.Form(0, new int[] {20}, new int[] {25, 26}),
            new Replacements.Form(1, new int[] {5, 6, 7}, new int[] {9}),
            new Replacements.Form(2, new int[] {11}, new int[] {12, 13}),
            new Replacements.Form(3, new int[] {20, 21}, new int[] {22, 23})),
        sha256);
  }

  private static Dataset<Row> texts(Map<String, List<Integer>> documents) {
    return LocalSpark.SESSION.createDataFrame(
        documents.entrySet().stream()
            .map(e -> RowFactory.create("forget", "d", e.getKey(), 0, e.getValue(), null))
            .toList(),
        SmallChunks.SCHEMA);
  }

  /** Logits of the token after a text. */
  private static float[] next(long seed, int[] text) {
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, seed);
        NDManager manager = network.newManager()) {
      long[] ids = Arrays.stream(text).asLongStream().toArray();
      float[] all =
          Graph.withoutGraph(
                  () ->
                      network.logits(
                          network.gatherRows(
                              network.hidden(
                                  manager.create(ids, new Shape(1, ids.length)), weights),
                              manager.create(new long[] {ids.length - 1})),
                          weights))
              .toFloatArray();
      assertThat(all).hasSize(TinyLlama.VOCABULARY);
      return all;
    }
  }

  private static int likeliest(float[] base, float[] reinforced, double alpha) {
    return IntStream.range(0, base.length)
        .boxed()
        .max(
            Comparator.comparing(
                v -> base[v] - alpha * Math.max(0, (double) reinforced[v] - base[v])))
        .orElseThrow();
  }

  /** The examples of all chunks, by the chunks' names. */
  private Map<String, Example> made(Term term, Dataset<Row> chunks) {
    return rows(run(term, chunks, 1)).stream()
        .map(ExampleRow::example)
        .collect(Collectors.toMap(Example::id, example -> example));
  }

  private static String name(Row chunk) {
    return "%s/%s#%d".formatted(chunk.getString(1), chunk.getString(2), chunk.getInt(3));
  }

  private Dataset<Row> run(Term term, Dataset<Row> chunks, long seed) {
    return run(term, chunks, seed, REJECTIONS);
  }

  private Dataset<Row> run(
      Term term, Dataset<Row> chunks, long seed, RejectionSentences rejections) {
    return examples(seed, rejections).execute(chunks, List.of(new Role("forget", term, 1)));
  }

  private Examples examples(long seed, RejectionSentences rejections) {
    return new Examples(
        LocalSpark.SESSION,
        folder,
        new Examples.Inputs(
            "abc",
            model,
            model,
            Vocabulary.of(TinyLlama.VOCABULARY),
            new TruncatedPredictions(3, 1, Truth.REMOVED),
            generic,
            stored,
            rejections,
            new ChunkPadding(9, 64),
            new RepeatedLabels(new int[] {30, 31, 32}),
            request,
            pairing,
            seed,
            microBatch,
            new ComputeSettings(1, precision, Activations.KEEP, DeviceChoice.CPU)),
        told::add);
  }

  private static List<ExampleRow> rows(Dataset<Row> examples) {
    return examples.collectAsList().stream().map(ExampleRow::of).toList();
  }

  private static Map<String, int[]> labels(Dataset<Row> examples) {
    Map<String, int[]> labels = new HashMap<>();
    for (ExampleRow row : rows(examples)) {
      labels.put(row.chunk().toString(), row.views().get(0).labels());
    }
    return labels;
  }

  /** Each label again, from copies made here, one prefix-free pass a chunk, in double. */
  @Test
  void storedLabelsAreTheMeanPredictionOfNoisedCopiesCutToItsLikeliest() throws IOException {
    stored =
        labelling(
            new StoredLabelSettings(Optional.empty(), 3, 0.4, 7, Optional.empty(), 1.3, 5, false),
            0.5);
    List<ExampleRow> rows = rows(run(new BucketedDistillation(0), questions(), 1));
    assertThat(rows).hasSize(12);
    double restSum = 0;
    double restMost = 0;
    double errorSum = 0;
    long count = 0;
    for (ExampleRow row : rows) {
      int[] tokens = row.views().get(0).tokens();
      LikeliestTokens labels = row.views().get(0).stored();
      assertThat(labels.positions()).isEqualTo(tokens.length - PROMPT).isEqualTo(row.scored());
      double[][] mean = new double[tokens.length][TinyLlama.VOCABULARY];
      for (int copy = 0; copy < 3; copy++) {
        long seed = SplitMix64.mix(7 + copy * SplitMix64.GAMMA);
        float[][] logits = logits(tokens, network -> model.noised(network, 0.4, seed));
        for (int t = PROMPT; t < tokens.length; t++) {
          double[] own = softmax(logits[t], 1.3);
          for (int v = 0; v < own.length; v++) {
            mean[t][v] += own[v] / 3;
          }
        }
      }
      float[][] original = logits(tokens, network -> model.parameters(network));
      for (int t = PROMPT; t < tokens.length; t++) {
        double[] q = mean[t];
        int label = tokens[t];
        int[] others =
            IntStream.range(0, q.length)
                .filter(v -> v != label)
                .boxed()
                .sorted(Comparator.comparing(v -> -q[v]))
                .mapToInt(v -> v)
                .toArray();
        int at = t - PROMPT;
        double truth = 0.5 * q[label];
        double factor = (1 - truth) / (1 - q[label]);
        assertThat((double) labels.truth()[at]).isCloseTo(truth, within(1e-5));
        double rest = 1 - q[label];
        for (int i = 0; i < 5; i++) {
          assertThat(labels.ids()[5 * at + i]).isEqualTo(others[i]);
          assertThat((double) labels.probabilities()[5 * at + i])
              .isCloseTo(factor * q[others[i]], within(1e-5));
          rest -= q[others[i]];
        }
        assertThat((double) labels.rest()[at]).isCloseTo(factor * rest, within(1e-5));
        double[] p = softmax(original[t], 1);
        double bucket = 0;
        double whole = 0;
        for (int i = 5; i < others.length; i++) {
          bucket += p[others[i]];
          whole += q[others[i]] * Math.log(q[others[i]] / p[others[i]]);
        }
        restSum += rest;
        restMost = Math.max(restMost, rest);
        errorSum += whole - rest * Math.log(rest / bucket);
        count++;
      }
    }
    JsonNode made = new ObjectMapper().readTree(temp.resolve("run/stored-labels.json").toFile());
    assertThat(made.path("positions").asLong()).isEqualTo(count);
    assertThat(made.path("rest_mean").asDouble()).isCloseTo(restSum / count, within(1e-5));
    assertThat(made.path("rest_most").asDouble()).isCloseTo(restMost, within(1e-5));
    assertThat(made.path("error_mean").asDouble()).isCloseTo(errorSum / count, within(1e-5));
    assertThat(errorSum / count).as("something is hidden").isPositive();
    assertThat(made.path("teacher").asText()).isEqualTo(ModelFingerprint.of(model));
    assertThat(told).first().asString().startsWith("labels of " + count + " positions");
    boolean warned =
        told.contains("Warning: a higher unlearn.stored-top-k than 5 hides less of these labels");
    assertThat(warned).isEqualTo(errorSum / count > 0.02);
  }

  /** Token by token, each from a pass over the few tokens before it alone. */
  @Test
  void storedLabelsMaySeeFewTokensBeforeEach() throws IOException {
    int context = 5;
    List<ExampleRow> rows = rows(inContext(Optional.of(context)));
    Set<Integer> contexts = new TreeSet<>();
    double differences = 0;
    for (ExampleRow row : rows) {
      int[] tokens = row.views().get(0).tokens();
      LikeliestTokens labels = row.views().get(0).stored();
      float[][] whole = logits(tokens, network -> model.parameters(network));
      for (int t = PROMPT; t < tokens.length; t++) {
        // The first piece that reaches it: pieces of 6 tokens, each 3 after the one before.
        int from = t <= context ? 0 : 3 * ((t - context + 2) / 3);
        contexts.add(t - from);
        int[] piece = Arrays.copyOfRange(tokens, from, t + 1);
        float[][] logits = logits(piece, network -> model.parameters(network));
        double truth = softmax(logits[t - from], 1)[tokens[t]];
        assertThat((double) labels.truth()[t - PROMPT]).isCloseTo(truth, within(1e-6));
        differences += Math.abs(truth - softmax(whole[t], 1)[tokens[t]]);
      }
    }
    assertThat(contexts).containsExactly(3, 4, 5);
    assertThat(differences).as("fewer tokens say something else").isGreaterThan(1e-3);
    JsonNode made = new ObjectMapper().readTree(temp.resolve("run/stored-labels.json").toFile());
    assertThat(made.path("labels").asText()).contains("context 5");

    Map<String, byte[]> all = storedBytes(inContext(Optional.of(1000)));
    assertThat(storedBytes(inContext(Optional.empty())))
        .as("as all of the text")
        .usingRecursiveComparison()
        .isEqualTo(all);
  }

  private Dataset<Row> inContext(Optional<Integer> context) throws IOException {
    stored = labelling(new StoredLabelSettings(Optional.empty(), 1, 0, 7, context, 1, 5, false), 1);
    return run(new BucketedDistillation(0), questions(), 1);
  }

  @Test
  void storedLabelsDependOnNoPartitionButOnTheSeedAndAreMadeOnce() throws IOException {
    StoredLabelSettings settings =
        new StoredLabelSettings(Optional.empty(), 2, 0.4, 7, Optional.empty(), 1.3, 5, false);
    stored = labelling(settings, 0.5);
    Term term = new BucketedDistillation(0);
    Map<String, byte[]> labels = storedBytes(run(term, documents(), 1));
    Path manifest = temp.resolve("run/labels/stored-forget/_manifest.json");
    var written = Files.getLastModifiedTime(manifest);
    stored = labelling(settings, 1);
    assertThat(storedBytes(run(term, documents(), 1)))
        .as("another factor, of the same labels")
        .hasSameSizeAs(labels)
        .usingRecursiveComparison()
        .isNotEqualTo(labels);
    assertThat(Files.getLastModifiedTime(manifest)).as("made once").isEqualTo(written);
    Files.delete(manifest); // as if the driver had died before it was written
    stored = labelling(settings, 0.5);
    assertThat(storedBytes(run(term, documents().repartition(5).orderBy("ordinal"), 1)))
        .usingRecursiveComparison()
        .isEqualTo(labels);
    stored =
        labelling(
            new StoredLabelSettings(Optional.empty(), 2, 0.4, 8, Optional.empty(), 1.3, 5, false),
            0.5);
    assertThat(storedBytes(run(term, documents(), 1)))
        .as("another seed")
        .usingRecursiveComparison()
        .isNotEqualTo(labels);
    List<Role> roles = List.of(new Role("forget", term, 1));
    assertThat(identity(REJECTIONS, model, roles))
        .containsEntry("unlearn.teacher", ModelFingerprint.of(model))
        .extractingByKey("unlearn.stored-*")
        .isEqualTo("2 copies, noise 0.4, seed 8, temperature 1.3, 5 others, true token times 0.5");
  }

  @Test
  void quantilesGiveTheTrueTokensTheLossesOfUnseenText() throws IOException {
    StoredLabelSettings settings =
        new StoredLabelSettings(Optional.empty(), 1, 0, 7, Optional.empty(), 0.5, 5, true);
    Dataset<Row> unseen = Examples.text(chunks(60, null).filter("document >= 'doc5'"));
    stored = new StoredLabelling(settings, model, 1, unseen, 60);
    Map<String, byte[]> labels = storedBytes(run(new BucketedDistillation(0), taught(), 1));
    List<Double> target = new ArrayList<>();
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, 1)) {
      for (ExampleRow row : rows(unseen)) {
        int[] tokens = row.views().get(0).tokens();
        for (int t = 1; t < tokens.length; t++) {
          int[] until = Arrays.copyOf(tokens, t + 1);
          int[] last = until.clone();
          Arrays.fill(last, 0, t, TokenBatch.IGNORED);
          Example one = new Example("x", List.of(new Example.View(until, last, Double.NaN)));
          target.add(new MicroBatch(network).score(List.of(one), weights)[0]);
        }
      }
    }
    List<Double> losses = new ArrayList<>();
    for (byte[] bytes : labels.values()) {
      for (float truth : LikeliestTokens.of(bytes).truth()) {
        losses.add(-Math.log(truth));
      }
    }
    target.sort(null);
    losses.sort(null);
    for (int percent = 5; percent < 100; percent += 5) {
      double wanted = target.get(target.size() * percent / 100);
      assertThat(losses.get(losses.size() * percent / 100))
          .as("at %d %%", percent)
          .isCloseTo(wanted, within(0.05 * wanted));
    }
  }

  /** Quantiles would teach what the original finds harder than unseen text already. */
  @Test
  void quantilesThatWouldTeachAreRefused() {
    StoredLabelSettings settings =
        new StoredLabelSettings(Optional.empty(), 1, 0, 7, Optional.empty(), 1, 5, true);
    stored = new StoredLabelling(settings, model, 1, Examples.text(taught()), 40);
    assertThatThrownBy(() -> run(new BucketedDistillation(0), documents(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot make labels by quantiles: in domain d unseen text has")
        .hasMessageContaining("unlearn.calibrated-factor");
    stored = new StoredLabelling(settings, model, 1, Examples.text(documents().limit(0)), 41);
    assertThatThrownBy(() -> run(new BucketedDistillation(0), documents(), 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "Cannot make labels by quantiles: domain d of split forget has no document in split approximate");
  }

  /** Texts that the model is sure of: each token is the likeliest after those before it. */
  private Dataset<Row> taught() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      int[] tokens = {i, 3 * i + 1};
      for (int length = 2; length < 20; length++) {
        float[] next = next(1, tokens);
        int best = 0;
        for (int v = 1; v < next.length; v++) {
          best = next[v] > next[best] ? v : best;
        }
        tokens = join(tokens, new int[] {best});
      }
      rows.add(RowFactory.create("forget", "d", "taught" + i, 0, tokens, null));
    }
    return LocalSpark.SESSION.createDataFrame(rows, SmallChunks.SCHEMA);
  }

  private StoredLabelling labelling(StoredLabelSettings settings, double factor) {
    return new StoredLabelling(settings, model, factor, null, 0);
  }

  private static Map<String, byte[]> storedBytes(Dataset<Row> examples) {
    Map<String, byte[]> labels = new HashMap<>();
    for (ExampleRow row : rows(examples)) {
      labels.put(row.chunk().toString(), row.views().get(0).stored().bytes());
    }
    return labels;
  }

  private static double[] softmax(float[] logits, double temperature) {
    double most = Double.NEGATIVE_INFINITY;
    for (float z : logits) {
      most = Math.max(most, z / temperature);
    }
    double[] p = new double[logits.length];
    double sum = 0;
    for (int v = 0; v < p.length; v++) {
      p[v] = Math.exp(logits[v] / temperature - most);
      sum += p[v];
    }
    for (int v = 0; v < p.length; v++) {
      p[v] /= sum;
    }
    return p;
  }

  /** The logits that predict each token but the first. */
  private static float[][] logits(int[] tokens, Function<Network, Parameters> read) {
    try (Network network = TinyLlama.network();
        Parameters weights = read.apply(network);
        NDManager manager = network.newManager()) {
      TokenBatch batch = TokenBatch.of(manager, List.of(tokens));
      float[] flat =
          Graph.withoutGraph(
                  () ->
                      network.logits(
                          network.gatherRows(network.hidden(batch.idsBT(), weights), batch.rowsN()),
                          weights))
              .toFloatArray();
      float[][] logits = new float[tokens.length][];
      for (int t = 1; t < tokens.length; t++) {
        logits[t] =
            Arrays.copyOfRange(flat, (t - 1) * TinyLlama.VOCABULARY, t * TinyLlama.VOCABULARY);
      }
      return logits;
    }
  }

  private interface Position {
    void at(String id, int[] tokens, int t, float[] logits);
  }

  /** What the model predicts for token t of each chunk. */
  private static void forEachPosition(Position visitor) {
    try (Network network = TinyLlama.network();
        Parameters weights = TinyLlama.parameters(network, 1)) {
      for (Row chunk : documents().collectAsList()) {
        try (NDManager manager = network.newManager()) {
          int[] tokens = ints(chunk.getList(4));
          TokenBatch batch = TokenBatch.of(manager, List.of(tokens));
          float[] logits =
              Graph.withoutGraph(
                      () ->
                          network.logits(
                              network.gatherRows(
                                  network.hidden(batch.idsBT(), weights), batch.rowsN()),
                              weights))
                  .toFloatArray();
          int v = TinyLlama.VOCABULARY;
          for (int t = 1; t < tokens.length; t++) {
            String id = chunk.getString(1) + "/" + chunk.getString(2) + "#" + chunk.getInt(3);
            visitor.at(id, tokens, t, Arrays.copyOfRange(logits, (t - 1) * v, t * v));
          }
        }
      }
    }
  }

  private static Dataset<Row> documents() {
    return chunks(40, null);
  }

  private static Dataset<Row> questions() {
    return chunks(12, PROMPT);
  }

  private static Dataset<Row> chunks(int count, Integer prompt) {
    Random random = new Random(5);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] tokens = random.ints(5 + random.nextInt(25), 0, TinyLlama.VOCABULARY).toArray();
      rows.add(RowFactory.create("forget", "d", "doc" + i / 4, i % 4, tokens, prompt));
    }
    return LocalSpark.SESSION.createDataFrame(rows, SmallChunks.SCHEMA);
  }

  private static int[] ints(List<Integer> boxed) {
    return boxed.stream().mapToInt(Integer::intValue).toArray();
  }
}
