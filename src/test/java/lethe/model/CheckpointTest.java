package lethe.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import lethe.model.checkpoint.Dtype;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.checkpoint.TestOrigin;
import lethe.model.family.Architectures;
import lethe.model.network.Architecture;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One model under the names of many tools. What transformers 5.18 reads is read, with the values of
 * the names that the network knows; what it leaves out is named. ModelParityTest has the numbers.
 */
class CheckpointTest {
  private static final Map<String, Object> GPT2 =
      Map.of(
          "model_type", "gpt2",
          "n_embd", 4,
          "n_head", 2,
          "n_layer", 2,
          "vocab_size", 6,
          "n_positions", 8);
  private static final Map<String, Object> NEOX =
      Map.of(
          "model_type", "gpt_neox",
          "hidden_size", 4,
          "num_attention_heads", 1,
          "num_hidden_layers", 1,
          "intermediate_size", 4,
          "vocab_size", 6);
  private static final String HEAD = "lm_head.weight";
  private static final String EMBEDDING = "model.embed_tokens.weight";

  @TempDir Path folder;

  @Test
  void theOriginalGpt2IsReadAndWrittenUnderItsOwnNames() throws IOException {
    ModelSource bare =
        write(
            GPT2,
            name -> name.replace("transformer.", ""),
            NamedShape.of("h.0.attn.bias", 1, 1, 2, 2), // the mask, which every reader computes
            NamedShape.of("h.1.attn.masked_bias"));
    assertThat(bare.check()).isEmpty();
    assertReads(bare);
    ModelSource copy = copy(bare);
    assertThat(stored(copy)).contains("wte.weight", "h.0.attn.c_attn.bias", "ln_f.weight");
    assertThat(stored(copy)).noneMatch(name -> name.endsWith(".attn.bias"));
    assertReads(copy);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "model.", "model.model."})
  void aPrefixMayBeMissingOrTwice(String prefix) throws IOException {
    ModelSource model = write(TinyLlama.config(), name -> name.replaceFirst("^model\\.", prefix));
    assertThat(model.check()).isEmpty();
    assertReads(model);
    assertThat(stored(copy(model))).isEqualTo(stored(model)).contains(prefix + "norm.weight");
  }

  @Test
  void theOutputMatrixOfGptNeoXHasTwoNames() throws IOException {
    ModelSource newer = write(NEOX, name -> name.replace("embed_out", "lm_head"));
    assertThat(newer.check()).isEmpty();
    assertReads(newer);
    assertThat(stored(copy(newer))).contains(HEAD).doesNotContain("embed_out.weight");
  }

  @Test
  void anOutputMatrixOfItsOwnIsKeptAndSaidToBe() throws IOException {
    ModelSource apart = write(tied(), name -> name, NamedShape.of(HEAD, 32, 16));
    assertThat(apart.architecture().tied()).isFalse();
    assertThat(read(apart, HEAD, 3)).isEqualTo(value(HEAD, 3)).isNotEqualTo(value(EMBEDDING, 3));
    assertThat(apart.check())
        .singleElement()
        .asString()
        .contains(
            "config.json ties the output matrix to the embedding, but the weights contain a different output matrix")
        .contains("tie_word_embeddings=false");
    ModelSource copy = copy(apart);
    assertThat(copy.open().config().path("tie_word_embeddings").asText()).isEqualTo("false");
    assertThat(read(copy, HEAD, 3)).isEqualTo(value(HEAD, 3));
    assertThat(copy.check()).isEmpty();
  }

  @Test
  void anOutputMatrixThatIsTheEmbeddingIsTied() throws IOException {
    ModelSource same =
        write(
            tied(),
            name -> name,
            (name, element) -> value(name.equals(HEAD) ? EMBEDDING : name, element),
            NamedShape.of(HEAD, 32, 16));
    assertThat(same.architecture().tied()).isTrue();
    assertThat(same.check()).isEmpty();
    assertThat(stored(copy(same))).contains(EMBEDDING).doesNotContain(HEAD);
  }

  @Test
  void theOutputMatrixOfATiedModelStandsForItsEmbedding() throws IOException {
    ModelSource model = write(tied(), name -> name.equals(EMBEDDING) ? HEAD : name);
    assertThat(model.check()).isEmpty();
    assertReads(model);
    assertThat(stored(copy(model))).as("what every reader finds").contains(EMBEDDING);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "_orig_mod.       | added by torch.compile",
        "module.          | added by DataParallel",
        "base_model.model.| added by PEFT: merge the adapter first",
      })
  void aPrefixOfAnotherToolIsOneSentence(String prefix, String reason) throws IOException {
    ModelSource model = write(TinyLlama.config(), name -> prefix + name);
    assertThatThrownBy(model::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "The names of 21 tensors in %s begin with %s, unlike any name of a llama (%s); save the model itself, not the wrapper around it"
                .formatted(model.path(), prefix, reason));
  }

  @Test
  void whatNobodyAsksForIsNamedAndLeftOut() throws IOException {
    List<NamedShape> more = new ArrayList<>();
    more.add(NamedShape.of("model.layers.0.self_attn.rotary_emb.inv_freq", 4));
    more.add(NamedShape.of("model.layers.0.self_attn.rotary_emb.cos_cached", 4));
    for (int layer = 10; layer < 20; layer++) {
      more.add(NamedShape.of("model.layers.%d.q_proj.lora_A.weight".formatted(layer), 2));
    }
    ModelSource model = write(TinyLlama.config(), name -> name, more.toArray(NamedShape[]::new));
    assertThat(model.check())
        .singleElement()
        .asString()
        .contains("tensors that config.json does not need and that are ignored: ")
        .contains("model.layers.0.self_attn.rotary_emb.cos_cached [4], model.layers.10.")
        .contains("model.layers.18.q_proj.lora_A.weight [2] and 1 more")
        .doesNotContain("inv_freq"); // known to be computed
    assertReads(model);
    assertThat(stored(copy(model))).hasSize(21);
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnceAndListsEnd() throws IOException {
    ModelSource model = write(TinyLlama.config(), name -> name);
    try (RandomAccessFile file = new RandomAccessFile(model.path() + "/model.safetensors", "rw")) {
      file.seek(file.length() - 4);
      file.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(Float.NaN)));
    }
    change(model, Map.of("num_hidden_layers", 4, "intermediate_size", 25, "mlp_bias", true));
    assertThatThrownBy(model::check)
        .isInstanceOfSatisfying(
            InvalidSettings.class,
            e ->
                assertThat(e.problems())
                    .satisfiesExactly(
                        p ->
                            assertThat(p)
                                .contains("have no model.layers.0.mlp.gate_proj.bias [25], ")
                                .endsWith(
                                    " and 20 more; does config.json belong to these weights?"),
                        p ->
                            assertThat(p)
                                .contains(
                                    ".mlp.down_proj.weight with shape [16, 24], expected [16, 25]")
                                .endsWith("; does config.json belong to these weights?"),
                        p -> assertThat(p).contains("not finite: lm_head.weight at element 511")));
  }

  @Test
  void aMissingTensorIsNamedAsTheFilesWouldNameIt() throws IOException {
    ModelSource bare = write(GPT2, name -> name.replace("transformer.", ""));
    change(bare, Map.of("n_layer", 3));
    assertThatThrownBy(bare::check)
        .hasMessageContaining("have no h.2.ln_1.weight [4], h.2.ln_1.bias [4]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"I8", "U8", "F8_E4M3"})
  void quantizedWeightsAreOneSentence(String type) throws IOException {
    ModelSource model = typed(type, 1);
    assertThatThrownBy(model::check)
        .hasMessageContaining(EMBEDDING + " stored as " + type)
        .hasMessageContaining("and 2 more, expected F64, F32, F16 or BF16; name an unquantized");
  }

  @Test
  void packedWeightsAreOneSentenceThoughConfigDoesNotSayThatTheyAre() throws IOException {
    ModelSource model =
        write(
            TinyLlama.config(),
            name -> name.replace("q_proj.weight", "q_proj.qweight"),
            NamedShape.of("model.layers.0.self_attn.q_proj.qzeros", 2, 2));
    assertThatThrownBy(model::check)
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "The weights in %s are quantized: they have model.layers.0.self_attn.q_proj.qweight, model.layers.1.self_attn.q_proj.qweight, model.layers.0.self_attn.q_proj.qzeros; name the checkpoint that they were made from"
                .formatted(model.path()));
  }

  /** bitsandbytes flattens what it packs. */
  @Test
  void aTypeThatIsNoFloatIsSaidBeforeItsShape() throws IOException {
    ModelSource model = typed("U8", 1);
    change(model, Map.of("intermediate_size", 25));
    assertThatThrownBy(model::check)
        .hasMessageContaining(EMBEDDING + " stored as U8")
        .hasMessageNotContaining("with shape");
  }

  @ParameterizedTest
  @ValueSource(strings = {"phi3", "gemma", "gemma2", "olmo2"})
  void aModelIsWrittenWithTheTensorsOfItsFamily(String family) throws IOException {
    Map<String, Object> config = new HashMap<>(TinyLlama.config());
    config.put("model_type", family);
    config.put("num_key_value_heads", 1);
    ModelSource model = write(config, name -> name);
    assertThat(model.check()).isEmpty();
    ModelSource copy = copy(model);
    assertThat(copy.check()).isEmpty();
    assertReads(copy);
    assertThat(stored(copy))
        .isEqualTo(stored(model))
        .contains(
            family.equals("phi3")
                ? "model.layers.1.self_attn.qkv_proj.weight"
                : "model.layers.1.self_attn.v_proj.weight");
  }

  @Test
  void weightsOf64BitsAreRounded() throws IOException {
    ModelSource model = typed("F64", 8);
    assertThat(model.check()).isEmpty();
    assertThat(read(model, EMBEDDING, 1)).isEqualTo(0.1f);
    assertThat(read(model, EMBEDDING, 3)).isEqualTo(0.3f);
  }

  @Test
  void tokensThatTheEmbeddingHasNoRowForAreNamed() throws IOException {
    ModelSource model = write(TinyLlama.config(), name -> name);
    Map<String, Object> vocabulary = new LinkedHashMap<>(Map.of("a", 0, "b", 31, "c", 32));
    Files.writeString(
        Path.of(model.path(), "tokenizer.json"),
        new ObjectMapper()
            .writeValueAsString(
                Map.of(
                    "model",
                    Map.of("vocab", vocabulary),
                    "added_tokens",
                    List.of(Map.of("id", 40, "content", "[PAD]", "special", true)))));
    assertThat(model.check())
        .containsExactly(
            model.path()
                + "/tokenizer.json has 2 tokens that the embedding of 32 rows has no row for, so no document may use them: \"c\" (32), \"[PAD]\" (40)");
  }

  @Test
  void trainingFromRandomWeightsLooksAtNone() throws IOException {
    ModelSource model = write(GPT2, name -> name);
    Path weights = Path.of(model.path(), "model.safetensors");
    Files.writeString(weights, "version https://git-lfs.github.com/spec/v1\n");
    assertThat(model.checkDescription()).isEmpty();
    assertThat(model.architecture().tied()).isTrue();
    assertThat(stored(copy(model, new InitialWeights(model.architecture(), 0.02, 1))))
        .contains("transformer.wte.weight");
    assertThatThrownBy(model::check).hasMessageContaining("it is a Git LFS pointer");
  }

  private static Map<String, Object> tied() {
    Map<String, Object> config = new HashMap<>(TinyLlama.config());
    config.put("tie_word_embeddings", true);
    return config;
  }

  private interface Values {
    float of(String name, long element);
  }

  private static float value(String name, long element) {
    return name.hashCode() % 1000 + element / 8f;
  }

  private ModelSource write(
      Map<String, Object> config, UnaryOperator<String> rename, NamedShape... more)
      throws IOException {
    return write(config, rename, CheckpointTest::value, more);
  }

  /** A folder whose tensors have other names than the network's, but their values. */
  private ModelSource write(
      Map<String, Object> config, UnaryOperator<String> rename, Values values, NamedShape... more)
      throws IOException {
    Map<String, String> own = new HashMap<>();
    List<NamedShape> stored = new ArrayList<>();
    for (NamedShape tensor : architecture(config).tensors()) {
      String name = rename.apply(tensor.name());
      own.put(name, tensor.name());
      stored.add(new NamedShape(name, tensor.shape()));
    }
    stored.addAll(List.of(more));
    HfFolder template = template(config);
    Path model = folder.resolve("model");
    new HfWriter(path(model), template, Dtype.FLOAT32, TinyLlama.SHARD_BYTES)
        .write(
            stored,
            (name, from, to, offset, count) -> {
              for (int i = 0; i < count; i++) {
                to[offset + i] = values.of(own.getOrDefault(name, name), from + i);
              }
            },
            TestOrigin.MADE);
    return new ModelSource(model.toString(), Map.of());
  }

  /** A llama of one layer all of whose elements are a tenth of their place. */
  private ModelSource typed(String type, int bytes) throws IOException {
    Map<String, Object> config = new HashMap<>(TinyLlama.config());
    config.put("num_hidden_layers", 1);
    ObjectMapper json = new ObjectMapper();
    Map<String, Object> header = new LinkedHashMap<>();
    long at = 0;
    for (NamedShape tensor : architecture(config).tensors()) {
      long end = at + tensor.elements() * bytes;
      header.put(
          tensor.name(),
          Map.of("dtype", type, "shape", tensor.shape(), "data_offsets", new long[] {at, end}));
      at = end;
    }
    byte[] head = json.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + head.length + (int) at).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(head.length).put(head);
    for (int i = 0; file.remaining() >= Double.BYTES; i++) {
      file.putDouble(i / 10.0);
    }
    Files.write(folder.resolve("model.safetensors"), file.array());
    json.writeValue(folder.resolve("config.json").toFile(), config);
    return new ModelSource(folder.toString(), Map.of());
  }

  private HfFolder template(Map<String, Object> config) throws IOException {
    Path template = Files.createDirectories(folder.resolve("template"));
    new ObjectMapper().writeValue(template.resolve("config.json").toFile(), config);
    return HfFolder.open(path(template), new lethe.folder.Files(new Configuration()));
  }

  private static void change(ModelSource model, Map<String, Object> values) throws IOException {
    Map<String, Object> config = new HashMap<>();
    model.open().config().properties().forEach(f -> config.put(f.getKey(), f.getValue()));
    config.putAll(values);
    new ObjectMapper().writeValue(Path.of(model.path(), "config.json").toFile(), config);
  }

  private static Architecture architecture(Map<String, Object> config) {
    return Architectures.of(new ModelConfig("config.json", new ObjectMapper().valueToTree(config)));
  }

  /** Every tensor of the network has the value of its own name, whatever the file calls it. */
  private static void assertReads(ModelSource model) {
    for (NamedShape tensor : model.architecture().tensors()) {
      assertThat(read(model, tensor.name(), 2)).isEqualTo(value(tensor.name(), 2));
    }
  }

  private static float read(ModelSource model, String name, long element) {
    float[] value = new float[1];
    model.weights().read(name, element, value, 0, 1);
    return value[0];
  }

  private static List<String> stored(ModelSource model) {
    return model.open().weights().tensors().stream().map(NamedShape::name).sorted().toList();
  }

  private ModelSource copy(ModelSource model) {
    return copy(model, model.weights());
  }

  private ModelSource copy(ModelSource model, TensorSource weights) {
    Path copy = folder.resolve("copy");
    model.write(
        new lethe.folder.Files(new Configuration()),
        path(copy),
        Dtype.FLOAT32,
        TinyLlama.SHARD_BYTES,
        weights,
        TestOrigin.MADE);
    return new ModelSource(copy.toString(), Map.of());
  }

  private static org.apache.hadoop.fs.Path path(Path path) {
    return new org.apache.hadoop.fs.Path(path.toString());
  }
}
