package lethe.train;

/**
 * What the driver's and the workers' halves of one launch agree on.
 *
 * @param layout of the vector that travels
 * @param schedule of the learning rate
 * @param wire how values travel
 * @param launch of the training stage, from 0
 * @param workers of it
 */
record Exchange(Layout layout, Schedule schedule, Wire wire, int launch, int workers) {
  /** What a worker says to show that it means the same. */
  static String greeting(Layout layout, int workers, Wire wire) {
    return layout.buckets() + " and " + layout.frozen() + " " + workers + " workers " + wire;
  }

  String greeting() {
    return greeting(layout, workers, wire);
  }
}
