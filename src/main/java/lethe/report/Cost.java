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
 * @param tokens through forward and backward
 * @param seconds of the training
 * @param flops of unlearning
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
    Double pretrainingTokens,
    Double retrainingFlops,
    Double ratio) {

  /**
   * @param unlearning its steps
   * @param parameters of the network
   * @param pretrainingTokens if known
   */
  static Cost of(TrainingSummary unlearning, long parameters, Optional<Double> pretrainingTokens) {
    double flops = 6.0 * parameters * unlearning.tokens();
    Double again = pretrainingTokens.map(t -> 6.0 * parameters * t).orElse(null);
    return new Cost(
        unlearning.steps(),
        unlearning.tokens(),
        unlearning.seconds(),
        flops,
        pretrainingTokens.orElse(null),
        again,
        again == null || flops == 0 ? null : again / flops);
  }
}
