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
 * The order in which the trained parameters are held by the driver and travel: first those that
 * decay, then those that do not. They are one vector in buckets. What is not trained is not in it:
 * each worker reads it from where the model lies.
 *
 * @param tensors in this order
 * @param decayed elements that decay
 * @param trained elements of the vector
 * @param bucketElements of every bucket but the last
 */
public record ParameterLayout(
    List<TensorRange> tensors, long decayed, long trained, int bucketElements)
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
     * @param from its distance from the first element of the bucket
     * @param length elements
     */
    void at(long flat, int from, int length);
  }

  /** A layout in which all tensors may be trained. */
  public static ParameterLayout of(
      List<NamedShape> tensors,
      ParameterPattern frozen,
      ParameterPattern undecayed,
      int bucketElements) {
    return of(tensors, name -> true, frozen, undecayed, bucketElements);
  }

  /**
   * @param tensors in the order of the network's flat vector
   * @param trainable which may be trained: those of an adapter, where there is one
   * @param frozen which of these are not trained
   * @param undecayed which of the trained ones do not decay
   * @throws InvalidSettings when a pattern to freeze matches nothing, or all is frozen
   */
  public static ParameterLayout of(
      List<NamedShape> tensors,
      Predicate<String> trainable,
      ParameterPattern frozen,
      ParameterPattern undecayed,
      int bucketElements) {
    List<String> names = tensors.stream().map(NamedShape::name).filter(trainable).toList();
    List<String> idle = frozen.unmatched(names);
    if (!idle.isEmpty()) {
      throw new InvalidSettings(
          List.of(
              "train.freeze has "
                  + String.join(", ", idle)
                  + ", which matches no parameter that is trained; the first is "
                  + names.get(0)));
    }
    Predicate<String> trainedOnes = trainable.and(name -> !frozen.matches(name));
    List<TensorRange> places = new ArrayList<>();
    long decayed = append(places, tensors, trainedOnes.and(n -> !undecayed.matches(n)));
    long trained = append(places, tensors, trainedOnes.and(undecayed::matches));
    if (trained == 0) {
      throw new InvalidSettings(List.of("train.freeze leaves no parameter to train"));
    }
    return new ParameterLayout(new ArrayList<>(places), decayed, trained, bucketElements);
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
    return tensors.stream().map(TensorRange::name).collect(Collectors.toUnmodifiableSet());
  }

  /** The buckets of the vector. */
  public Buckets buckets() {
    return new Buckets(trained, bucketElements);
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

  /** Takes a range of the network's flat vector: first element, values, the first of so many. */
  @FunctionalInterface
  public interface FlatVector {
    void write(long flat, float[] values, int from, int count);
  }

  /** Writes the values of a bucket to where they lie in the network's flat vector. */
  public void write(int bucket, float[] values, FlatVector to) {
    forEachRange(bucket, (flat, from, length) -> to.write(flat, values, from, length));
  }

  /** Visits the ranges of a bucket. */
  public void forEachRange(int bucket, Range range) {
    forEachRange(bucket, 0, buckets().length(bucket), range);
  }

  /**
   * Visits the ranges of a part of a bucket.
   *
   * @param from the first of {@code count} elements, from the bucket's first
   */
  public void forEachRange(int bucket, int from, int count, Range range) {
    long first = buckets().offset(bucket);
    int end = from + count;
    for (int at = from; at < end; ) {
      TensorRange tensor = tensor(first + at);
      long inside = first + at - tensor.offset;
      int length = (int) Math.min(end - at, tensor.elements - inside);
      range.at(tensor.networkOffset + inside, at, length);
      at += length;
    }
  }
}
