package lethe.model.checkpoint;

import static lethe.model.checkpoint.TestOrigin.MADE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lethe.SharedData;
import lethe.folder.Files;
import lethe.model.TinyLlama;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HfFolderTest {
  private static final List<NamedShape> TENSORS =
      List.of(NamedShape.of("embed", 5, 3), NamedShape.of("norm", 3), NamedShape.of("head", 5, 3));

  @TempDir java.nio.file.Path temporary;
  private final Files files = new Files(new Configuration());

  @Test
  void saysWhatAFolderLacks() {
    Path folder = path("empty");
    assertThatThrownBy(() -> HfFolder.open(folder, files))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(folder + ": it has no config.json");
    files.writeText(new Path(folder, "config.json"), "{}");
    HfFolder opened = HfFolder.open(folder, files);
    assertThatThrownBy(opened::tokenizer).hasMessageContaining("it has no tokenizer.json");
    assertThatThrownBy(opened::weights)
        .hasMessageContaining("neither model.safetensors nor model.safetensors.index.json");
    files.writeText(new Path(folder, "config.json"), "[]");
    assertThatThrownBy(() -> HfFolder.open(folder, files))
        .hasMessageContaining("is not a JSON object");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pytorch_model.bin | pytorch_model.bin is a pickle, which may run code when it is read, so it is not: write safetensors from it with AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(ANOTHER) of transformers",
        "pytorch_model-00001-of-00002.bin | pytorch_model-00001-of-00002.bin is a pickle",
        "consolidated.00.pth | consolidated.00.pth is a pickle",
        "model-q4_k_m.gguf | model-q4_k_m.gguf is in the format of llama.cpp, most often quantized: name the checkpoint that it was made from",
        "training_args.bin | convert other formats to safetensors",
      })
  void saysWhatToDoAboutOtherWeights(String name, String remedy) {
    HfFolder folder = template("others");
    files.writeText(new Path(folder.path(), name), "");
    assertThatThrownBy(folder::weights)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "Cannot read weights from %s: it has neither model.safetensors nor model.safetensors.index.json; %s"
                .formatted(folder.path(), remedy));
  }

  @Test
  void readsAcrossShards() {
    CheckpointWeights weights = model("sharded", 70).weights();
    assertThat(weights.tensors()).containsExactlyElementsOf(TENSORS);
    float[] part = new float[2];
    weights.read("head", 4, part, 0, 2);
    assertThat(part).containsExactly(value("head", 4), value("head", 5));
  }

  @Test
  void namesEveryShardThatIsMissingOrCutShort() throws IOException {
    HfFolder folder = model("broken", 70);
    files.delete(new Path(folder.path(), "model-00001-of-00003.safetensors"));
    Path second = new Path(folder.path(), "model-00002-of-00003.safetensors");
    byte[] content = files.read(second);
    files.write(second, Arrays.copyOf(content, content.length - 1));
    assertThatThrownBy(folder::weights)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("model-00001-of-00003.safetensors: there is no such file")
        .hasMessageContaining("model-00002-of-00003.safetensors: its header promises 12 bytes")
        .hasMessageContaining("the file is cut short");
  }

  @Test
  void believesAnIndexOnlyWhereItFitsTheShards() {
    HfFolder folder = model("index", 70);
    Path index = new Path(folder.path(), "model.safetensors.index.json");
    files.writeJson(
        index,
        Map.of(
            "weight_map",
            Map.of(
                "embed", "model-00001-of-00003.safetensors",
                "norm", "model-00001-of-00003.safetensors",
                "head", "../head.safetensors")));
    assertThatThrownBy(folder::weights)
        .hasMessageContaining("places norm in model-00001-of-00003.safetensors, which does not")
        .hasMessageContaining("places head in \"../head.safetensors\", which is not");
    files.writeJson(index, Map.of("weight_map", Map.of("x", "model-00003-of-00003.safetensors")));
    assertThatThrownBy(folder::weights)
        .hasMessageContaining("places x in model-00003-of-00003.safetensors, which does not have");
    files.writeText(index, "{}");
    assertThatThrownBy(folder::weights).hasMessageContaining("weight_map is missing or empty");
  }

  @Test
  void whatAShardHasIsThereThoughTheIndexDoesNotListIt() {
    HfFolder folder = model("unlisted", 30); // embed alone, norm and head alone
    Path index = new Path(folder.path(), "model.safetensors.index.json");
    Map<String, String> map =
        Map.of(
            "embed",
            "model-00001-of-00003.safetensors",
            "norm",
            "model-00002-of-00003.safetensors");
    files.writeJson(index, Map.of("weight_map", map));
    assertThat(folder.weights().has("head")).as("its file is not listed either").isFalse();
    HfFolder together = model("together", 100);
    files.writeJson(
        new Path(together.path(), "model.safetensors.index.json"),
        Map.of("weight_map", Map.of("embed", "model-00001-of-00002.safetensors")));
    CheckpointWeights weights = together.weights();
    assertThat(weights.unlisted()).containsExactly("norm");
    assertThat(weights.tensor("norm")).isEqualTo(NamedShape.of("norm", 3));
  }

  @Test
  void namesAGitLfsPointerForWhatItIs() {
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n";
    Path folder = path("pointer");
    HfFolder template = template("pointer");
    for (String file : List.of("model.safetensors", "tokenizer.json", "config.json")) {
      files.writeText(new Path(folder, file), pointer);
    }
    String message =
        "Cannot read %s: it is a Git LFS pointer, not the file itself; run \"git lfs pull\" in its folder";
    assertThatThrownBy(template::weights)
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(message, new Path(folder, "model.safetensors"));
    assertThatThrownBy(() -> HfFolder.readJson(template.tokenizer(), files))
        .hasMessage(message, new Path(folder, "tokenizer.json"));
    assertThatThrownBy(() -> HfFolder.open(folder, files))
        .hasMessage(message, new Path(folder, "config.json"));
  }

  @Test
  void opensTheSharedBaseModel() {
    Path folder =
        SharedData.find("base-model")
            .map(p -> new Path(p.toString()))
            .orElseGet(() -> llama("base-model", 4096, 256, 4, 128, 688, Dtype.BFLOAT16));
    CheckpointWeights weights = HfFolder.open(folder, files).weights();
    assertThat(weights.tensors())
        .containsExactlyInAnyOrderElementsOf(llamaShapes(4096, 256, 4, 128, 688));
    assertThat(weights.type("lm_head.weight")).isEqualTo("BF16");
    assertThat(HfFolder.open(folder, files).tokenizer().getName()).isEqualTo("tokenizer.json");
  }

  @Test
  void opensTheParityModelAndItsNumbers() {
    Path folder =
        SharedData.find("parity/llama")
            .map(p -> new Path(p.toString()))
            .orElseGet(() -> llama("parity", 160, 48, 2, 24, 96, Dtype.FLOAT32));
    assertThat(HfFolder.open(folder, files).weights().tensors())
        .containsExactlyInAnyOrderElementsOf(llamaShapes(160, 48, 2, 24, 96));
    SharedData.find("parity/llama/parity.safetensors")
        .ifPresent(
            file -> {
              Safetensors numbers = Safetensors.open(new Path(file.toString()), files);
              assertThat(LongTensor.read(numbers, "input_ids"))
                  .hasSize(4 * 24)
                  .satisfies(
                      ids -> assertThat(Arrays.stream(ids)).allMatch(id -> id >= 0 && id < 160));
            });
  }

  private HfFolder model(String name, long shardBytes) {
    new HfWriter(path(name), template(name + "-template"), Dtype.FLOAT32, shardBytes)
        .write(TENSORS, HfFolderTest::fill, MADE);
    return HfFolder.open(path(name), files);
  }

  private HfFolder template(String name) {
    files.writeText(new Path(path(name), "config.json"), "{\"model_type\": \"llama\"}");
    files.writeText(new Path(path(name), "tokenizer.json"), "{}");
    return HfFolder.open(path(name), files);
  }

  private Path llama(
      String name, long vocabulary, long width, int layers, long keys, long inner, Dtype dtype) {
    new HfWriter(path(name), template(name + "-template"), dtype, TinyLlama.SHARD_BYTES)
        .write(llamaShapes(vocabulary, width, layers, keys, inner), HfFolderTest::fill, MADE);
    return path(name);
  }

  static List<NamedShape> llamaShapes(
      long vocabulary, long width, int layers, long keys, long inner) {
    List<NamedShape> shapes = new ArrayList<>();
    shapes.add(NamedShape.of("model.embed_tokens.weight", vocabulary, width));
    for (int layer = 0; layer < layers; layer++) {
      String at = "model.layers." + layer + ".";
      shapes.add(NamedShape.of(at + "input_layernorm.weight", width));
      shapes.add(NamedShape.of(at + "self_attn.q_proj.weight", width, width));
      shapes.add(NamedShape.of(at + "self_attn.k_proj.weight", keys, width));
      shapes.add(NamedShape.of(at + "self_attn.v_proj.weight", keys, width));
      shapes.add(NamedShape.of(at + "self_attn.o_proj.weight", width, width));
      shapes.add(NamedShape.of(at + "post_attention_layernorm.weight", width));
      shapes.add(NamedShape.of(at + "mlp.gate_proj.weight", inner, width));
      shapes.add(NamedShape.of(at + "mlp.up_proj.weight", inner, width));
      shapes.add(NamedShape.of(at + "mlp.down_proj.weight", width, inner));
    }
    shapes.add(NamedShape.of("model.norm.weight", width));
    shapes.add(NamedShape.of("lm_head.weight", vocabulary, width));
    return shapes;
  }

  private static float value(String name, long element) {
    return name.length() + element / 8f;
  }

  private static void fill(String name, long from, float[] to, int offset, int count) {
    for (int i = 0; i < count; i++) {
      to[offset + i] = value(name, from + i);
    }
  }

  private Path path(String name) {
    return new Path(temporary.resolve(name).toString());
  }
}
