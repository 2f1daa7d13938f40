package lethe.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lethe.objective.MaxEntropy.Direction;
import lethe.objective.TruncatedPredictions.Truth;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MethodTest {
  private static final TermSettings SETTINGS =
      new TermSettings(
          0.1,
          0,
          3,
          new WeightedAscent(1),
          new SatImp(5, 1),
          new Margin(1, 0, 1),
          5,
          new Undial(10, 1),
          0.5,
          new CalibratedPredictions(0.2, 1.4),
          0,
          new Misdirection(7, 2, new Misdirection.Drawn(42)),
          new TruncatedPredictions(50, 1, Truth.REMOVED),
          new Alternates(Optional.empty(), 5, 1, 200));

  @ParameterizedTest
  @CsvSource({
    "gradient-ascent, forget.ascent",
    "weighted-ascent+descent, forget.weighted-ascent retain.descent",
    "satimp+descent, forget.satimp retain.descent",
    "margin+kl, forget.margin retain.kl",
    "random-labels, forget.random-labels",
    "adversarial-labels, forget.adversarial-labels",
    "adversarial-labels-early, forget.adversarial-labels-early",
    "ascent-descent-general, forget.ascent general.descent",
    "ascent-descent-in-distribution, forget.ascent retain.descent",
    "ascent-kl-general, forget.ascent general.kl",
    "ascent-kl-in-distribution, forget.ascent retain.kl",
    "max-entropy+descent, forget.max-entropy retain.descent",
    "mismatch+kl, forget.mismatch retain.kl",
    "idk+preservation, forget.idk retain.preservation",
    "ce-u, forget.ce-u",
    "calibrated+kl, forget.calibrated retain.kl",
    "undial, forget.undial",
    "undial-ascent+kl, forget.undial-ascent retain.kl",
    "npo, forget.npo",
    "npo+descent, forget.npo retain.descent",
    "jsd+jsd, forget.jsd retain.jsd",
    "rmu+rmu, forget.rmu retain.rmu",
    "npo+jsd, forget.npo retain.jsd",
    "npo+kl, forget.npo retain.kl",
    "dpo+descent, forget.dpo retain.descent",
    "dpo+kl, forget.dpo retain.kl",
    "alternate+descent, forget.alternate retain.descent",
    "simnpo+descent, forget.simnpo retain.descent",
    "max-entropy-reverse+descent, forget.max-entropy-reverse retain.descent",
    "max-entropy-reverse-padded+kl-padded, forget.max-entropy-reverse-padded retain.kl-padded",
    "flat-logits+descent, forget.flat-logits retain.descent",
    "capped-entropy+kl, forget.capped-entropy retain.kl",
  })
  void hasTheRolesItsNameSays(String name, String roles) {
    assertThat(Method.of(name).roles(1, Map.of(), SETTINGS, ChunkCap.NONE).stream().map(Role::name))
        .containsExactly(roles.split(" "));
  }

  @Test
  void weightsOfTheUserAreLaidOverTheMethodsOwn() {
    assertThat(Method.of("npo+kl").roles(0.5, Map.of("general", 2.0), SETTINGS, ChunkCap.NONE))
        .containsExactly(
            new Role("forget", new Npo(0.1), 0.5),
            new Role("general", new KullbackLeibler(), 2),
            new Role("retain", new KullbackLeibler(), 1));
    assertThat(
            Method.of("max-entropy+descent")
                .roles(1, Map.of("retain", 0.0, "general", 1.0), SETTINGS, ChunkCap.NONE))
        .containsExactly(
            new Role("forget", new MaxEntropy(Direction.MODEL_TO_UNIFORM), 1),
            new Role("general", new Descent(), 1));
  }

  @Test
  void aForgetTermOfNoWeightIsLeftOut() {
    assertThat(Method.of("npo+kl").roles(0, Map.of("general", 2.0), SETTINGS, ChunkCap.NONE))
        .containsExactly(
            new Role("general", new KullbackLeibler(), 2),
            new Role("retain", new KullbackLeibler(), 1));
  }

  @Test
  void aCapOnChunksIsOfThoseToForgetAlone() {
    ChunkCap cap = new ChunkCap(4, Map.of("books", 5.5));
    assertThat(Method.of("npo+kl").roles(1, Map.of(), SETTINGS, cap))
        .containsExactly(
            new Role("forget", new Npo(0.1), 1, cap),
            new Role("retain", new KullbackLeibler(), 1, ChunkCap.NONE));
    assertThat(cap.of("books")).isEqualTo(5.5);
    assertThat(cap.of("arxiv")).isEqualTo(4);
  }

  @Test
  void anUnknownNameListsThemAllALineEach() {
    for (String name : List.of("", "NPO", "npo+", "npo+gd", "+kl", "ascent-descent+kl")) {
      assertThatThrownBy(() -> Method.of(name))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Unknown method \"" + name + "\"; the methods are\n")
          .message()
          .contains(
              Arrays.stream(Forget.values())
                  .map(forget -> "\n  " + forget.spelling() + ": " + forget.summary())
                  .toList())
          .contains(
              Arrays.stream(Retain.values())
                  .map(retain -> "\n  +" + retain.spelling() + ": " + retain.summary())
                  .toList())
          .contains(
              "\n  ascent-descent-general: ",
              "\n  ascent-descent-in-distribution: ",
              "\n  ascent-kl-general: ",
              "\n  ascent-kl-in-distribution: ");
    }
  }
}
