package lethe.train.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lethe.loss.Example;
import lethe.loss.MicroBatch;
import lethe.model.TinyLlama;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.Architectures;
import lethe.model.network.Architecture;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.torch.Activations;
import lethe.model.torch.Compute;
import lethe.model.torch.Precision;
import lethe.objective.Descent;
import lethe.objective.Misdirection;
import lethe.objective.Role;
import lethe.train.exchange.GradientUpload;
import lethe.train.exchange.Slot;
import lethe.train.gradient.BufferPool;
import lethe.train.gradient.ParameterLayout;
import lethe.train.gradient.ParameterPattern;
import lethe.train.gradient.SendOrder;
import lethe.train.gradient.ShardGradients;
import lethe.train.gradient.ShardTree;
import lethe.train.gradient.WireFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Buckets leave while the backward pass runs, each with its whole gradient. */
class OutgoingGradientTest {
  private static final Role DESCENT = new Role("train", new Descent(), 1);
  private static final List<Example> EXAMPLES =
      List.of(
          new Example(
              "a",
              List.of(
                  new Example.View(
                      new int[] {1, 5, 9, 2, 7, 3}, new int[] {-100, 5, 9, 2, 7, 3}, Double.NaN))));

  private final List<Slot> order = new ArrayList<>();
  private final Map<Slot, float[]> sent = new HashMap<>();
  private int whileThePassRan;

  @ParameterizedTest
  @CsvSource({
    "KEEP, FLOAT32, false, '', ''",
    "RECOMPUTE, FLOAT32, false, '', ''",
    "KEEP, BFLOAT16, false, '', ''",
    "KEEP, FLOAT32, true, '', ''",
    "KEEP, FLOAT32, false, model.embed_tokens.*, ''",
    "KEEP, FLOAT32, false, '{model.embed_tokens,model.layers.0}.*', ''",
    "KEEP, FLOAT32, false, '', *norm*"
  })
  void everyBucketIsWholeWhenItIsSent(
      Activations activations, Precision precision, boolean tied, String frozen, String undecayed) {
    Architecture model = model(tied);
    ParameterLayout layout =
        ParameterLayout.of(model.tensors(), pattern(frozen), pattern(undecayed), 300);
    Compute compute = Compute.cpu(1).with(precision).with(activations);
    sendsWhatIsWhole(model, layout, compute, DESCENT);
    assertThat(whileThePassRan)
        .as("sent before the pass was over")
        .isEqualTo(layout.buckets().count() - 1);
  }

  @ParameterizedTest
  @CsvSource({"KEEP, FLOAT32", "RECOMPUTE, FLOAT32", "KEEP, BFLOAT16"})
  void aLastPassThatEndsBelowTheTopLeavesTheRestToTheEnd(
      Activations activations, Precision precision) {
    Architecture model = model(false);
    ParameterLayout layout = ParameterLayout.of(model.tensors(), pattern(""), pattern(""), 300);
    Compute compute = Compute.cpu(1).with(precision).with(activations);
    Misdirection lowest = new Misdirection(0, 2, new Misdirection.Drawn(1));
    sendsWhatIsWhole(model, layout, compute, new Role("train", lowest, 1));
    assertThat(whileThePassRan)
        .as("sent before the pass was over: the head alone")
        .isPositive()
        .isLessThan(layout.buckets().count() / 2);
  }

  /**
   * Two passes, and what is sent in the second and after it.
   *
   * @param last the role of the second pass
   */
  private void sendsWhatIsWhole(
      Architecture model, ParameterLayout layout, Compute compute, Role last) {
    float[][] expected = layout.buckets().allocate();
    try (Network network = new Network(model, compute);
        Parameters weights = weights(network, model);
        Parameters whole = weights.leaves(layout.trainedNames()::contains);
        Parameters leaves = weights.leaves(layout.trainedNames()::contains)) {
      twice(network, whole, last, () -> {});
      for (int b = 0; b < expected.length; b++) {
        float[] bucket = expected[b];
        layout.forEachRange(
            b, (flat, from, length) -> whole.readGradients(flat, bucket, from, length));
      }
      OutgoingGradient gradient =
          new OutgoingGradient(
              layout,
              List.of(ShardTree.ROOT),
              new BufferPool(),
              new ShardGradients(WireFormat.FLOAT32, new ShardTree(1), new BufferPool()),
              new Recording());
      twice(network, leaves, last, () -> gradient.follow(0, 0, leaves));
      whileThePassRan = order.size();
      gradient.finish(0, 0, leaves);
      assertThat(order).as("the last one waits").hasSize(expected.length - 1);
      gradient.flush();
      assertThat(gradient.nanos()).isPositive();
    }
    SendOrder wanted = new SendOrder(layout);
    for (int place = 0; place < expected.length; place++) {
      Slot slot = new Slot(0, wanted.bucket(place));
      assertThat(order.get(place)).isEqualTo(slot);
      assertThat(sent.get(slot)).as("bucket %s", slot).isEqualTo(expected[slot.bucket()]);
    }
  }

  @Test
  void theOrderIsFromTheOutputToTheEmbedding() {
    Architecture model = model(false);
    ParameterLayout layout =
        ParameterLayout.of(model.tensors(), pattern(""), pattern("*norm*"), 300);
    SendOrder order = new SendOrder(layout);
    int last = order.bucket(order.count() - 1);
    assertThat(layout.tensor(layout.buckets().offset(last)).name())
        .isEqualTo("model.embed_tokens.weight");
    int first = order.bucket(0);
    long end = layout.buckets().offset(first) + layout.buckets().length(first);
    assertThat(layout.tensor(end - 1).name()).isEqualTo("lm_head.weight");
    for (int place = 0; place < order.count(); place++) {
      assertThat(order.place(order.bucket(place))).isEqualTo(place);
    }
  }

  private static void twice(Network network, Parameters leaves, Role last, Runnable beforeTheLast) {
    MicroBatch loss = new MicroBatch(network);
    loss.accumulate(DESCENT, EXAMPLES, 0.5, leaves, Map.of());
    beforeTheLast.run();
    loss.accumulate(last, EXAMPLES, 0.25, leaves, Map.of());
  }

  private static Architecture model(boolean tied) {
    Map<String, Object> config = new HashMap<>(TinyLlama.config());
    config.put("tie_word_embeddings", tied);
    return Architectures.of(new ModelConfig("TinyLlama", new ObjectMapper().valueToTree(config)));
  }

  private static Parameters weights(Network network, Architecture model) {
    float[] values = Arrays.copyOf(TinyLlama.values(3), (int) model.elements());
    Parameters weights = network.newParameters();
    weights.write(0, values, 0, values.length);
    return weights;
  }

  private static ParameterPattern pattern(String glob) {
    return new ParameterPattern(glob.isEmpty() ? List.of() : List.of(glob));
  }

  private final class Recording implements GradientUpload {
    @Override
    public void send(Slot slot, List<float[]> sums) {
      order.add(slot);
      sent.put(slot, sums.get(0).clone());
    }

    @Override
    public void await() {}
  }
}
