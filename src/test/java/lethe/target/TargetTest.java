package lethe.target;

import static org.assertj.core.api.Assertions.assertThat;

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
}
