package lethe.train.gradient;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The order in which a worker sends the buckets of a gradient: that in which a backward pass
 * finishes them, from the output of the network to its embedding. Driver and workers derive it from
 * the layout.
 */
public final class SendOrder {
  private final int[] buckets;
  private final int[] places;

  public SendOrder(ParameterLayout layout) {
    int count = layout.buckets().count();
    long[] lowest = new long[count];
    Arrays.fill(lowest, Long.MAX_VALUE);
    for (int b = 0; b < count; b++) {
      int bucket = b;
      layout.forEachRange(
          b, (flat, from, length) -> lowest[bucket] = Math.min(lowest[bucket], flat));
    }
    buckets =
        IntStream.range(0, count)
            .boxed()
            .sorted(Comparator.comparingLong((Integer b) -> lowest[b]).reversed())
            .mapToInt(Integer::intValue)
            .toArray();
    places = new int[count];
    for (int place = 0; place < count; place++) {
      places[buckets[place]] = place;
    }
  }

  /** Number of buckets. */
  public int count() {
    return buckets.length;
  }

  /** The bucket that is sent at a place, from 0. */
  public int bucket(int place) {
    return buckets[place];
  }

  /** When a bucket is sent, from 0. */
  public int place(int bucket) {
    return places[bucket];
  }
}
