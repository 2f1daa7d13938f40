package lethe.folder;

/** Keeps a driver from changing a run folder that another driver has taken over. */
public interface Fence {
  /** Where there is only one driver: stages that a test runs alone, files outside of a run. */
  Fence NONE =
      new Fence() {
        @Override
        public void check() {
          // nobody else
        }

        @Override
        public int driver() {
          return 1;
        }
      };

  /**
   * Called before every change.
   *
   * @throws LeaseLostException when the folder is another driver's
   */
  void check();

  /** The number of this driver among all that had the folder, from 1. */
  int driver();
}
