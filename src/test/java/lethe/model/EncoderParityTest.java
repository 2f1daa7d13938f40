package lethe.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import lethe.SharedData;
import lethe.evaluate.metric.CosineSimilarity;
import lethe.model.EncoderSource.Use;
import lethe.model.checkpoint.LongTensor;
import lethe.model.checkpoint.Safetensors;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TextEncoding;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Numbers that Hugging Face transformers wrote for tiny encoders, reproduced. */
class EncoderParityTest {
  private static final int TEXTS = 4;

  @TempDir Path temp;

  /** The shared folders of encoders, and those in the folder that LETHE_PARITY_2 names. */
  private static List<Path> folders(String name) {
    List<Path> folders = new ArrayList<>();
    SharedData.find("parity-2/encoders/" + name).ifPresent(folders::add);
    Optional.ofNullable(System.getenv("LETHE_PARITY_2"))
        .map(folder -> Path.of(folder, "encoders", name))
        .ifPresent(folders::add);
    return folders;
  }

  @Test
  void sentencesHaveTheVectorsOfTheReference() {
    for (Path folder : folders("minilm")) {
      List<float[]> vectors = run(folder, Use.SENTENCES, TextEncoding::means);
      assertClose(vectors, floats(folder, "mean_pooled"));
      float[] cosine = floats(folder, "cosine");
      for (int i = 0; i < TEXTS; i++) {
        for (int j = 0; j < TEXTS; j++) {
          assertThat(CosineSimilarity.of(vectors.get(i), vectors.get(j)))
              .isCloseTo(Math.max(0, cosine[i * TEXTS + j]), within(1e-5));
        }
      }
    }
  }

  @Test
  void pairsHaveTheLogitsOfTheReference() {
    for (Path folder : folders("deberta_nli")) {
      assertClose(run(folder, Use.CLASSIFIER, TextEncoding::logits), floats(folder, "logits"));
      assertThat(new EncoderSource(folder.toString(), Use.CLASSIFIER, Map.of()).labels())
          .containsExactly("entailment", "neutral", "contradiction");
    }
  }

  /** Texts that share a pass have the vectors that they have alone, in the order asked for. */
  @Test
  void orderAndCompanyChangeNothing() {
    for (Path folder : folders("deberta_nli")) {
      List<int[]> texts = new ArrayList<>(texts(folder));
      texts.addAll(texts(folder));
      Collections.reverse(texts);
      List<float[]> together =
          run(folder, Use.CLASSIFIER, (encoding, own) -> encoding.logits(texts));
      for (int i = 0; i < TEXTS; i++) {
        assertThat(together.get(i)).containsExactly(together.get(i + TEXTS), within(1e-6f));
      }
    }
  }

  @Test
  void anEncoderOfAnotherKindIsNamed() throws IOException {
    ObjectMapper json = new ObjectMapper();
    refused(
        Use.SENTENCES,
        json.createObjectNode().put("model_type", "roberta"),
        "model_type \"roberta\" is not supported; supported is bert");
    refused(
        Use.CLASSIFIER,
        json.createObjectNode().put("model_type", "bert"),
        "model_type \"bert\" is not supported; supported is deberta-v2");
    ObjectNode deberta =
        json.createObjectNode()
            .put("model_type", "deberta-v2")
            .put("hidden_size", 8)
            .put("num_attention_heads", 2)
            .put("num_hidden_layers", 1)
            .put("intermediate_size", 8)
            .put("vocab_size", 9);
    refused(Use.CLASSIFIER, deberta, "share_att_key false is not supported");
    refused(Use.CLASSIFIER, deberta, "pos_att_type must be c2p and p2c");
  }

  @Test
  void labelsAreNumberedFromZero() throws IOException {
    Files.writeString(
        temp.resolve("config.json"), "{\"id2label\": {\"0\": \"entailment\", \"2\": \"neutral\"}}");
    assertThatThrownBy(() -> new EncoderSource(temp.toString(), Use.CLASSIFIER, Map.of()).labels())
        .hasMessageContaining("id2label must name its labels by 0, 1, ..., was {");
  }

  private void refused(Use use, ObjectNode config, String message) throws IOException {
    new ObjectMapper().writeValue(temp.resolve("config.json").toFile(), config);
    assertThatThrownBy(() -> new EncoderSource(temp.toString(), use, Map.of()).architecture())
        .hasMessageContaining(message);
  }

  private static List<float[]> run(
      Path folder, Use use, BiFunction<TextEncoding, List<int[]>, List<float[]>> what) {
    EncoderSource source = new EncoderSource(folder.toString(), use, Map.of());
    try (Network network = new Network(source.architecture(), Compute.cpu(1));
        Parameters weights = source.parameters(network)) {
      return Graph.withoutGraph(
          () -> what.apply(new TextEncoding(network, weights), texts(folder)));
    }
  }

  private static void assertClose(List<float[]> vectors, float[] expected) {
    assertThat(vectors).hasSize(TEXTS);
    int size = expected.length / TEXTS;
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) vectors.get(i / size)[i % size])
          .as("element %d", i)
          .isCloseTo(expected[i], within(1e-5 * largest));
    }
  }

  /** Without their padding. */
  private static List<int[]> texts(Path folder) {
    Safetensors file = parity(folder);
    long[] ids = LongTensor.read(file, "input_ids");
    long[] mask = LongTensor.read(file, "attention_mask");
    int tokens = ids.length / TEXTS;
    return Stream.iterate(0, b -> b < TEXTS, b -> b + 1)
        .map(
            b -> {
              int length =
                  (int)
                      Arrays.stream(mask, b * tokens, (b + 1) * tokens).filter(m -> m == 1).count();
              return Arrays.stream(ids, b * tokens, b * tokens + length)
                  .mapToInt(Math::toIntExact)
                  .toArray();
            })
        .toList();
  }

  private static float[] floats(Path folder, String name) {
    Safetensors file = parity(folder);
    int elements =
        file.tensors().stream()
            .filter(t -> t.name().equals(name))
            .mapToInt(t -> (int) t.elements())
            .sum();
    float[] values = new float[elements];
    file.read(name, 0, values, 0, values.length);
    return values;
  }

  private static Safetensors parity(Path folder) {
    return Safetensors.open(
        new org.apache.hadoop.fs.Path(folder.resolve("parity.safetensors").toString()),
        new lethe.folder.Files(new Configuration()));
  }
}
