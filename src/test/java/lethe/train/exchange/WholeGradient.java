package lethe.train.exchange;

import java.util.List;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.SendOrder;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;

/** What a worker that has everything at once sends. */
final class WholeGradient {
  private WholeGradient() {}

  /**
   * Sends the sum over all shards; returns when the driver has taken it.
   *
   * @param gradient bucket by bucket
   */
  static void send(
      DriverConnection driver,
      int step,
      ParameterLayout layout,
      WireFormat wire,
      float[][] gradient) {
    GradientUpload upload = driver.upload(step, List.of(ShardTree.ROOT), layout, wire);
    SendOrder order = new SendOrder(layout);
    for (int place = 0; place < order.count(); place++) {
      int bucket = order.bucket(place);
      upload.send(new Slot(0, bucket), List.of(gradient[bucket]));
    }
    upload.await();
  }
}
