package lethe.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import lethe.inference.ComputeSettings;
import lethe.inference.LoadedModel;
import lethe.inference.ModelKey;
import lethe.model.TinyLlama;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratorTest {
  private static final int WRITTEN = 20;

  @TempDir Path temp;

  private ModelKey key;
  private final List<Prompt> prompts = new ArrayList<>();

  @BeforeEach
  void writeModel() throws IOException {
    key = ModelKey.of(TinyLlama.write(temp, 1), ComputeSettings.cpu(1));
    Random random = new Random(3);
    for (int length : new int[] {5, 9, 5, 5, 9, 1, 5}) {
      prompts.add(
          new Prompt(
              "row " + prompts.size(), random.ints(length, 0, TinyLlama.VOCABULARY).toArray()));
    }
  }

  @AfterEach
  void letGo() {
    LoadedModel.clear();
  }

  @Test
  void anAnswerDoesNotDependOnItsBatchOrItsPlace() {
    for (GenerationSettings how :
        List.of(
            GenerationSettings.greedy(WRITTEN, 1),
            GenerationSettings.greedy(WRITTEN, 1).sampled(1, 7))) {
      List<Integer> ends = List.of(answers(how).get(0).tokens()[6]);
      List<String> alone = texts(answers(how.endedBy(ends, List.of())));
      assertThat(alone).as("some end early, and not all together").hasSizeGreaterThan(1);
      for (int batch : new int[] {2, 3, 7}) {
        GenerationSettings together =
            new GenerationSettings(WRITTEN, ends, List.of(), how.temperature(), how.seed(), batch);
        assertThat(texts(answers(together))).as("batch %d", batch).isEqualTo(alone);
        Collections.reverse(prompts);
        List<String> backwards = texts(answers(together));
        Collections.reverse(backwards);
        assertThat(backwards).isEqualTo(alone);
        Collections.reverse(prompts);
      }
    }
  }

  @Test
  void anEndTokenEndsAnAnswerAndIsNotPartOfIt() {
    int[] whole = answers(GenerationSettings.greedy(WRITTEN, 4)).get(1).tokens();
    int end = whole[7];
    int first = IntStream.range(0, whole.length).filter(t -> whole[t] == end).findFirst().orElse(9);
    Answer answer =
        answers(GenerationSettings.greedy(WRITTEN, 4).endedBy(List.of(31, end), List.of())).get(1);
    assertThat(answer.stop()).isEqualTo(StopReason.END);
    assertThat(answer.tokens()).isEqualTo(Arrays.copyOf(whole, first));
  }

  @Test
  void theContextEndsAnAnswerThatHasNoRoom() {
    prompts.add(new Prompt("long", new int[60])); // the context is 64
    prompts.add(new Prompt("longer", new int[64]));
    List<Answer> answers = answers(GenerationSettings.greedy(WRITTEN, 4));
    assertThat(answers.get(0).stop()).isEqualTo(StopReason.LENGTH);
    assertThat(answers.get(0).tokens()).hasSize(WRITTEN);
    assertThat(answers.get(7).stop()).isEqualTo(StopReason.CONTEXT);
    assertThat(answers.get(7).tokens()).hasSize(4);
    assertThat(answers.get(8).stop()).isEqualTo(StopReason.PROMPT);
    assertThat(answers.get(8).tokens()).isEmpty();
  }

  @Test
  void whatCannotBeAnsweredIsNamed() {
    refused(
        List.of(new Prompt("q 7", new int[0])),
        "Cannot answer q 7: its prompt has no token",
        s -> s);
    refused(
        List.of(new Prompt("q 8", new int[] {3, 32})),
        "Cannot answer q 8: its prompt has token 32, and the model's vocabulary is 32",
        s -> s);
    refused(
        prompts,
        "Cannot end answers at texts ([Question]): the model has no tokenizer.json",
        s -> s.endedBy(List.of(), List.of("Question")));
  }

  private void refused(
      List<Prompt> all, String message, Function<GenerationSettings, GenerationSettings> settings) {
    assertThatThrownBy(
            () ->
                LoadedModel.with(
                    key,
                    m ->
                        Generator.answers(m, all, settings.apply(GenerationSettings.greedy(2, 1)))))
        .hasMessage(message);
  }

  @Test
  void aModelThatOverflowsIsNamed() throws IOException {
    float[] values = TinyLlama.values(1);
    Arrays.fill(values, values.length - 512, values.length, 3e38f); // those of the output matrix
    ModelKey broken =
        ModelKey.of(TinyLlama.write(temp.resolve("broken"), values), ComputeSettings.cpu(1));
    assertThatThrownBy(
            () ->
                LoadedModel.with(
                    broken, m -> Generator.answers(m, prompts, GenerationSettings.greedy(2, 4))))
        .hasMessage("Cannot answer row 5: after 0 tokens the model's predictions are not finite");
  }

  /** Shares of many draws are the model's own probabilities, at the temperature. */
  @Test
  void drawsHaveTheModelsDistribution() {
    int draws = 4000;
    double temperature = 1.5;
    int[] tokens = prompts.get(0).tokens();
    List<Prompt> same =
        IntStream.range(0, draws).mapToObj(i -> new Prompt("draw " + i, tokens)).toList();
    GenerationSettings settings = GenerationSettings.greedy(1, 1000).sampled(temperature, 5);
    int[] counts = new int[TinyLlama.VOCABULARY];
    LoadedModel.with(key, m -> Generator.answers(m, same, settings))
        .forEach(answer -> counts[answer.tokens()[0]]++);
    double[] expected = probabilities(tokens, temperature);
    for (int v = 0; v < counts.length; v++) {
      double deviation = Math.sqrt(expected[v] * (1 - expected[v]) / draws);
      assertThat((double) counts[v] / draws)
          .as("token %d", v)
          .isCloseTo(expected[v], within(4.5 * deviation));
    }
    assertThat(Arrays.stream(expected).max().orElseThrow()).isBetween(0.05, 0.9);
  }

  @Test
  void drawsAreThoseOfTheirSeedAndId() {
    GenerationSettings settings = GenerationSettings.greedy(WRITTEN, 4).sampled(1, 7);
    List<String> first = texts(answers(settings));
    assertThat(texts(answers(settings))).isEqualTo(first);
    assertThat(texts(answers(settings.sampled(1, 8)))).isNotEqualTo(first);
    Prompt renamed = new Prompt("another", prompts.get(0).tokens());
    List<Answer> other =
        LoadedModel.with(key, m -> Generator.answers(m, List.of(renamed), settings));
    assertThat(texts(other).get(0)).isNotEqualTo(first.get(0));
  }

  /** Where two tokens are as near as rounding, the first of equal ones is taken. */
  @Test
  void equallyLikelyTokensAreTakenInOrder() {
    float[] logits = {0, 1, 3, 3, 2, Float.NaN};
    TokenChoice.Choice choice = new LikeliestToken().choose(logits, 0, 6, "", 0);
    assertThat(choice).isEqualTo(new TokenChoice.Choice(2, 0));
    assertThat(new LikeliestToken().choose(logits, 3, 2, "", 0))
        .isEqualTo(new TokenChoice.Choice(0, 1));
  }

  /** The shortcut past far tokens changes no draw. */
  @Test
  void everyTokensScoreCounts() {
    Random random = new Random(1);
    float[] logits = new float[500];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (3 * random.nextGaussian());
    }
    double temperature = 0.7;
    for (int place = 0; place < 200; place++) {
      TokenChoice.Choice choice =
          new SampledToken(temperature, 11).choose(logits, 0, 500, "a row", place);
      int best = -1;
      for (int v = 0; v < logits.length; v++) { // two tokens alone: there is no shortcut
        float[] two = new float[500];
        Arrays.fill(two, Float.NaN);
        two[v] = logits[v];
        if (best >= 0) {
          two[best] = logits[best];
        }
        best = new SampledToken(temperature, 11).choose(two, 0, 500, "a row", place).token();
      }
      assertThat(choice.token()).as("place %d", place).isEqualTo(best);
    }
  }

  private double[] probabilities(int[] tokens, double temperature) {
    float[] logits =
        LoadedModel.with(
            key,
            m -> {
              try (NDManager manager = m.network().newManager()) {
                NDArray idsBT = manager.create(new int[][] {tokens}).toType(DataType.INT64, false);
                NDArray hiddenTD = m.network().hidden(idsBT, m.weights()).squeeze(0);
                return m.network().logits(hiddenTD, m.weights()).get(-1).toFloatArray();
              }
            });
    double[] p = IntStream.range(0, logits.length).mapToDouble(v -> logits[v]).toArray();
    double sum = Arrays.stream(p).map(z -> Math.exp(z / temperature)).sum();
    return Arrays.stream(p).map(z -> Math.exp(z / temperature) / sum).toArray();
  }

  private List<Answer> answers(GenerationSettings settings) {
    return LoadedModel.with(key, m -> Generator.answers(m, prompts, settings));
  }

  private static List<String> texts(List<Answer> answers) {
    return new ArrayList<>(
        answers.stream().map(a -> Arrays.toString(a.tokens()) + a.stop()).toList());
  }
}
