package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lethe.objective.Descent;
import lethe.objective.GradientAscent;
import lethe.objective.Npo;
import lethe.train.optimizer.LearningRateSchedule;
import org.junit.jupiter.api.Test;

class RunIdentityTest {
  private static final LearningRateSchedule SCHEDULE =
      new LearningRateSchedule(0.1, 7, 2, LearningRateSchedule.Decay.COSINE);

  @Test
  void isItselfAfterItWasWrittenWhateverTheOrderOfItsParts() throws Exception {
    Map<String, Object> parts = new LinkedHashMap<>();
    parts.put("train.seed", 7L);
    parts.put("the learning rates", SCHEDULE);
    parts.put("train.max-grad-norm", Double.POSITIVE_INFINITY);
    RunIdentity run = RunIdentity.of(parts);
    assertThat(run.differences(written(run))).isEmpty();
    Map<String, Object> other = new LinkedHashMap<>();
    other.put("train.max-grad-norm", Double.POSITIVE_INFINITY);
    other.put("the learning rates", SCHEDULE);
    other.put("train.seed", 7);
    assertThat(written(RunIdentity.of(other)).toString()).isEqualTo(written(run).toString());
  }

  @Test
  void namesThePartOfAPartThatDiffers() throws Exception {
    RunIdentity run =
        RunIdentity.of(
            Map.of(
                "the learning rates",
                SCHEDULE,
                "the terms",
                List.of(Map.of("term", "npo", "settings", new Npo(0.1)))));
    RunIdentity other =
        RunIdentity.of(
            Map.of(
                "the learning rates",
                new LearningRateSchedule(0.2, 7, 2, LearningRateSchedule.Decay.LINEAR),
                "the terms",
                List.of(Map.of("term", "npo", "settings", new Npo(0.5)))));
    assertThat(other.differences(written(run)))
        .containsExactly(
            "  the learning rates.decay was COSINE, is LINEAR",
            "  the learning rates.peak was 0.1, is 0.2",
            "  the terms[0].settings.beta was 0.1, is 0.5");
  }

  @Test
  void readsRecordsWithoutComponents() throws Exception {
    RunIdentity run = RunIdentity.of(Map.of("a", new Descent(), "b", new GradientAscent()));
    assertThat(run.differences(written(run))).isEmpty();
  }

  @Test
  void showsFewOfManyDifferencesAndNoLongValueWhole() throws Exception {
    List<Integer> zeros = IntStream.range(0, 50).mapToObj(i -> 0).toList();
    List<Integer> ones = IntStream.range(0, 50).mapToObj(i -> 1).toList();
    RunIdentity run = RunIdentity.of(Map.of("many", zeros, "text", "a".repeat(500)));
    RunIdentity other = RunIdentity.of(Map.of("many", ones, "text", "b"));
    assertThat(other.differences(written(run)))
        .containsExactly(
            "  many[0] was 0, is 1",
            "  many[1] was 0, is 1",
            "  many[2] was 0, is 1",
            "  many: 47 more",
            "  text was " + "a".repeat(120) + "..., is b");
  }

  @Test
  void anOlderFormIsAnotherRun() throws Exception {
    JsonNode older = new ObjectMapper().readTree("{\"train.seed\": \"7\"}");
    assertThat(RunIdentity.of(Map.of("train.seed", 7)).differences(older))
        .containsExactly("  format version was none, is 1 (written by another version of Lethe)");
  }

  private static JsonNode written(RunIdentity run) throws JsonProcessingException {
    ObjectMapper json = new ObjectMapper();
    return json.readTree(json.writeValueAsString(run));
  }
}
