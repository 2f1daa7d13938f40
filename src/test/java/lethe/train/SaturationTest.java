package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lethe.objective.Descent;
import lethe.objective.Npo;
import lethe.objective.Role;
import org.junit.jupiter.api.Test;

class SaturationTest {
  private final List<String> said = new ArrayList<>();
  private final Saturation saturation =
      new Saturation(
          List.of(new Role("forget", new Npo(0.1), 1), new Role("retain", new Descent(), 1)),
          said::add);

  @Test
  void saysOnceThatATermOfSequencesHasBeenNothingForTenSteps() {
    look(1, 9, 0.0004);
    assertThat(said).isEmpty();
    look(10, 40, 0.0004);
    assertThat(said)
        .containsExactly(
            "Warning: forget.npo has been below 0.0005 nats for 10 steps, up to step 10: it is saturated and no longer changes the model; a smaller unlearn.beta saturates later");
  }

  @Test
  void oneStepThatIsSomethingBeginsTheCountAnew() {
    look(1, 9, 0.0004);
    look(10, 10, 0.0006);
    look(11, 19, 0.0004);
    assertThat(said).isEmpty();
  }

  /** A descent at 0 beside it is a model that knows its texts, which is no saturation. */
  private void look(int from, int to, double npo) {
    for (int step = from; step <= to; step++) {
      saturation.check(step, Map.of("forget.npo", npo, "retain.descent", 0.0));
    }
  }
}
