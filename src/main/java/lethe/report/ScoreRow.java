package lethe.report;

/**
 * A figure of a report, in a row of {@code report.table}.
 *
 * @param model its name: original, unlearned, ...
 * @param weights the model's fingerprint: SHA-256 over config.json and the weights
 * @param split it was computed on; {@code *} for a test of general ability, which has no split
 * @param domain of the split, or {@code *} for all together
 * @param metric where {@code report.json} has it, with dots between members: {@code scores.nll}
 * @param value null when it is not finite
 * @param low end of its 95 % interval; null where there is none
 * @param high the other end
 */
public record ScoreRow(
    String model,
    String weights,
    String split,
    String domain,
    String metric,
    Double value,
    Double low,
    Double high) {}
