package lethe.inference;

import ai.djl.Device;
import java.io.Serializable;
import lethe.model.torch.Activations;
import lethe.model.torch.Compute;
import lethe.model.torch.NativeEngine;
import lethe.model.torch.Precision;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import lethe.spark.ScalaCollections;
import org.apache.spark.SparkEnv;
import org.apache.spark.resource.ResourceInformation;

/**
 * How a worker computes.
 *
 * @param threads for matrix products on the processor
 * @param precision of matrix products
 * @param activations kept or recomputed
 * @param device what to use when Spark assigns a GPU
 */
public record ComputeSettings(
    int threads, Precision precision, Activations activations, DeviceChoice device)
    implements Serializable {

  /** Spark's setting for the number of GPUs of an executor. */
  public static final String EXECUTOR_GPUS = "spark.executor.resource.gpu.amount";

  /** What a worker runs on. */
  public enum DeviceChoice {
    /** The GPU that Spark assigned to the task; the processor only where there are no GPUs. */
    AUTO,
    /** The processor, whatever Spark assigned. */
    CPU
  }

  /** On the processor, in float32. */
  public static ComputeSettings cpu(int threads) {
    return new ComputeSettings(threads, Precision.FLOAT32, Activations.KEEP, DeviceChoice.CPU);
  }

  public static ComputeSettings read(Section train) {
    return new ComputeSettings(
        train.count("threads", 1),
        train.choice("precision", Precision.class),
        train.bool("activation-checkpointing") ? Activations.RECOMPUTE : Activations.KEEP,
        train.choice("device", DeviceChoice.class));
  }

  /** The same in float32: measurements should not be less precise than necessary. */
  public ComputeSettings exact() {
    return new ComputeSettings(threads, Precision.FLOAT32, activations, device);
  }

  /**
   * Compute with the resources of a task.
   *
   * @param resources as {@code TaskContext.resources()} gives them
   * @throws InvalidSettings when {@link DeviceChoice#AUTO} finds no GPU assigned to the task
   *     although there are GPUs, or {@link #on(String...)} refuses what is assigned
   */
  public Compute on(scala.collection.Map<String, ResourceInformation> resources) {
    ResourceInformation gpu = ScalaCollections.map(resources).get("gpu");
    if (gpu != null) {
      return on(gpu.addresses());
    }
    if (device == DeviceChoice.AUTO) {
      checkThatNoneIsLeftIdle();
    }
    return on();
  }

  /**
   * The processor is chosen by itself only where there is no GPU; otherwise the user must set it.
   */
  private static void checkThatNoneIsLeftIdle() {
    String amount =
        SparkEnv.get() == null ? "0" : SparkEnv.get().conf().get(EXECUTOR_GPUS, "0").trim();
    if (!amount.equals("0")) {
      throw new InvalidSettings(
          "Cannot choose a device: executors have GPUs (%s=%s) and Spark assigned none to this task; run on a cluster or on spark.master=local-cluster[1,CORES,MEBIBYTES], where it does, or set train.device=cpu and evaluate.device=cpu to use the processor"
              .formatted(EXECUTOR_GPUS, amount));
    }
    int gpus = NativeEngine.gpus();
    if (gpus > 0) {
      throw new InvalidSettings(
          "Cannot choose a device: this machine has %d GPUs and Spark assigned none to this task; set %s=1 and a spark.executor.resource.gpu.discoveryScript, as conf/gpu.conf does, or train.device=cpu and evaluate.device=cpu to use the processor"
              .formatted(gpus, EXECUTOR_GPUS));
    }
  }

  /**
   * Compute with the GPUs of a task.
   *
   * @param addresses as Spark's discovery script found them: each is the number of a CUDA device
   * @throws InvalidSettings when there is more than one, or it is not a number
   */
  public Compute on(String... addresses) {
    Device chosen = Device.cpu();
    if (device == DeviceChoice.AUTO && addresses.length > 0) {
      if (addresses.length > 1) {
        throw new InvalidSettings(
            "Cannot use GPUs %s for one task: set spark.task.resource.gpu.amount=0, so that the task asks for one"
                .formatted(String.join(", ", addresses)));
      }
      if (!addresses[0].matches("[0-9]{1,4}")) {
        throw new InvalidSettings(
            "Cannot use GPU \"%s\": spark.executor.resource.gpu.discoveryScript must give the numbers of CUDA devices"
                .formatted(addresses[0]));
      }
      chosen = Device.gpu(Integer.parseInt(addresses[0]));
    }
    return new Compute(chosen, threads, precision, activations);
  }
}
