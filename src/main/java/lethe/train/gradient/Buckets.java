package lethe.train.gradient;

/**
 * The flat parameter vector cut into pieces that travel, and are updated, one at a time.
 *
 * @param elements of the whole vector
 * @param bucketElements of every bucket but the last
 */
public record Buckets(long elements, int bucketElements) {
  public int count() {
    return (int) ((elements + bucketElements - 1) / bucketElements);
  }

  public long offset(int bucket) {
    return (long) bucket * bucketElements;
  }

  public int length(int bucket) {
    return (int) Math.min(bucketElements, elements - offset(bucket));
  }

  /** The bucket of an element. */
  public int at(long element) {
    return (int) (element / bucketElements);
  }

  /** A zero vector. */
  public float[][] allocate() {
    float[][] vector = new float[count()][];
    for (int b = 0; b < vector.length; b++) {
      vector[b] = new float[length(b)];
    }
    return vector;
  }
}
