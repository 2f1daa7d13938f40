package lethe.train.gradient;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lethe.model.checkpoint.NamedShape;
import lethe.settings.InvalidSettings;

/**
 * The order in which parameters are held by the driver and travel: first those that are trained and
 * decay, then those that are trained and do not, then those that are frozen. The trained ones are
 * one vector in buckets, which have moments and gradients; the frozen ones are another one, which
 * workers fetch once.
 *
 * @param tensors in this order
 * @param decayed elements that decay
 * @param trained elements that are trained
 * @param elements number of all elements
 * @param bucketElements of every bucket but the last of each vector
 */
public record ParameterLayout(
    List<TensorRange> tensors, long decayed, long trained, long elements, int bucketElements)
    implements Serializable {

  /**
   * Where a tensor lies.
   *
   * @param name of the tensor
   * @param networkOffset its first element in the network's flat vector
   * @param offset its first element here
   * @param elements number of its elements
   */
  public record TensorRange(String name, long networkOffset, long offset, long elements)
      implements Serializable {}

  /** Takes a range that is contiguous both here and in the network's flat vector. */
  @FunctionalInterface
  public interface Range {
    /**
     * @param flat first element in the network's flat vector
     * @param from its distance from the first requested element
     * @param length elements
     */
    void at(long flat, int from, int length);
  }

  /**
   * @param tensors in the order of the network's flat vector
   * @param frozen which are not trained
   * @param undecayed which of the trained ones do not decay
   * @throws InvalidSettings when a pattern to freeze matches nothing, or all is frozen
   */
  public static ParameterLayout of(
      List<NamedShape> tensors,
      ParameterPattern frozen,
      ParameterPattern undecayed,
      int bucketElements) {
    List<String> idle = frozen.unmatched(tensors.stream().map(NamedShape::name).toList());
    if (!idle.isEmpty()) {
      throw new InvalidSettings(
          List.of(
              "train.freeze has "
                  + String.join(", ", idle)
                  + ", which matches no parameter of the model; the first is "
                  + tensors.get(0).name()));
    }
    List<TensorRange> places = new ArrayList<>();
    long decayed = append(places, tensors, n -> !frozen.matches(n) && !undecayed.matches(n));
    long trained = append(places, tensors, n -> !frozen.matches(n) && undecayed.matches(n));
    if (trained == 0) {
      throw new InvalidSettings(List.of("train.freeze leaves no parameter to train"));
    }
    long elements = append(places, tensors, frozen::matches);
    return new ParameterLayout(new ArrayList<>(places), decayed, trained, elements, bucketElements);
  }

  private static long append(
      List<TensorRange> places, List<NamedShape> tensors, Predicate<String> chosen) {
    long at = places.isEmpty() ? 0 : end(places.get(places.size() - 1));
    long flat = 0;
    for (NamedShape tensor : tensors) {
      if (chosen.test(tensor.name())) {
        places.add(new TensorRange(tensor.name(), flat, at, tensor.elements()));
        at += tensor.elements();
      }
      flat += tensor.elements();
    }
    return at;
  }

  private static long end(TensorRange place) {
    return place.offset + place.elements;
  }

  /** Names of the tensors that are trained. */
  public Set<String> trainedNames() {
    return tensors.stream()
        .filter(tensor -> tensor.offset < trained)
        .map(TensorRange::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** The buckets of the trained elements. */
  public Buckets buckets() {
    return new Buckets(trained, bucketElements);
  }

  /** The buckets of the frozen elements. */
  public Buckets frozen() {
    return new Buckets(elements - trained, bucketElements);
  }

  /** Number of all buckets, trained and frozen. */
  public int count() {
    return buckets().count() + frozen().count();
  }

  /** First element of any bucket. */
  public long offset(int bucket) {
    int first = buckets().count();
    return bucket < first ? buckets().offset(bucket) : trained + frozen().offset(bucket - first);
  }

  /** Elements of any bucket. */
  public int length(int bucket) {
    int first = buckets().count();
    return bucket < first ? buckets().length(bucket) : frozen().length(bucket - first);
  }

  /** The bucket of an element. */
  public int bucket(long at) {
    return at < trained
        ? (int) (at / bucketElements)
        : buckets().count() + (int) ((at - trained) / bucketElements);
  }

  /** Zeros for all elements, bucket by bucket. */
  public float[][] allocate() {
    float[][] vector = new float[count()][];
    for (int b = 0; b < vector.length; b++) {
      vector[b] = new float[length(b)];
    }
    return vector;
  }

  /** The tensor to which an element belongs. */
  public TensorRange tensor(long at) {
    int low = 0;
    int high = tensors.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (tensors.get(middle).offset <= at) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return tensors.get(low);
  }

  /** Visits the ranges of a bucket. */
  public void forEachRange(int bucket, Range range) {
    long first = offset(bucket);
    int count = length(bucket);
    for (int done = 0; done < count; ) {
      TensorRange tensor = tensor(first + done);
      long inside = first + done - tensor.offset;
      int length = (int) Math.min(count - done, tensor.elements - inside);
      range.at(tensor.networkOffset + inside, done, length);
      done += length;
    }
  }
}
