package lethe.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lethe.model.TinyLlama;
import lethe.model.checkpoint.NamedShape;
import lethe.model.family.Architectures;
import lethe.model.network.Architecture;
import lethe.model.network.ArchitectureTest;
import lethe.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sums of {@link MemoryBudget}, worked by hand for a model of P parameters. */
class MemoryBudgetTest {
  @TempDir Path folder;

  @Test
  void sumsByHand() throws IOException {
    Architecture model = TinyLlama.architecture();
    long p = model.elements();
    long bucket = 4 * p; // the model is smaller than one
    MemoryBudget alone = MemoryBudget.of(model, settings("train.workers=1"), 0, 10, false);
    assertThat(alone.driverHeap()).isEqualTo(20 * p + 8 * bucket);
    assertThat(alone.workerHeap()).as("log2(8) gradients").isEqualTo(12 * p + 8 * bucket);
    assertThat(alone.wire()).as("one gradient out, the weights back").isEqualTo(8 * p);
    assertThat(alone.runFolder()).isEqualTo(40 * p);
    assertThat(alone.keeping(2, model, settings()).runFolder()).isEqualTo(48 * p);

    MemoryBudget signs =
        MemoryBudget.of(model, settings("train.workers=1", "train.optimizer=sign"), 0, 10, false);
    assertThat(signs.driverHeap()).as("no square").isEqualTo(alone.driverHeap() - 4 * p);
    assertThat(signs.runFolder()).isEqualTo(28 * p);

    // Of 8 shards three workers own 0-1, 2-4 and 5-7: subtrees 1, 2 and 2.
    MemoryBudget three =
        MemoryBudget.of(
            model, settings("train.workers=3", "train.wire-dtype=bfloat16"), 1, 10, true);
    assertThat(three.driverHeap()).isEqualTo(24 * p + 24 * bucket);
    assertThat(three.workerHeap()).as("2 gradients").isEqualTo(8 * p + 8 * bucket);
    assertThat(three.wire()).isEqualTo((5 + 3) * 2 * p);
    assertThat(three.workerNative() - alone.workerNative()).as("a frozen model").isEqualTo(4 * p);
  }

  @Test
  void whatIsFrozenCostsNeitherMomentsNorNetwork() throws IOException {
    Architecture model = TinyLlama.architecture();
    long p = model.elements();
    MemoryBudget frozen =
        MemoryBudget.of(model, settings("train.freeze=[\"model.embed_tokens.*\"]"), 0, 10, false);
    long embedding = model.tensors().get(0).elements();
    assertThat(model.tensors().get(0).name()).isEqualTo("model.embed_tokens.weight");
    assertThat(frozen.wire()).isEqualTo(8 * (p - embedding));
    assertThat(frozen.driverHeap()).isEqualTo(20 * (p - embedding) + 8 * 4 * (p - embedding));
  }

  @Test
  void movedWeightsAreFetchedTooAndGradientsTravelApart() throws IOException {
    Architecture model = TinyLlama.architecture();
    TrainSettings settings = settings("train.workers=1");
    long p = model.elements();
    MemoryBudget plain = MemoryBudget.of(model, settings, 0, 10, false);
    MemoryBudget bound =
        MemoryBudget.of(model, settings, settings.traffic(true, false), 0, 10, false);
    assertThat(bound.wire()).as("two gradients out, the weights back").isEqualTo(12 * p);
    assertThat(bound.driverHeap()).isEqualTo(plain.driverHeap() + 4 * p);
    MemoryBudget moved =
        MemoryBudget.of(model, settings, settings.traffic(true, true), 0, 10, false);
    assertThat(moved.wire()).as("three gradients, twice the weights").isEqualTo(20 * p);
    assertThat(moved.driverHeap()).isEqualTo(plain.driverHeap() + 8 * p);
  }

  @Test
  void anAdapterCostsTheDriverItsOwnElementsAlone() throws IOException {
    Architecture model = TinyLlama.architecture();
    TrainSettings settings =
        settings("train.lora.rank=2", "train.lora.targets=[q_proj]", "train.precision=bfloat16");
    long embedding = model.tensors().get(0).elements();
    long a = settings.adapted(model).orElseThrow().elements();
    MemoryBudget budget = MemoryBudget.of(model, settings, 0, 10, false);
    assertThat(budget.driverHeap()).isEqualTo(20 * a + 8 * 4 * a);
    assertThat(budget.wire()).isEqualTo(8 * a);
    assertThat(budget.runFolder())
        .as("checkpoints and the merged model")
        .isEqualTo(36 * a + 4 * model.elements());
    assertThat(budget.keeping(2, model, settings).runFolder())
        .isEqualTo(44 * a + 4 * model.elements());
    long vectors =
        model.tensors().stream()
            .filter(tensor -> tensor.shape().size() == 1)
            .mapToLong(NamedShape::elements)
            .sum();
    MemoryBudget wide =
        MemoryBudget.of(
            model, settings("train.lora.rank=2", "train.lora.targets=[q_proj]"), 0, 10, false);
    assertThat(wide.workerNative() - budget.workerNative())
        .as("two bytes for each element of a matrix and the adapter, but not of the embedding")
        .isEqualTo(2 * (model.elements() + a - vectors - embedding));
  }

  @Test
  void boundedScoresAreAllInMemory() throws IOException {
    String bounded = "{'head_dim': 4, 'attn_logit_softcapping': %s}";
    Architecture with = Architectures.of(ArchitectureTest.config("gemma2", bounded.formatted(50)));
    Architecture without =
        Architectures.of(ArchitectureTest.config("gemma2", bounded.formatted("null")));
    long pairs = 4 * 10 * 10; // of four heads, for each of eight examples
    assertThat(more(with, without)).as("two layers").isEqualTo(8 * pairs * (2 * 8 + 12));
    assertThat(more(with, without, "train.precision=bfloat16"))
        .isEqualTo(8 * pairs * (2 * 10 + 12));
    assertThat(more(with, without, "train.activation-checkpointing=true"))
        .isEqualTo(8 * pairs * (8 + 12));
  }

  private long more(Architecture with, Architecture without, String... pairs) throws IOException {
    List<String> all = new ArrayList<>(List.of(pairs));
    all.add("train.micro-batch=8");
    TrainSettings settings = settings(all.toArray(String[]::new));
    return MemoryBudget.of(with, settings, 0, 10, false).workerNative()
        - MemoryBudget.of(without, settings, 0, 10, false).workerNative();
  }

  private TrainSettings settings(String... pairs) throws IOException {
    Settings settings =
        Settings.load(Files.writeString(folder.resolve("c.conf"), ""), List.of(pairs));
    return TrainSettings.read(settings.root(), "train");
  }
}
