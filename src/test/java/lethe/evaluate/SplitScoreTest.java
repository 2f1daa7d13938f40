package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import lethe.target.Target;
import org.junit.jupiter.api.Test;

class SplitScoreTest {
  @Test
  void theTargetLooksAtTheOriginalModelOnly() {
    List<SplitScore> scores =
        List.of(
            score("original", "forget", "a", 10, 1),
            score("original", "forget", "*", 10, 1),
            score("original", "approximate", "a", 70, 4),
            score("original", "approximate", "b", 70, 9),
            score("unlearned", "approximate", "a", 70, 6));
    assertThat(SplitScore.target(scores)).contains(new Target(4, Map.of("a", 4.0)));
  }

  private static SplitScore score(String model, String split, String domain, long n, double nll) {
    return new SplitScore(
        model, split, domain, 1, 1, n, nll, Math.exp(nll), Math.exp(nll), 0.5, null);
  }
}
