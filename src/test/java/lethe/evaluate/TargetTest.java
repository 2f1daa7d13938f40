package lethe.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TargetTest {
  @Test
  void weighsDomainsLikeForget() {
    Optional<Target> target = Target.of(Map.of("a", 300L, "b", 100L), Map.of("a", 4.0, "b", 2.0));
    assertThat(target).contains(new Target(3.5, Map.of("a", 4.0, "b", 2.0)));
  }

  @Test
  void isNotToldWhenADomainHasNoApproximateText() {
    assertThat(Target.of(Map.of("a", 300L, "b", 100L), Map.of("a", 4.0))).isEmpty();
    assertThat(Target.of(Map.of(), Map.of("a", 4.0))).isEmpty();
  }

  @Test
  void looksAtTheOriginalModelOnly() {
    List<SplitScore> scores =
        List.of(
            score("original", "forget", "a", 10, 1),
            score("original", "forget", "*", 10, 1),
            score("original", "approximate", "a", 70, 4),
            score("original", "approximate", "b", 70, 9),
            score("unlearned", "approximate", "a", 70, 6));
    assertThat(Target.of(scores)).contains(new Target(4, Map.of("a", 4.0)));
  }

  private static SplitScore score(String model, String split, String domain, long n, double nll) {
    return new SplitScore(
        model, split, domain, 1, 1, n, nll, Math.exp(nll), Math.exp(nll), 0.5, null);
  }
}
