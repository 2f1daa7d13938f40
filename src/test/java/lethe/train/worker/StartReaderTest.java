package lethe.train.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lethe.inference.ComputeSettings;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.ModelSource;
import lethe.model.StartWeights;
import lethe.model.TinyLlama;
import lethe.model.TrainedModel;
import lethe.model.adapter.Adapter;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Activations;
import lethe.model.torch.Precision;
import lethe.settings.InvalidSettings;
import lethe.train.gradient.GradientMode;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.Sharpness;
import lethe.train.gradient.WireFormat;
import lethe.train.optimizer.MasterWeights;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker that reads its weights computes with the bits of one that was sent them. */
class StartReaderTest {
  private static final List<Example> EXAMPLES =
      List.of(
          new Example(
              "a",
              List.of(
                  new Example.View(
                      new int[] {1, 5, 9, 2, 7, 3}, new int[] {-100, 5, 9, 2, 7, 3}, Double.NaN))));

  @TempDir Path folder;

  private ModelSource model;

  @BeforeEach
  void aModel() throws IOException {
    model = TinyLlama.write(folder, 1);
  }

  @ParameterizedTest
  @EnumSource(WireFormat.class)
  void atTheFirstStepAllIsRead(WireFormat wire) {
    assertRead(true, 0, List.of(), wire, sent(List.of(), wire));
  }

  @ParameterizedTest
  @EnumSource(WireFormat.class)
  void whatIsNotTrainedIsNotRounded(WireFormat wire) {
    List<String> frozen = List.of("model.layers.0.*", "model.embed_tokens.*");
    assertRead(true, 0, frozen, wire, sent(frozen, wire));
  }

  @Test
  void atALaterStepTheTrainedOnesAreLeftToTheDriver() {
    assertRead(false, 3, List.of(), WireFormat.FLOAT32, new float[TinyLlama.values(1).length]);
    assertThat(
            new TrainedModel(model, StartWeights.random(model, 0.02, 1), null, 0).readByWorkers())
        .as("random weights are sent")
        .isFalse();
    Adapter adapter = new Adapter(2, 4, false, List.of("q_proj"));
    assertThat(new TrainedModel(model, StartWeights.of(model), adapter, 0).readByWorkers())
        .as("an adapter is sent")
        .isFalse();
  }

  @Test
  void otherFilesThanTheDriversAreRefused() throws IOException {
    List<String> frozen = List.of("model.embed_tokens.*");
    WorkerTask.WorkerSpec all = spec(List.of(), WireFormat.FLOAT32);
    WorkerTask.WorkerSpec part = spec(frozen, WireFormat.FLOAT32);
    float[] other = TinyLlama.values(1);
    other[other.length - 1] = Math.nextUp(other[other.length - 1]);
    TinyLlama.write(folder, other);
    try (Network network = TinyLlama.network();
        Parameters weights = network.newParameters()) {
      assertThatThrownBy(() -> new StartReader(all, 2).read(0, weights))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("is another one for worker 2 (sha256 ")
          .hasMessageContaining("than for the driver (" + all.start() + ")")
          .hasMessageContaining("every host must see the same files under this path");
      assertThatThrownBy(() -> new StartReader(part, 1).read(5, weights))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("is another one for worker 1 (fingerprint ")
          .hasMessageContaining("than for the driver (" + part.untrained() + ")");
    }
  }

  private void assertRead(
      boolean everything, int step, List<String> frozen, WireFormat wire, float[] expected) {
    try (Network network = TinyLlama.network();
        Parameters weights = network.newParameters();
        Parameters wanted = network.newParameters()) {
      boolean all = new StartReader(spec(frozen, wire), 0).read(step, weights);
      wanted.write(0, expected, 0, expected.length);
      MicroBatch loss = new MicroBatch(network);
      assertThat(all).isEqualTo(everything);
      assertThat(loss.score(EXAMPLES, weights)).isEqualTo(loss.score(EXAMPLES, wanted));
    }
  }

  /** The model's weights, of which the trained ones have travelled. */
  private static float[] sent(List<String> frozen, WireFormat wire) {
    ParameterPattern still = new ParameterPattern(frozen);
    float[] values = TinyLlama.values(1);
    int at = 0;
    for (NamedShape tensor : TinyLlama.architecture().tensors()) {
      int end = at + (int) tensor.elements();
      if (!still.matches(tensor.name())) {
        float[] travelling = Arrays.copyOfRange(values, at, end);
        wire.round(travelling);
        System.arraycopy(travelling, 0, values, at, end - at);
      }
      at = end;
    }
    return values;
  }

  private WorkerTask.WorkerSpec spec(List<String> frozen, WireFormat wire) {
    TrainedModel trained = new TrainedModel(model, StartWeights.of(model), null, 0);
    ParameterLayout layout =
        ParameterLayout.of(
            TinyLlama.architecture().tensors(),
            new ParameterPattern(frozen),
            new ParameterPattern(List.of("*norm*")),
            700);
    return new WorkerTask.WorkerSpec(
        trained,
        MasterWeights.sha256(MasterWeights.load(layout, trained.tensors())),
        frozen.isEmpty() ? "" : trained.start().fingerprint(),
        Map.of(),
        List.of(),
        new long[0][],
        List.of(),
        1,
        1,
        1,
        new ComputeSettings(1, Precision.FLOAT32, Activations.KEEP, null),
        layout,
        wire,
        GradientMode.SUMMED,
        Sharpness.NONE);
  }
}
