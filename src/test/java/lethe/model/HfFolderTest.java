package lethe.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lethe.SharedData;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  @Test
  void readsAcrossShards() {
    Weights weights = model("sharded", 70).weights();
    assertThat(weights.tensors()).containsExactlyElementsOf(TENSORS);
    weights.check(TENSORS, Set.of());
    float[] part = new float[2];
    weights.read("head", 4, part, 0, 2);
    assertThat(part).containsExactly(value("head", 4), value("head", 5));
  }

  @Test
  void namesOfABareNetworkGainTheirPrefix() {
    Weights bare = model("bare", 1000).weights();
    Weights weights = bare.under("model.");
    assertThat(weights.tensors()).contains(NamedShape.of("model.norm", 3));
    float[] part = new float[2];
    weights.read("model.head", 4, part, 0, 2);
    assertThat(part).containsExactly(value("head", 4), value("head", 5));
    assertThat(bare.under("embed")).isSameAs(bare);
    assertThatThrownBy(() -> weights.check(TENSORS, Set.of()))
        .hasMessageContaining("have no embed, expected");
  }

  @Test
  void namesEveryTensorThatIsWrongAtOnce() {
    Path folder = path("wrong");
    HfFolder template = template("template");
    new HfWriter(folder, template, Dtype.FLOAT32, HfWriter.DEFAULT_SHARD_BYTES)
        .write(TENSORS, HfFolderTest::fill);
    patchLastFloat(folder, Float.NaN);
    Weights weights = HfFolder.open(folder, files).weights();
    List<NamedShape> expected =
        List.of(
            NamedShape.of("embed", 3, 5), NamedShape.of("head", 5, 3), NamedShape.of("bias", 3));
    String file = new Path(folder, "model.safetensors").toString();
    assertThatThrownBy(() -> weights.check(expected, Set.of()))
        .isInstanceOfSatisfying(
            InvalidSettings.class,
            e ->
                assertThat(e.problems())
                    .satisfiesExactly(
                        p ->
                            assertThat(p)
                                .contains(file, "embed with shape [5, 3], expected [3, 5]"),
                        p -> assertThat(p).contains(file, "head", "not finite at element 14"),
                        p -> assertThat(p).contains(folder.toString(), "no bias", "shape [3]"),
                        p -> assertThat(p).contains(file, "norm [3]", "does not ask for")));
  }

  @Test
  void passesOverBuffersAndWhatTheCallerAllows() {
    Path folder = path("surplus");
    List<NamedShape> stored =
        List.of(
            NamedShape.of("norm", 3),
            NamedShape.of("model.layers.0.self_attn.rotary_emb.inv_freq", 2),
            NamedShape.of("transformer.h.0.attn.masked_bias"),
            NamedShape.of("h.0.attn.bias", 1, 1, 2, 2),
            NamedShape.of("gpt_neox.layers.0.attention.bias", 1, 1, 2, 2),
            NamedShape.of("lm_head.weight", 3));
    new HfWriter(folder, template("template"), Dtype.FLOAT32, HfWriter.DEFAULT_SHARD_BYTES)
        .write(stored, HfFolderTest::fill);
    Weights weights = HfFolder.open(folder, files).weights();
    weights.check(List.of(NamedShape.of("norm", 3)), Set.of("lm_head.weight"));
    assertThatThrownBy(() -> weights.check(List.of(NamedShape.of("norm", 3)), Set.of()))
        .hasMessageContaining("lm_head.weight [3], which config.json does not ask for");
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
        .hasMessageContaining("has head, which model.safetensors.index.json does not place there");
    files.writeText(index, "{}");
    assertThatThrownBy(folder::weights).hasMessageContaining("weight_map is missing or empty");
  }

  @Test
  void opensTheSharedBaseModel() {
    Path folder =
        SharedData.find("base-model")
            .map(p -> new Path(p.toString()))
            .orElseGet(() -> llama("base-model", 4096, 256, 4, 128, 688, Dtype.BFLOAT16));
    Weights weights = HfFolder.open(folder, files).weights();
    weights.check(llamaShapes(4096, 256, 4, 128, 688), Set.of());
    assertThat(weights.type("lm_head.weight")).isEqualTo("BF16");
    assertThat(HfFolder.open(folder, files).tokenizer().getName()).isEqualTo("tokenizer.json");
  }

  @Test
  void opensTheParityModelAndItsNumbers() {
    Path folder =
        SharedData.find("parity/llama")
            .map(p -> new Path(p.toString()))
            .orElseGet(() -> llama("parity", 160, 48, 2, 24, 96, Dtype.FLOAT32));
    HfFolder.open(folder, files).weights().check(llamaShapes(160, 48, 2, 24, 96), Set.of());
    SharedData.find("parity/llama/parity.safetensors")
        .ifPresent(
            file -> {
              Safetensors numbers = Safetensors.open(new Path(file.toString()), files);
              long[] ids = new long[4 * 24];
              numbers.readLongs("input_ids", 0, ids, 0, ids.length);
              assertThat(Arrays.stream(ids)).allMatch(id -> id >= 0 && id < 160);
            });
  }

  private HfFolder model(String name, long shardBytes) {
    new HfWriter(path(name), template(name + "-template"), Dtype.FLOAT32, shardBytes)
        .write(TENSORS, HfFolderTest::fill);
    return HfFolder.open(path(name), files);
  }

  private HfFolder template(String name) {
    files.writeText(new Path(path(name), "config.json"), "{\"model_type\": \"llama\"}");
    files.writeText(new Path(path(name), "tokenizer.json"), "{}");
    return HfFolder.open(path(name), files);
  }

  private Path llama(
      String name, long vocabulary, long width, int layers, long keys, long inner, Dtype dtype) {
    new HfWriter(path(name), template(name + "-template"), dtype, HfWriter.DEFAULT_SHARD_BYTES)
        .write(llamaShapes(vocabulary, width, layers, keys, inner), HfFolderTest::fill);
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

  private void patchLastFloat(Path folder, float value) {
    java.nio.file.Path file = java.nio.file.Path.of(folder.toString(), "model.safetensors");
    files.delete(new Path(folder, ".model.safetensors.crc")); // written around Hadoop's checksum
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(open.length() - 4);
      open.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(value)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path path(String name) {
    return new Path(temporary.resolve(name).toString());
  }
}
