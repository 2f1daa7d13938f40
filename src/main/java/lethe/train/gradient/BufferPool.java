package lethe.train.gradient;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Buckets that are no longer needed, kept for reuse: memory that is new to a process is zeroed
 * first, which costs more than writing the values.
 */
public final class BufferPool {
  private final Map<Integer, Queue<float[]>> byLength = new ConcurrentHashMap<>();

  /** Returns a bucket whose contents are arbitrary. */
  public float[] acquire(int length) {
    float[] spare = queue(length).poll();
    return spare == null ? new float[length] : spare;
  }

  /**
   * @param bucket that is no longer used
   */
  public void release(float[] bucket) {
    queue(bucket.length).add(bucket);
  }

  private Queue<float[]> queue(int length) {
    return byLength.computeIfAbsent(length, l -> new ConcurrentLinkedQueue<>());
  }
}
