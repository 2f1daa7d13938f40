package lethe.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Optional;

/**
 * What unlearning cost, compared with retraining.
 *
 * <pre>  FLOPs = 6 P T,   P parameters, T tokens through forward and backward </pre>
 *
 * Kaplan et al., "Scaling Laws for Neural Language Models", 2020, arXiv:2001.08361, section 2.1.
 * The same formula on both sides, so the ratio is that of the tokens; a reference model's forward
 * pass, where the method has one, is not counted and would add a third. Yao et al.
 * (arXiv:2402.15159) state more than 10^5 for a 6B model.
 *
 * @param steps applied
 * @param tokens through forward and backward, those of a range test too
 * @param seconds of the training, and of a range test
 * @param flops of unlearning
 * @param rangeTest what of that finding the learning rate took; null when it was given
 * @param pretrainingTokens of the original model; null when not known
 * @param retrainingFlops null when the tokens are not known
 * @param ratio retraining over unlearning; null when the tokens are not known
 */
@JsonNaming(SnakeCaseStrategy.class)
record Cost(
    int steps,
    long tokens,
    double seconds,
    double flops,
    RangeTest rangeTest,
    Double pretrainingTokens,
    Double retrainingFlops,
    Double ratio) {

  /**
   * What a range test took.
   *
   * @param steps made
   * @param tokens through forward and backward
   * @param seconds of its steps
   * @param share of the tokens of all unlearning
   */
  record RangeTest(int steps, long tokens, double seconds, double share) {
    private static RangeTest of(TrainingSummary test, long tokens) {
      return new RangeTest(
          test.steps(),
          test.tokens(),
          test.seconds(),
          tokens == 0 ? 0 : (double) test.tokens() / tokens);
    }
  }

  /**
   * @param unlearning its steps
   * @param rangeTest the steps of the range test before it, if there was one
   * @param parameters of the network
   * @param pretrainingTokens if known
   */
  static Cost of(
      TrainingSummary unlearning,
      Optional<TrainingSummary> rangeTest,
      long parameters,
      Optional<Double> pretrainingTokens) {
    long tokens = unlearning.tokens() + rangeTest.map(TrainingSummary::tokens).orElse(0L);
    double flops = 6.0 * parameters * tokens;
    Double again = pretrainingTokens.map(t -> 6.0 * parameters * t).orElse(null);
    return new Cost(
        unlearning.steps(),
        tokens,
        unlearning.seconds() + rangeTest.map(TrainingSummary::seconds).orElse(0.0),
        flops,
        rangeTest.map(test -> RangeTest.of(test, tokens)).orElse(null),
        pretrainingTokens.orElse(null),
        again,
        again == null || flops == 0 ? null : again / flops);
  }
}
