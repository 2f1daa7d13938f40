package lethe.train.exchange;

import java.util.List;

/** The gradient of one step on its way to the driver. */
public interface GradientUpload {
  /**
   * Sends a bucket's sums; returns at once. Buckets are given in the order of {@link
   * lethe.train.gradient.SendOrder}, all of one vector before those of the next.
   *
   * @param sums of each node that this worker computes; not to be changed before they are taken
   */
  void send(Slot slot, List<float[]> sums);

  /** Returns when the driver has taken everything that was sent. */
  void await();
}
