package lethe.train;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lethe.model.NamedShape;
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
 * @param elements of all
 * @param bucketElements of every bucket but the last of each vector
 */
record Layout(List<Place> tensors, long decayed, long trained, long elements, int bucketElements)
    implements Serializable {

  /**
   * Where a tensor stands.
   *
   * @param name of the tensor
   * @param flat its first element in the network's flat vector
   * @param at its first element here
   * @param elements of it
   */
  record Place(String name, long flat, long at, long elements) implements Serializable {}

  /** Takes a range that stands together both here and in the network's flat vector. */
  @FunctionalInterface
  interface Range {
    /**
     * @param flat first element in the network's flat vector
     * @param from its distance from the first element of what was asked for
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
  static Layout of(List<NamedShape> tensors, Names frozen, Names undecayed, int bucketElements) {
    List<String> idle = frozen.idle(tensors.stream().map(NamedShape::name).toList());
    if (!idle.isEmpty()) {
      throw new InvalidSettings(
          List.of(
              "train.freeze has "
                  + String.join(", ", idle)
                  + ", which matches no parameter of the model; the first is "
                  + tensors.get(0).name()));
    }
    List<Place> places = new ArrayList<>();
    long decayed = append(places, tensors, n -> !frozen.has(n) && !undecayed.has(n));
    long trained = append(places, tensors, n -> !frozen.has(n) && undecayed.has(n));
    if (trained == 0) {
      throw new InvalidSettings(List.of("train.freeze leaves no parameter to train"));
    }
    long elements = append(places, tensors, frozen::has);
    return new Layout(new ArrayList<>(places), decayed, trained, elements, bucketElements);
  }

  private static long append(
      List<Place> places, List<NamedShape> tensors, Predicate<String> chosen) {
    long at = places.isEmpty() ? 0 : end(places.get(places.size() - 1));
    long flat = 0;
    for (NamedShape tensor : tensors) {
      if (chosen.test(tensor.name())) {
        places.add(new Place(tensor.name(), flat, at, tensor.elements()));
        at += tensor.elements();
      }
      flat += tensor.elements();
    }
    return at;
  }

  private static long end(Place place) {
    return place.at + place.elements;
  }

  /** Names of the tensors that are trained. */
  Set<String> trainedNames() {
    return tensors.stream()
        .filter(tensor -> tensor.at < trained)
        .map(Place::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Of what is trained. */
  Buckets buckets() {
    return new Buckets(trained, bucketElements);
  }

  /** Of what is frozen. */
  Buckets frozen() {
    return new Buckets(elements - trained, bucketElements);
  }

  /** Buckets of both, those that are trained first. */
  int count() {
    return buckets().count() + frozen().count();
  }

  /** First element of any bucket. */
  long offset(int bucket) {
    int first = buckets().count();
    return bucket < first ? buckets().offset(bucket) : trained + frozen().offset(bucket - first);
  }

  /** Elements of any bucket. */
  int length(int bucket) {
    int first = buckets().count();
    return bucket < first ? buckets().length(bucket) : frozen().length(bucket - first);
  }

  /** The bucket of an element. */
  int bucket(long at) {
    return at < trained
        ? (int) (at / bucketElements)
        : buckets().count() + (int) ((at - trained) / bucketElements);
  }

  /** All zero, bucket by bucket. */
  float[][] allocate() {
    float[][] vector = new float[count()][];
    for (int b = 0; b < vector.length; b++) {
      vector[b] = new float[length(b)];
    }
    return vector;
  }

  /** The tensor that has an element. */
  Place tensor(long at) {
    int low = 0;
    int high = tensors.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (tensors.get(middle).at <= at) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return tensors.get(low);
  }

  /** Walks over a bucket. */
  void each(int bucket, Range range) {
    long first = offset(bucket);
    int count = length(bucket);
    for (int done = 0; done < count; ) {
      Place tensor = tensor(first + done);
      long inside = first + done - tensor.at;
      int length = (int) Math.min(count - done, tensor.elements - inside);
      range.at(tensor.flat + inside, done, length);
      done += length;
    }
  }
}
