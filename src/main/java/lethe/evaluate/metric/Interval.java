package lethe.evaluate.metric;

/**
 * Where a figure lies with 95 % confidence.
 *
 * @param low the 2.5th percentile
 * @param high the 97.5th percentile
 */
public record Interval(double low, double high) {}
