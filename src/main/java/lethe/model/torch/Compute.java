package lethe.model.torch;

import ai.djl.Device;
import java.util.Optional;

/**
 * Where and how a network runs.
 *
 * @param device the processor, or a GPU
 * @param threads for matrix products on the processor, at least 1
 * @param precision of matrix products
 * @param activations of recorded passes
 */
public record Compute(Device device, int threads, Precision precision, Activations activations) {
  /** Float32 on the processor, keeping activations. */
  public static Compute cpu(int threads) {
    return new Compute(Device.cpu(), threads, Precision.FLOAT32, Activations.KEEP);
  }

  /** The model of its GPU; empty on the processor. */
  public Optional<String> gpu() {
    return device.isGpu() ? Optional.of(NativeEngine.gpu(device)) : Optional.empty();
  }

  public Compute with(Precision other) {
    return new Compute(device, threads, other, activations);
  }

  public Compute with(Activations other) {
    return new Compute(device, threads, precision, other);
  }
}
