package lethe.train.gradient;

/**
 * The flat parameter vector cut into pieces that travel, and are updated, one at a time.
 *
 * @param elements of the whole vector
 * @param bucketElements of every bucket but the last
 */
public record Buckets(long elements, int bucketElements) {
  /** Elements in whose place an array has its header, in any Java virtual machine. */
  private static final int HEADER = 8;

  /**
   * Elements of a bucket that takes so many KiB as an array, header included. The G1 collector
   * gives a large array whole regions, whose sizes are powers of two: of one that is a header
   * larger than a region, up to half of the memory would be lost.
   */
  public static int elements(int kib) {
    return kib * 256 - HEADER;
  }

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
