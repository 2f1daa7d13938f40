package lethe.train.gradient;

import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Buckets that are no longer needed, kept for reuse: memory that is new to a process is zeroed
 * first, which costs more than writing the values. The one released last comes first: it may still
 * be in the processor's cache.
 */
public final class BufferPool {
  private final Map<Integer, Deque<float[]>> byLength = new ConcurrentHashMap<>();

  /** Returns a bucket whose contents are arbitrary. */
  public float[] acquire(int length) {
    float[] spare = stack(length).poll();
    return spare == null ? new float[length] : spare;
  }

  /**
   * @param bucket that is no longer used
   */
  public void release(float[] bucket) {
    stack(bucket.length).push(bucket);
  }

  private Deque<float[]> stack(int length) {
    return byLength.computeIfAbsent(length, l -> new ConcurrentLinkedDeque<>());
  }
}
