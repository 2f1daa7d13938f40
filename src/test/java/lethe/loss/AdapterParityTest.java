package lethe.loss;

import static lethe.loss.ModelParityTest.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import lethe.SharedData;
import lethe.model.ModelSource;
import lethe.model.adapter.AdaptedNetwork;
import lethe.model.adapter.Adapter;
import lethe.model.adapter.MergedWeights;
import lethe.model.adapter.PeftFolder;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TokenBatch;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import lethe.objective.Descent;
import lethe.objective.Positions;
import lethe.objective.Role;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers that PEFT wrote for adapters of tiny models, reproduced. */
class AdapterParityTest {
  private static final Role DESCENT = new Role("retain", new Descent(), 1);

  /**
   * Every folder of an adapter and its base: our own, the shared ones, and those in the folder that
   * LETHE_PARITY_2 names.
   */
  static List<Path> folders() throws IOException {
    List<Path> parents = new ArrayList<>();
    parents.add(Path.of("src/test/resources/lora"));
    SharedData.find("parity-2/lora").ifPresent(parents::add);
    Optional.ofNullable(System.getenv("LETHE_PARITY_2"))
        .map(folder -> Path.of(folder, "lora"))
        .filter(java.nio.file.Files::isDirectory)
        .ifPresent(parents::add);
    List<Path> folders = new ArrayList<>();
    for (Path parent : parents) {
      try (Stream<Path> all = java.nio.file.Files.list(parent)) {
        all.filter(java.nio.file.Files::isDirectory).sorted().forEach(folders::add);
      }
    }
    return folders;
  }

