package lethe.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.model.TinyLlama;
import lethe.model.checkpoint.ModelOrigin;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Architecture;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an adapter is laid over, how it starts, and the folders that it is written to. */
class AdapterTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void aTargetIsANameOrItsLastPart() {
    Architecture base = TinyLlama.architecture();
    AdaptedNetwork all = over(base, Adapter.ALL_LINEAR);
    assertThat(all.matrices()).hasSize(2 * 7);
    assertThat(over(base, "q_proj", "mlp.down_proj").tensors())
        .extracting(NamedShape::name)
        .containsExactly(
            "model.layers.0.self_attn.q_proj.lora_A.weight",
            "model.layers.0.self_attn.q_proj.lora_B.weight",
            "model.layers.0.mlp.down_proj.lora_A.weight",
            "model.layers.0.mlp.down_proj.lora_B.weight",
            "model.layers.1.self_attn.q_proj.lora_A.weight",
            "model.layers.1.self_attn.q_proj.lora_B.weight",
            "model.layers.1.mlp.down_proj.lora_A.weight",
            "model.layers.1.mlp.down_proj.lora_B.weight");
    assertThat(all.architecture().tensors()).startsWith(base.tensors().toArray(NamedShape[]::new));
    assertThat(all.elements())
        .isEqualTo(all.tensors().stream().mapToLong(NamedShape::elements).sum());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nothing_proj | has \"nothing_proj\", which is no module of the model; name one of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, or all-linear",
        "input_layernorm | has \"input_layernorm\", which is no matrix: model.layers.0.input_layernorm.weight has the shape [16]",
        "lm_head | has \"lm_head\", which is lm_head.weight: adapters are for the matrices of layers",
        "embed_tokens | has \"embed_tokens\", which is model.embed_tokens.weight: adapters are for",
        "roj | has \"roj\", which is no module of the model",
        "model.layers.1.self_attn.q_proj | names modules of some layers only, layer 1 is not as layer 0"
      })
  void aTargetThatIsNoMatrixOfTheLayersIsRefused(String target, String why) {
    assertThatThrownBy(() -> over(TinyLlama.architecture(), target))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("train.lora.targets", why);
  }

  @Test
  void itStartsAsItsBaseWithABetweenTheBoundsOfItsInputs() {
    AdaptedNetwork network = over(TinyLlama.architecture(), Adapter.ALL_LINEAR);
    TensorSource start = new AdapterStart(network, 7);
    double bound = 1 / Math.sqrt(24);
    NamedShape a = NamedShape.of("model.layers.1.mlp.down_proj.lora_A.weight", 3, 24);
    float[] values = values(start, a);
    double squares = 0;
    for (float value : values) {
      assertThat((double) value).isBetween(-bound, bound);
      squares += (double) value * value;
    }
    // A uniform number between -c and c has a variance of c^2 / 3.
    assertThat(squares / values.length).isBetween(0.6 * bound * bound / 3, 1.4 * bound * bound / 3);
    assertThat(values(start, NamedShape.of("model.layers.0.mlp.down_proj.lora_A.weight", 3, 24)))
        .isNotEqualTo(values);
    assertThat(values(new AdapterStart(network, 8), a)).isNotEqualTo(values);
    float[] part = new float[5];
    start.read(a.name(), 20, part, 0, 5);
    assertThat(part).isEqualTo(java.util.Arrays.copyOfRange(values, 20, 25));
    network.matrices().forEach(m -> assertThat(values(start, m.b())).containsOnly(0));
  }

  @Test
  void whatIsWrittenIsReadAgainAndKnowsItsBase() throws IOException {
    ModelSource base = TinyLlama.write(folder.resolve("base"), 1);
    AdaptedNetwork network =
        AdaptedNetwork.of(
            base.architecture(), new Adapter(3, 4.5, true, List.of("q_proj", "up_proj")));
    TensorSource tensors = new AdapterStart(network, 3); // B is not zero here, to be seen
    TensorSource full =
        (name, from, to, offset, count) ->
            tensors.read(name.replace("lora_B", "lora_A"), from, to, offset, count);
    Path adapter = folder.resolve("adapter");
    write(adapter, network, full, base);
    PeftFolder read = new ModelSource(adapter.toString(), Map.of()).adapter().orElseThrow();
    AdaptedNetwork again = read.network(base.architecture());
    assertThat(again.adapter()).isEqualTo(network.adapter());
    for (NamedShape tensor : network.tensors()) {
      assertThat(values(read.tensors(), tensor)).isEqualTo(values(full, tensor));
    }
    ModelSource merged = new ModelSource(adapter.toString(), Map.of());
    assertThat(merged.check()).isEmpty();
    assertThat(merged.withoutAdapter().path()).isEqualTo(base.path());
    assertThat(ModelFingerprint.of(merged)).isNotEqualTo(ModelFingerprint.of(base));

    // The same by hand, for one element: W + alpha / sqrt(3) sum_r B[o, r] A[r, i].
    NamedShape w = NamedShape.of("model.layers.1.mlp.up_proj.weight", 24, 16);
    float[] a = values(full, NamedShape.of("model.layers.1.mlp.up_proj.lora_A.weight", 3, 16));
    float[] b = values(full, NamedShape.of("model.layers.1.mlp.up_proj.lora_B.weight", 24, 3));
    double product = 0;
    for (int r = 0; r < 3; r++) {
      product += (double) b[5 * 3 + r] * a[r * 16 + 9];
    }
    assertThat((double) values(merged.weights(), w)[5 * 16 + 9])
        .isCloseTo(
            values(base.weights(), w)[5 * 16 + 9] + 4.5 / Math.sqrt(3) * product,
            org.assertj.core.data.Offset.offset(1e-6));

    TinyLlama.write(folder.resolve("base"), 2);
    assertThatThrownBy(merged::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "Cannot use the adapter in " + adapter, "made over another base model than");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "peft_type | \"LOHA\" | peft_type must be LORA",
        "r | 0 | r must be a whole number of at least 1, was 0",
        "lora_alpha | 0 | lora_alpha must be a number other than 0",
        "bias | \"all\" | bias must be none",
        "use_dora | true | use_dora true is not supported; merge the adapter with PEFT",
        "modules_to_save | [\"lm_head\"] | modules_to_save [\"lm_head\"] is not supported",
        "rank_pattern | {\"q_proj\": 2} | rank_pattern {\"q_proj\":2} is not supported",
        "alpha_pattern | {\"q_proj\": 2} | alpha_pattern",
        "layers_to_transform | [0] | layers_to_transform [0] is not supported",
        "exclude_modules | [\"q_proj\"] | exclude_modules",
        "init_lora_weights | \"pissa\" | init_lora_weights \"pissa\" changes the base model",
        "something_new | 3 | something_new 3 is not supported",
        "target_modules | [] | target_modules must name modules",
        "target_modules | \"(\" | which is no regular expression",
        "target_modules | [\"k_proj\"] | it has no base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight",
        "r | 2 | lora_A.weight has the shape [3, 16], expected [2, 16]"
      })
  void aMemberThatIsNotDoneHereIsRefused(String member, String value, String why)
      throws IOException {
    ModelSource base = TinyLlama.write(folder.resolve("base"), 1);
    AdaptedNetwork network = over(base.architecture(), "q_proj");
    Path adapter = folder.resolve("adapter");
    write(adapter, network, new AdapterStart(network, 3), base);
    Files.delete(adapter.resolve(ModelOrigin.FILE));
    Path config = adapter.resolve(PeftFolder.CONFIG);
    ObjectNode json = (ObjectNode) JSON.readTree(config.toFile());
    JsonNode other = JSON.readTree(value);
    json.set(member, other);
    Files.writeString(config, json.toString());
    assertThatThrownBy(() -> new ModelSource(adapter.toString(), Map.of()).checkHeaders())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(why);
  }

  @Test
  void aBaseThatCannotBeFoundAndAFolderOfBothKindsAreRefused() throws IOException {
    ModelSource base = TinyLlama.write(folder.resolve("base"), 1);
    AdaptedNetwork network = over(base.architecture(), "q_proj");
    Path adapter = folder.resolve("adapter");
    write(adapter, network, new AdapterStart(network, 3), new ModelSource("hub/name", Map.of()));
    Files.delete(adapter.resolve(ModelOrigin.FILE));
    assertThatThrownBy(() -> new ModelSource(adapter.toString(), Map.of()).open())
        .hasMessage(
            "Cannot find the base model of the adapter in %s: hub/name is no folder with config.json; write its folder into base_model_name_or_path of adapter_config.json"
                .formatted(adapter));
    assertThat(new ModelSource(adapter.toString(), base.path(), Map.of()).check()).isEmpty();
    Files.delete(adapter.resolve(PeftFolder.WEIGHTS));
    assertThatThrownBy(
            () -> new ModelSource(adapter.toString(), base.path(), Map.of()).checkHeaders())
        .hasMessageContaining("it has no adapter_model.safetensors; save it as safetensors");
    Files.writeString(adapter.resolve("config.json"), "{}");
    assertThatThrownBy(() -> new ModelSource(adapter.toString(), Map.of()).open())
        .hasMessageContaining(
            "it has both config.json and adapter_config.json, a whole model and an adapter");
  }

  @Test
  void theBaseIsTheFolderThatItNamesOrElseTheOneOfTheRun() throws IOException {
    ModelSource base = TinyLlama.write(folder.resolve("base"), 1);
    ModelSource other = TinyLlama.write(folder.resolve("other"), 2);
    AdaptedNetwork network = over(base.architecture(), "q_proj");
    Path adapter = folder.resolve("adapter");
    write(adapter, network, new AdapterStart(network, 3), base);
    ModelSource named = new ModelSource(adapter.toString(), Map.of()).resolved(other.path());
    assertThat(named.withoutAdapter().path()).endsWith("/base/model");
    write(adapter, network, new AdapterStart(network, 3), new ModelSource("hub/name", Map.of()));
    ModelSource fallen = new ModelSource(adapter.toString(), Map.of()).resolved(other.path());
    assertThat(fallen.withoutAdapter().path()).isEqualTo(other.path());
    assertThat(base.resolved(other.path())).isSameAs(base);
  }

  @Test
  void anotherBaseIsRefusedByWhoeverUsesTheModel() throws IOException {
    ModelSource base = TinyLlama.write(folder.resolve("base"), 1);
    ModelSource other = TinyLlama.write(folder.resolve("other"), 2);
    AdaptedNetwork network = over(base.architecture(), "q_proj");
    Path adapter = folder.resolve("adapter");
    write(adapter, network, new AdapterStart(network, 3), base);
    assertThatThrownBy(
            () -> ModelFingerprint.of(new ModelSource(adapter.toString(), other.path(), Map.of())))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("it was made over another base model than " + other.path());
  }

  @Test
  void valuesThatAreNotFiniteAndATargetThatIsTheBaseAreRefused() throws IOException {
    ModelSource base = TinyLlama.write(folder.resolve("base"), 1);
    AdaptedNetwork network = over(base.architecture(), "q_proj");
    assertThatThrownBy(
            () -> write(Path.of(base.path()), network, new AdapterStart(network, 3), base))
        .hasMessageContaining("its base model is read from there");
    Path adapter = folder.resolve("adapter");
    write(adapter, network, new AdapterStart(network, 3), base);
    Files.delete(adapter.resolve(ModelOrigin.FILE));
    Path weights = adapter.resolve(PeftFolder.WEIGHTS);
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] = 0x7f; // the last element: a NaN
    bytes[bytes.length - 2] = (byte) 0xff;
    Files.write(weights, bytes);
    assertThatThrownBy(() -> new ModelSource(adapter.toString(), Map.of()).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("has values that are not finite: base_model.model.");
  }

  private static AdaptedNetwork over(Architecture base, String... targets) {
    return AdaptedNetwork.of(base, new Adapter(3, 6, false, List.of(targets)));
  }

  private static void write(
      Path folder, AdaptedNetwork network, TensorSource tensors, ModelSource base) {
    Map<String, String> models =
        base.path().startsWith("hub")
            ? Map.of()
            : Map.of(ModelOrigin.BASE, ModelFingerprint.of(base));
    new PeftWriter(
            new org.apache.hadoop.fs.Path(folder.toString()),
            new lethe.folder.Files(new Configuration()))
        .write(
            network,
            tensors,
            base.path(),
            new ModelOrigin.Inputs("unlearn", "0", new TreeMap<>(models), null));
  }

  private static float[] values(TensorSource source, NamedShape tensor) {
    float[] values = new float[(int) tensor.elements()];
    source.read(tensor.name(), 0, values, 0, values.length);
    return values;
  }
}
