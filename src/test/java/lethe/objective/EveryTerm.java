package lethe.objective;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import lethe.objective.TruncatedPredictions.Truth;

/** Every term that some method has, for the contracts. */
public final class EveryTerm {
  private static final List<TermSettings> SETTINGS =
      List.of(
          new TermSettings(
              0.1,
              0,
              3.2,
              new WeightedAscent(1),
              new SatImp(5, 1),
              new Margin(1, -1, 1),
              5,
              new Undial(10, 1),
              0.5,
              new CalibratedPredictions(0.1, 1),
              0,
              new Misdirection(1, 2, new Misdirection.Drawn(42)),
              new TruncatedPredictions(3, 1, Truth.REMOVED),
              new Alternates(Optional.empty(), 1, 1, 200)),
          new TermSettings(
              2,
              0.3,
              3.0,
              new WeightedAscent(0.3),
              new SatImp(0.5, 2.5),
              new Margin(4, -2, 0.9),
              0.5,
              new Undial(3, 1.3),
              2,
              new CalibratedPredictions(1, 1.4),
              2,
              new Misdirection(0, 20, new Misdirection.Drawn(-1)),
              new TruncatedPredictions(50, 0.6, Truth.KEPT),
              new Alternates(Optional.empty(), 3, 1, 200)));

  private EveryTerm() {}

  public static Stream<Term> all() {
    return SETTINGS.stream()
        .flatMap(
            settings ->
                Stream.concat(
                    Arrays.stream(Forget.values())
                        .filter(Forget::trains)
                        .map(forget -> forget.term(settings))
                        .map(EveryTerm::open),
                    Arrays.stream(Retain.values()).map(retain -> retain.term(settings))))
        .distinct();
  }

  /** An untrained model's loss is above its entropy: this cap is one that texts are still below. */
  private static Term open(Term term) {
    return term instanceof CappedAscent capped ? new CappedAscent(capped.capNats() + 2.2) : term;
  }

  /** Those whose value changes as their gradient says; what others hold constant changes, too. */
  public static Stream<Term> differentiable() {
    return all().filter(term -> !(term instanceof HeldTerm));
  }

  public static Stream<PositionTerm> ofPositions() {
    return all().filter(PositionTerm.class::isInstance).map(PositionTerm.class::cast);
  }

  public static Stream<HiddenTerm> ofHiddenStates() {
    return all().filter(HiddenTerm.class::isInstance).map(HiddenTerm.class::cast);
  }

  public static Stream<SequenceTerm> ofSequences() {
    return all().filter(SequenceTerm.class::isInstance).map(SequenceTerm.class::cast);
  }
}
