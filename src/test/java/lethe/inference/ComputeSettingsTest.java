package lethe.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.util.Map;
import lethe.inference.ComputeSettings.DeviceChoice;
import lethe.model.torch.Activations;
import lethe.model.torch.Compute;
import lethe.model.torch.Precision;
import lethe.spark.ScalaCollections;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;

class ComputeSettingsTest {
  private static final ComputeSettings AUTO =
      new ComputeSettings(3, Precision.BFLOAT16, Activations.RECOMPUTE, DeviceChoice.AUTO);
  private static final ComputeSettings CPU =
      new ComputeSettings(3, Precision.FLOAT32, Activations.KEEP, DeviceChoice.CPU);

  @Test
  void takesTheGpuThatSparkAssigned() {
    assertThat(on(AUTO, Map.of("gpu", gpu("2"))))
        .isEqualTo(new Compute(Device.gpu(2), 3, Precision.BFLOAT16, Activations.RECOMPUTE));
    assertThat(on(CPU, Map.of("gpu", gpu("2")))).isEqualTo(Compute.cpu(3));
  }

  @Test
  void runsOnTheProcessorWhereThereIsNone() {
    assertThat(on(AUTO, Map.of()).device()).isEqualTo(Device.cpu());
    assertThat(on(AUTO, Map.of("fpga", gpu("1"))).device()).isEqualTo(Device.cpu());
  }

  @Test
  void refusesWhatIsNoSingleDevice() {
    assertThatThrownBy(() -> AUTO.on("0", "1"))
        .hasMessage(
            "Cannot use GPUs 0, 1 for one task: set spark.task.resource.gpu.amount=0, so that the task asks for one");
    assertThatThrownBy(() -> AUTO.on("MIG-12"))
        .hasMessageStartingWith("Cannot use GPU \"MIG-12\": spark.executor.resource.gpu");
  }

  private static ResourceInformation gpu(String... addresses) {
    return new ResourceInformation("gpu", addresses);
  }

  private static Compute on(ComputeSettings settings, Map<String, ResourceInformation> resources) {
    return settings.on(ScalaCollections.map(resources));
  }
}
