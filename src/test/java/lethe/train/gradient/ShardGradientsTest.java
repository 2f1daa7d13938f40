package lethe.train.gradient;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shards are added piece by piece, with the bits of the tree's sums. */
class ShardGradientsTest {
  private static final int SHARDS = 8;

  /** More than two pieces, the last of them an odd one. */
  private static final int LENGTH = 2 * ShardGradients.PIECE + 12_345;

  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 0, 8",
    "BFLOAT16, 0, 8",
    "BFLOAT16, 1, 7",
    "FLOAT32, 3, 6",
    "BFLOAT16, 5, 6"
  })
  void theSumsAreThoseOfTheTree(WireFormat wire, int first, int end) {
    ShardTree tree = new ShardTree(SHARDS);
    float[][] shards = new float[SHARDS][];
    ShardGradients gradients = new ShardGradients(wire, tree, new BufferPool());
    for (int shard = first; shard < end; shard++) {
      float[] all = values(shard);
      shards[shard] = all;
      List<Integer> pieces = new ArrayList<>();
      gradients.add(
          shard,
          0,
          3,
          LENGTH,
          (values, from, count) -> {
            System.arraycopy(all, from, values, from, count);
            pieces.add(count);
          });
      assertThat(pieces).containsExactly(ShardGradients.PIECE, ShardGradients.PIECE, 12_345);
    }
    List<Integer> nodes = new ArrayList<>(); // whole subtrees of the shards
    for (int node = 1; node < 2 * SHARDS; node++) {
      if (within(node, first, end) && (node == 1 || !within(node / 2, first, end))) {
        nodes.add(node);
      }
    }
    List<float[]> sums = gradients.take(0, 3, nodes);
    for (int n = 0; n < nodes.size(); n++) {
      for (int i = 0; i < LENGTH; i += i < 20 ? 1 : 97) {
        assertThat(sums.get(n)[i])
            .as("node %d, element %d", nodes.get(n), i)
            .isEqualTo(sum(nodes.get(n), i, shards, wire));
      }
    }
  }

  /** Whether all leaves below a node are among some shards. */
  private static boolean within(int node, int first, int end) {
    return node >= SHARDS
        ? node - SHARDS >= first && node - SHARDS < end
        : within(2 * node, first, end) && within(2 * node + 1, first, end);
  }

  /** By recursion, one element at a time. */
  private static float sum(int node, int i, float[][] shards, WireFormat wire) {
    float[] one = {
      node >= SHARDS
          ? shards[node - SHARDS][i]
          : sum(2 * node, i, shards, wire) + sum(2 * node + 1, i, shards, wire)
    };
    wire.round(one);
    return one[0];
  }

  private static float[] values(int shard) {
    Random random = new Random(shard);
    float[] values = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
