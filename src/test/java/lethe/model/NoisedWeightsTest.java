package lethe.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import lethe.model.checkpoint.TensorSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoisedWeightsTest {
  private static final String MATRIX = "model.layers.0.mlp.up_proj.weight";
  private static final String NORM = "model.norm.weight";

  @TempDir Path folder;

  @Test
  void shrinksAMatrixAndAddsNoiseOfItsSize() throws IOException {
    ModelSource model = TinyLlama.write(folder, 3);
    float[] plain = read(StartWeights.of(model).tensors(), MATRIX, 0, 384);
    float[] half = read(StartWeights.noised(model, 0.25, 9).tensors(), MATRIX, 0, 384);
    double noise = 0;
    double size = 0;
    double along = 0;
    for (int i = 0; i < plain.length; i++) {
      double added = half[i] - 0.75 * plain[i];
      noise += added * added;
      size += (double) plain[i] * plain[i];
      along += added * plain[i];
    }
    assertThat(Math.sqrt(noise / size)).as("a quarter of the size").isCloseTo(0.25, within(0.03));
    assertThat(along / Math.sqrt(noise * size)).as("in no direction").isCloseTo(0, within(0.15));
    assertThat(read(StartWeights.noised(model, 0.25, 9).tensors(), NORM, 0, 16))
        .isEqualTo(read(StartWeights.of(model).tensors(), NORM, 0, 16));
  }

  @Test
  void aCopyIsNotShrunk() throws IOException {
    ModelSource model = TinyLlama.write(folder, 3);
    float[] plain = read(StartWeights.of(model).tensors(), MATRIX, 0, 384);
    TensorSource copy =
        new NoisedWeights(model.weights(), model.architecture().tensors(), 1, 0.25, 9);
    float[] noised = read(copy, MATRIX, 0, 384);
    float[] shrunk = read(StartWeights.noised(model, 0.25, 9).tensors(), MATRIX, 0, 384);
    for (int i = 0; i < plain.length; i++) {
      assertThat(noised[i] - plain[i])
          .as("the same noise on the whole matrix")
          .isCloseTo(shrunk[i] - 0.75f * plain[i], within(1e-6f));
    }
    assertThat(read(copy, NORM, 0, 16)).isEqualTo(read(model.weights(), NORM, 0, 16));
  }

  @Test
  void isTheSameHoweverItIsRead() throws IOException {
    ModelSource model = TinyLlama.write(folder, 3);
    float[] whole = read(StartWeights.noised(model, 0.4, 9).tensors(), MATRIX, 0, 384);
    TensorSource again = StartWeights.noised(model, 0.4, 9).tensors();
    float[] piece = read(again, MATRIX, 100, 7);
    for (int i = 0; i < 7; i++) {
      assertThat(piece[i]).isEqualTo(whole[100 + i]);
    }
    assertThat(read(StartWeights.noised(model, 0.4, 10).tensors(), MATRIX, 0, 384))
        .isNotEqualTo(whole);
    assertThat(StartWeights.noised(model, 0, 9)).isEqualTo(StartWeights.of(model));
  }

  @Test
  void whatIsNotTrainedHasNoNoise() throws IOException {
    ModelSource model = TinyLlama.write(folder, 3);
    TrainedModel noised = new TrainedModel(model, StartWeights.noised(model, 0.4, 9), null, 0);
    TrainedModel plain = new TrainedModel(model, StartWeights.of(model), null, 0);
    assertThat(noised.readByWorkers()).isFalse();
    assertThat(plain.readByWorkers()).isTrue();
    assertThat(read(noised.untrained(), MATRIX, 0, 384))
        .isEqualTo(read(plain.tensors(), MATRIX, 0, 384));
  }

  private static float[] read(TensorSource source, String name, long from, int count) {
    float[] values = new float[count];
    source.read(name, from, values, 0, count);
    return values;
  }
}
