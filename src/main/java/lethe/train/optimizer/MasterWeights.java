package lethe.train.optimizer;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import lethe.folder.Files;
import lethe.model.checkpoint.TensorSource;
import lethe.train.gradient.Buckets;
import lethe.train.gradient.ParameterLayout;

/**
 * Weights by tensor name: the trained ones, which the driver holds bucket by bucket, and those that
 * are as they were.
 */
public final class MasterWeights implements TensorSource {
  /** Elements that are turned into bytes at a time. */
  private static final int PIECE = 1 << 18;

  private final Map<String, Long> starts = new HashMap<>();
  private final ParameterLayout layout;
  private final float[][] weights;
  private final TensorSource others;

  /**
   * @param weights bucket by bucket
   * @param others the weights that are not trained
   */
  public MasterWeights(ParameterLayout layout, float[][] weights, TensorSource others) {
    this.layout = layout;
    this.weights = weights;
    this.others = others;
    layout.tensors().forEach(tensor -> starts.put(tensor.name(), tensor.offset()));
  }

  /** Reads the weights that are trained into buckets. */
  public static float[][] load(ParameterLayout layout, TensorSource start) {
    float[][] vector = layout.buckets().allocate();
    for (int bucket = 0; bucket < vector.length; bucket++) {
      load(layout, start, bucket, vector[bucket]);
    }
    return vector;
  }

  /** Reads those of one bucket. */
  public static void load(ParameterLayout layout, TensorSource start, int bucket, float[] into) {
    long first = layout.buckets().offset(bucket);
    int length = layout.buckets().length(bucket);
    for (int done = 0; done < length; ) {
      ParameterLayout.TensorRange tensor = layout.tensor(first + done);
      long inside = first + done - tensor.offset();
      int count = (int) Math.min(length - done, tensor.elements() - inside);
      start.read(tensor.name(), inside, into, done, count);
      done += count;
    }
  }

  /** The SHA-256 of weights, bucket after bucket, each number in four bytes, the highest first. */
  public static String sha256(float[][] weights) {
    MessageDigest digest = Files.sha256();
    for (float[] bucket : weights) {
      update(digest, bucket);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Adds a bucket to a digest as {@link #sha256} has it. */
  public static void update(MessageDigest digest, float[] bucket) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * Math.min(bucket.length, PIECE));
    for (int done = 0; done < bucket.length; done += PIECE) {
      int count = Math.min(bucket.length - done, PIECE);
      bytes.clear().asFloatBuffer().put(bucket, done, count);
      digest.update(bytes.array(), 0, 4 * count);
    }
  }

  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    Long start = starts.get(name);
    if (start == null) {
      others.read(name, fromElement, to, offset, count);
      return;
    }
    Buckets buckets = layout.buckets();
    long at = start + fromElement;
    for (int done = 0; done < count; ) {
      int bucket = buckets.at(at + done);
      int index = (int) (at + done - buckets.offset(bucket));
      int length = Math.min(count - done, buckets.length(bucket) - index);
      System.arraycopy(weights[bucket], index, to, offset + done, length);
      done += length;
    }
  }
}