  @ParameterizedTest
  @MethodSource("folders")
  void anAdapterBesideItsBase(Path folder) {
    ModelParityTest.Reference reference = new ModelParityTest.Reference(folder);
    ModelSource base = new ModelSource(folder + "/base", Map.of());
    PeftFolder peft = peft(folder);
    AdaptedNetwork adapted = peft.network(base.architecture());
    List<int[]> tokens = reference.sequences();
    try (Network network = new Network(adapted.architecture(), Compute.cpu(1));
        NDManager manager = network.newManager();
        Parameters parameters = network.newParameters()) {
      base.read(adapted.base(), parameters::write);
      forEach(
          adapted,
          (tensor, at) -> {
            float[] values = values(peft.tensors(), tensor);
            parameters.write(at, values, 0, values.length);
          });
      TokenBatch batch = TokenBatch.of(manager, tokens);
      assertClose(
          reference.unpadded(logits(network, parameters, batch), tokens),
          reference.unpadded(reference.floats("logits"), tokens),
          1e-5,
          "logits");
      NDArray logitsNV =
          Graph.withoutGraph(
              () ->
                  network.logits(
                      network.gatherRows(network.hidden(batch.idsBT(), parameters), batch.rowsN()),
                      parameters));
      assertClose(
          new Positions(logitsNV, batch.labelsN()).nllN().toFloatArray(),
          reference.scored(reference.floats("token_nll"), tokens),
          1e-5,
          "token NLL");
      try (Parameters leaves = parameters.leaves(name -> name.contains(".lora_"))) {
        new MicroBatch(network)
            .accumulate(
                DESCENT, ModelParityTest.examples(tokens), 1.0 / batch.scored(), leaves, Map.of());
        forEach(
            adapted,
            (tensor, at) -> {
              float[] gradient = new float[(int) tensor.elements()];
              leaves.readGradients(at, gradient, 0, gradient.length);
              assertClose(
                  gradient,
                  reference.floats("grad.base_model.model." + tensor.name()),
                  1e-4,
                  "gradient of " + tensor.name());
            });
        float[] none = new float[(int) adapted.base().elements()];
        leaves.readGradients(0, none, 0, none.length);
        assertThat(none).as("gradients of the base").containsOnly(0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void anAdapterMergedIntoItsBase(Path folder) {
    ModelParityTest.Reference reference = new ModelParityTest.Reference(folder);
    ModelSource source = new ModelSource(folder + "/adapter", folder + "/base", Map.of());
    assertThat(source.check()).isEmpty();
    TensorSource merged = source.weights();
    TensorSource expected = new ModelSource(folder + "/merged", Map.of()).weights();
    source
        .architecture()
        .tensors()
        .forEach(
            tensor ->
                assertClose(values(merged, tensor), values(expected, tensor), 1e-6, tensor.name()));
    List<int[]> tokens = reference.sequences();
    try (Network network = new Network(source.architecture(), Compute.cpu(1));
        NDManager manager = network.newManager();
        Parameters parameters = source.parameters(network)) {
      assertClose(
          reference.unpadded(logits(network, parameters, TokenBatch.of(manager, tokens)), tokens),
          reference.unpadded(reference.floats("logits"), tokens),
          1e-5,
          "logits");
    }
  }

  static List<Path> families() throws IOException {
    return ModelParityTest.folders();
  }

  /** Every family has a script of its own, into which the adapter's products are written. */
  @ParameterizedTest
  @MethodSource("families")
  void anAdapterOfAnyFamilyIsTheModelThatItMergesInto(Path folder) {
    ModelParityTest.Reference reference = new ModelParityTest.Reference(folder);
    ModelSource base = new ModelSource(folder.toString(), Map.of());
    AdaptedNetwork adapted =
        AdaptedNetwork.of(
            base.architecture(), new Adapter(2, 3, false, List.of(Adapter.ALL_LINEAR)));
    TensorSource adapter =
        (name, from, to, offset, count) -> {
          for (int i = 0; i < count; i++) {
            to[offset + i] = 0.01f * (Math.floorMod(name.hashCode() + 31 * (from + i), 13) - 6);
          }
        };
    TensorSource merged = new MergedWeights(base.weights(), adapted, adapter);
    List<int[]> tokens = reference.sequences();
    try (Network beside = new Network(adapted.architecture(), Compute.cpu(1));
        Network whole = new Network(adapted.base(), Compute.cpu(1));
        NDManager manager = whole.newManager();
        Parameters both = base.parameters(beside, adapted.base());
        Parameters parameters = whole.newParameters()) {
      TokenBatch batch = TokenBatch.of(manager, tokens);
      float[] original = logits(beside, both, batch);
      forEach(
          adapted,
          (tensor, at) -> both.write(at, values(adapter, tensor), 0, (int) tensor.elements()));
      long at = 0;
      for (NamedShape tensor : adapted.base().tensors()) {
        parameters.write(at, values(merged, tensor), 0, (int) tensor.elements());
        at += tensor.elements();
      }
      float[] expected = logits(whole, parameters, batch);
      assertClose(logits(beside, both, batch), expected, 1e-5, "logits");
      assertThat(original).isNotEqualTo(expected);
      try (Parameters without = both.sharing(adapted.base().elements())) {
        assertThat(logits(beside, without, batch)).as("without it").isEqualTo(original);
      }
    }
  }

  private static PeftFolder peft(Path folder) {
    return new ModelSource(folder + "/adapter", Map.of()).adapter().orElseThrow();
  }

  private static float[] values(TensorSource source, NamedShape tensor) {
    float[] values = new float[(int) tensor.elements()];
    int half = values.length / 2 + 1; // not at the end of a row
    source.read(tensor.name(), 0, values, 0, half);
    source.read(tensor.name(), half, values, half, values.length - half);
    return values;
  }

  private static float[] logits(Network network, Parameters parameters, TokenBatch batch) {
    NDArray rows =
        batch.idsBT().getManager().create(LongStream.range(0, batch.idsBT().size()).toArray());
    return Graph.withoutGraph(
            () ->
                network.logits(
                    network.gatherRows(network.hidden(batch.idsBT(), parameters), rows),
                    parameters))
        .toFloatArray();
  }

  private interface Visit {
    void tensor(NamedShape tensor, long at);
  }

  /** Visits A and B of every matrix with their places in the flat vector. */
  private static void forEach(AdaptedNetwork adapted, Visit visit) {
    long at = 0;
    for (NamedShape tensor : adapted.architecture().tensors()) {
      if (tensor.name().contains(".lora_")) {
        visit.tensor(tensor, at);
      }
      at += tensor.elements();
    }
  }
}
