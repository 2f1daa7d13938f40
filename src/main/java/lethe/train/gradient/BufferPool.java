package lethe.train.gradient;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Buckets that are no longer needed, for those that arrive next: memory that is new to a process is
 * zeroed before it is written, and costs more than what is written into it.
 */
public final class BufferPool {
  private final Map<Integer, Queue<float[]>> byLength = new ConcurrentHashMap<>();

  /** A bucket with any values in it. */
  public float[] acquire(int length) {
    float[] spare = queue(length).poll();
    return spare == null ? new float[length] : spare;
  }

  /**
   * @param bucket that nobody looks at any more
   */
  public void release(float[] bucket) {
    queue(bucket.length).add(bucket);
  }

  private Queue<float[]> queue(int length) {
    return byLength.computeIfAbsent(length, l -> new ConcurrentLinkedQueue<>());
  }
}
