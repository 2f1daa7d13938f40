package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.loss.ModelParityTest;
import lethe.model.TinyLlama;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.objective.CappedAscent;
import lethe.objective.CappedEntropy;
import lethe.objective.GradientAscent;
import lethe.objective.Margin;
import lethe.objective.PositionTerm;
import lethe.objective.Positions;
import lethe.objective.Role;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A text that is at its target is left alone, though some of its tokens are not there yet. */
class SequenceCapTest {
  private static Network network;
  private static Parameters weights;

  @BeforeAll
  static void open() {
    network = TinyLlama.network();
    weights = TinyLlama.parameters(network, 1);
  }

  @AfterAll
  static void close() {
    network.close();
  }

  @Test
  void ascentLeavesATextAloneAtItsMean() {
    MicroBatch microBatch = new MicroBatch(network);
    Example near = example("near", 4);
    Example far = example("far", 3);
    double[] means = microBatch.score(List.of(near, far), weights);
    means[0] /= 11;
    means[1] /= 11;
    assertThat(means[0]).isLessThan(means[1]);
    double between = (means[0] + means[1]) / 2;
    assertLeavesOnlyTheOther(new CappedAscent(between), far, near);
    // A cap that no mean has reached leaves all that it left before.
    assertThat(gradient(new CappedAscent(100), near, far))
        .isEqualTo(gradient(new GradientAscent(), near, far));
  }

  @Test
  void entropyLeavesATextAloneAtItsMean() {
    // Untrained, every prediction is nearly uniform: beyond any cap but that of log V itself.
    Example one = example("one", 3);
    assertThat(gradient(new CappedEntropy(1), one)).containsOnly(0f);
    assertThat(norm(gradient(new CappedEntropy(Math.log(TinyLlama.VOCABULARY)), one))).isPositive();
  }

  @Test
  void marginLeavesATextAloneWhoseShareOfPositionsIsBehind() {
    List<Example> byShare = new ArrayList<>(List.of(example("near", 4), example("far", 3)));
    byShare.sort(Comparator.comparingDouble(text -> share(text)));
    Example other = byShare.get(0);
    Example there = byShare.get(1);
    double between = (share(other) + share(there)) / 2;
    assertThat(share(there)).isGreaterThan(between).isLessThan(1);
    assertThat(norm(gradient(against(1), there))).isPositive();
    assertLeavesOnlyTheOther(against(between), there, other);
  }

  /** Untrained, about half of the true tokens are behind the mean of all others. */
  private static Margin against(double rho) {
    return new Margin(TinyLlama.VOCABULARY - 1, 0, rho);
  }

  /** Share of a text's positions whose true token does not lead. */
  private static double share(Example text) {
    PositionTerm.SequenceCap cap = against(0.5).sequenceCap().orElseThrow();
    Example.View view = text.views().get(0);
    try (NDManager manager = network.newManager()) {
      TokenBatch batch = TokenBatch.of(manager, List.of(view.tokens()), List.of(view.labels()));
      NDArray hiddenND = network.gatherRows(network.hidden(batch.idsBT(), weights), batch.rowsN());
      Positions positions = new Positions(network.logits(hiddenND, weights), batch.labelsN());
      return cap.valueN().apply(positions).mean().getFloat();
    }
  }

  private static void assertLeavesOnlyTheOther(PositionTerm term, Example there, Example other) {
    assertThat(gradient(term, there)).as("alone").containsOnly(0f);
    ModelParityTest.assertClose(
        gradient(term, there, other), gradient(term, other), 1e-5, "the other's gradient");
    assertThat(norm(gradient(term, other))).isPositive();
  }

  private static float[] gradient(PositionTerm term, Example... examples) {
    try (Parameters leaves = weights.leaves()) {
      new MicroBatch(network)
          .accumulate(new Role("forget", term, 1), List.of(examples), 1, leaves, Map.of());
      float[] gradient = new float[TinyLlama.values(1).length];
      leaves.readGradients(0, gradient, 0, gradient.length);
      return gradient;
    }
  }

  private static double norm(float[] gradient) {
    double squares = 0;
    for (float g : gradient) {
      squares += (double) g * g;
    }
    return Math.sqrt(squares);
  }

  /** Twelve tokens, eleven of them scored. */
  private static Example example(String id, long seed) {
    int[] tokens = new Random(seed).ints(12, 0, TinyLlama.VOCABULARY).toArray();
    return new Example(id, List.of(new Example.View(tokens, tokens, Double.NaN)));
  }
}
