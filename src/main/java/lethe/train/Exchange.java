package lethe.train;

/**
 * What the driver's and the workers' halves of one launch agree on.
 *
 * @param layout of the vector that travels
 * @param schedule of the learning rate
 * @param wire how values travel
 * @param separation of the gradients' sides
 * @param launch of the training stage, from 0
 * @param workers of it
 */
record Exchange(
    Layout layout, Schedule schedule, Wire wire, Separation separation, int launch, int workers) {
  /** What a worker says to show that it means the same. */
  static String greeting(Layout layout, int workers, Wire wire, Separation separation) {
    return "%s and %s %d workers %s %s"
        .formatted(layout.buckets(), layout.frozen(), workers, wire, separation);
  }

  String greeting() {
    return greeting(layout, workers, wire, separation);
  }
}
