package lethe.train.exchange;

import java.util.List;
import java.util.function.ObjIntConsumer;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.WireFormat;
import lethe.train.steering.ProbeDecision;

/** What a worker asks of its driver, in this order for each step; it reports while it uploads. */
public interface DriverConnection {
  /**
   * What a worker learns when it joins.
   *
   * @param step first step to compute, from 0
   * @param decision that is in force now
   */
  record Start(int step, ProbeDecision decision) {}

  /**
   * Joins the launch.
   *
   * @param greeting of {@link ExchangeSpec}
   * @param environment of this worker
   * @param device it computes on, as {@link WorkerEnvironment#device} names it
   */
  Start hello(String greeting, String environment, String device);

  /**
   * Fetches the weights with which a step begins, bucket by bucket in order; waits until they are
   * published.
   *
   * @param each takes a bucket's values, which are overwritten afterwards, and its number
   */
  void pull(int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each);

  /**
   * Fetches the weights at which the forget terms' gradient is taken once more, see {@link
   * lethe.train.gradient.Sharpness}, as {@link #pull} does; waits until they are made of all
   * workers' gradients.
   */
  void pullMoved(int step, ParameterLayout layout, WireFormat wire, ObjIntConsumer<float[]> each);

  /**
   * Sends the losses of the probe chunks with the weights that a step begins with; returns when all
   * workers have sent theirs.
   *
   * @param sums of the losses, for each own shard and domain, shard by shard, nats
   * @return what to do next
   */
  ProbeDecision probe(int step, double[] sums);

  /** Reports a step's sums; returns when the driver has them. */
  void report(int step, WorkerReport report);

  /**
   * Begins to send a step's gradient. The report must come before the last of it.
   *
   * @param nodes of the shard tree whose sums are sent
   * @param layout of the gradient
   */
  GradientUpload upload(int step, List<Integer> nodes, ParameterLayout layout, WireFormat wire);

  /** Reports that this worker cannot do its part, and that no other attempt could. */
  void unable(IllegalArgumentException why);
}
