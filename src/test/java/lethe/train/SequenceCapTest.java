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
import lethe.objective.ChunkCap;
import lethe.objective.CrossEntropy;
import lethe.objective.GradientAscent;
import lethe.objective.Margin;
import lethe.objective.MaxEntropy;
import lethe.objective.Misdirection;
import lethe.objective.PositionTerm;
import lethe.objective.Positions;
import lethe.objective.Role;
import lethe.objective.SimNpo;
import lethe.objective.Term;
import lethe.objective.ViewKind;
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

  @Test
  void aCapOfTheRoleLeavesATextAloneUnderAnyTerm() {
    MicroBatch microBatch = new MicroBatch(network);
    Example near = example("near", 4);
    Example far = example("far", 3);
    double[] means = microBatch.score(List.of(near, far), weights);
    double between = (means[0] + means[1]) / 2 / 11;
    List<Term> terms =
        List.of(
            new GradientAscent(),
            new SimNpo(2, 0),
            new MaxEntropy(MaxEntropy.Direction.MODEL_TO_UNIFORM),
            new Misdirection(0, 2, new Misdirection.Drawn(1)));
    for (Term term : terms) {
      Role capped = new Role("forget", term, 1, new ChunkCap(between, Map.of()));
      assertThat(gradient(capped, far)).as(term.name()).containsOnly(0f);
      ModelParityTest.assertClose(
          gradient(capped, far, near),
          gradient(new Role("forget", term, 1), near),
          1e-5,
          term.name());
      assertThat(norm(gradient(capped, near))).as(term.name()).isPositive();
    }
  }

  @Test
  void aCapOfTheRoleIsALossOnTheTextWhateverItsLabels() {
    Example text = example("one", 3);
    int[] tokens = text.views().get(0).tokens();
    double own = new MicroBatch(network).score(List.of(text), weights)[0] / 11;
    int[] others = new Random(9).ints(12, 0, TinyLlama.VOCABULARY).toArray();
    Example relabelled = new Example("one", List.of(new Example.View(tokens, others, Double.NaN)));
    double ofLabels = new MicroBatch(network).score(List.of(relabelled), weights)[0] / 11;
    assertThat(Math.abs(own - ofLabels)).isGreaterThan(1e-3);
    Term term = new CrossEntropy(ViewKind.RANDOM_LABELS);
    Role below = new Role("forget", term, 1, new ChunkCap(own - 1e-3, Map.of()));
    Role above = new Role("forget", term, 1, new ChunkCap(own + 1e-3, Map.of()));
    assertThat(gradient(below, relabelled)).containsOnly(0f);
    assertThat(norm(gradient(above, relabelled))).isPositive();
  }

  @Test
  void aDomainHasItsOwnCap() {
    Example text = example("one", 3);
    Example book = new Example("book", "books", text.views());
    Example paper = new Example("paper", "papers", text.views());
    Role role =
        new Role("forget", new GradientAscent(), 1, new ChunkCap(100, Map.of("books", 1.0)));
    assertThat(gradient(role, book)).containsOnly(0f);
    assertThat(norm(gradient(role, paper))).isPositive();
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
    return gradient(new Role("forget", term, 1), examples);
  }

  private static float[] gradient(Role role, Example... examples) {
    try (Parameters leaves = weights.leaves()) {
      new MicroBatch(network).accumulate(role, List.of(examples), 1, leaves, Map.of());
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
