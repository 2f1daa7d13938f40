package lethe.train.exchange;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import lethe.objective.Role;

/**
 * What one worker adds to the record of a step.
 *
 * @param termSums for each shard it owns and each role, the term's sum; shard by shard
 * @param counts in the same order, what the sums were taken over: scored positions, or examples for
 *     a term of sequences
 * @param tokens that went through forward and backward
 * @param computeNanos spent on them
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record WorkerReport(double[] termSums, long[] counts, long tokens, long computeNanos) {
  /**
   * Why a step must not be applied, if so: its gradients were divided by the counts of the plan, so
   * the workers must have scored exactly as many.
   *
   * @param planned what each role's term was divided by
   * @param reports of all workers
   */
  public static Optional<String> objection(
      List<Role> roles, long[] planned, List<WorkerReport> reports) {
    long[] scored = new long[roles.size()];
    for (WorkerReport report : reports) {
      for (int i = 0; i < report.counts.length; i++) {
        scored[i % roles.size()] += report.counts[i];
      }
    }
    return IntStream.range(0, scored.length)
        .filter(r -> scored[r] != planned[r])
        .mapToObj(
            r ->
                "the workers scored %d of %s, but the plan has %d"
                    .formatted(scored[r], roles.get(r).name(), planned[r]))
        .findFirst();
  }

  int bytes() {
    return 20 + 16 * termSums.length;
  }

  void write(ByteBuffer buffer) {
    buffer.putLong(tokens).putLong(computeNanos).putInt(termSums.length);
    for (double sum : termSums) {
      buffer.putDouble(sum);
    }
    for (long count : counts) {
      buffer.putLong(count);
    }
  }

  /**
   * Reads what {@link #write} has written.
   *
   * @throws IllegalStateException when it is anything else
   */
  static WorkerReport read(ByteBuffer buffer) {
    int bytes = buffer.remaining();
    if (bytes < 20 || 20 + 16L * buffer.getInt(buffer.position() + 16) != bytes) {
      throw new IllegalStateException("Cannot read a worker's report of " + bytes + " bytes");
    }
    long tokens = buffer.getLong();
    long compute = buffer.getLong();
    double[] sums = new double[buffer.getInt()];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = buffer.getDouble();
    }
    long[] counts = new long[sums.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = buffer.getLong();
    }
    return new WorkerReport(sums, counts, tokens, compute);
  }
}
