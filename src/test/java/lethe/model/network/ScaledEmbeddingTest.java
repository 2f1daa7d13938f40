package lethe.model.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.Arrays;
import lethe.model.family.Architectures;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import lethe.model.torch.Precision;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gemma's factor on the embedding is as exact as the precision that the model runs in. */
class ScaledEmbeddingTest {
  /** The square root of 24 is 4.898979...; of the neighbours in bfloat16, 4.90625 is nearer. */
  @ParameterizedTest
  @CsvSource({
    "gemma, FLOAT32, 4.8989794856",
    "gemma, BFLOAT16, 4.90625",
    "gemma2, BFLOAT16, 4.90625",
    "llama, BFLOAT16, 1"
  })
  void isTheRootOfTheWidth(String type, Precision precision, float factor)
      throws JsonProcessingException {
    Architecture architecture =
        Architectures.of(ArchitectureTest.config(type, "{'hidden_size': 24, 'head_dim': 4}"));
    Compute compute = Compute.cpu(1).with(precision);
    float[] row = new float[24];
    Arrays.fill(row, 0.7f); // no number of bfloat16, so that rows are seen not to be rounded
    try (Network network = new Network(architecture, compute);
        Parameters weights = network.newParameters();
        NDManager manager = network.newManager()) {
      weights.write(3 * 24, row, 0, 24);
      NDArray idsBT = manager.create(new long[][] {{3}});
      float[] embedded = Graph.withoutGraph(() -> network.embed(idsBT, weights).toFloatArray());
      assertThat(embedded).hasSize(24).containsOnly(0.7f * factor);
    }
  }
}
