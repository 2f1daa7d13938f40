package lethe.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class LossComparisonTest {
  private static JsonNode evaluation(String... rows) throws IOException {
    return new ObjectMapper().readTree("{\"scores\": [" + String.join(",", rows) + "]}");
  }

  private static String row(String model, String split, String domain, String nll) {
    return "{\"model\": \"%s\", \"split\": \"%s\", \"domain\": \"%s\", \"nll\": %s}"
        .formatted(model, split, domain, nll);
  }

  @Test
  void wholeSplitsOfBothModelsAreCompared() throws IOException {
    LossComparison losses =
        LossComparison.of(
            evaluation(
                row("original", "forget", "*", "1.5"),
                row("unlearned", "forget", "*", "2.5"),
                row("unlearned", "forget", "book", "9"),
                row("unlearned", "retain", "*", "1.75"),
                row("retrained", "forget", "*", "7")),
            evaluation(
                row("unlearned", "retain", "*", "1.5"),
                row("unlearned", "forget", "*", "2.625"),
                row("original", "forget", "*", "1.5")));
    assertThat(losses.losses())
        .containsExactly(
            new LossComparison.Loss("original", "forget", 1.5, 1.5),
            new LossComparison.Loss("unlearned", "forget", 2.5, 2.625),
            new LossComparison.Loss("unlearned", "retain", 1.75, 1.5));
    assertThat(losses.farthest().split()).isEqualTo("retain");
    assertThat(losses.farthest().distance()).isEqualTo(0.25);
    assertThat(losses.lines().get(1))
        .isEqualTo(
            "unlearned  forget       certified 2.500000  replayed 2.625000  difference +0.125000");
  }

  /** A ruined model's loss is null, and one that is missing is no agreement. */
  @Test
  void whatOnlyOneHasIsFartherThanAnyTolerance() throws IOException {
    JsonNode one = evaluation(row("unlearned", "forget", "*", "2.5"));
    JsonNode ruined = evaluation(row("unlearned", "forget", "*", "null"));
    assertThat(LossComparison.of(one, ruined).farthest().distance()).isInfinite();
    assertThat(LossComparison.of(ruined, one).farthest().distance()).isInfinite();
    assertThat(LossComparison.of(one, evaluation()).farthest().distance()).isInfinite();
    assertThat(LossComparison.of(ruined, ruined).farthest().distance()).isZero();
  }
}
