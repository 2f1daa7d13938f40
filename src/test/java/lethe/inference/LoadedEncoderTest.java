package lethe.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import lethe.model.EncoderSource;
import lethe.model.EncoderSource.Use;
import lethe.model.network.Network;
import lethe.model.network.Parameters;
import lethe.model.network.TextEncoding;
import lethe.model.torch.Compute;
import lethe.model.torch.Graph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedEncoderTest {
  @TempDir Path temp;

  @AfterEach
  void letGo() {
    LoadedModel.clear();
  }

  @Test
  void sentencesAreCutAndFramedAsTheFolderSays() throws IOException {
    Optional<EncoderSource> source = SmallEncoder.write("minilm", Use.SENTENCES, temp);
    if (source.isPresent()) {
      Files.writeString(temp.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 5}");
      source.get().check();
      EncoderKey key = EncoderKey.of(source.get(), ComputeSettings.cpu(1));
      List<float[]> vectors =
          LoadedEncoder.with(key, e -> e.vectors(List.of("A bird can fly.", "", "bird")));
      List<int[]> ids =
          List.of(
              ids("[CLS]", "a", "bird", "can", "[SEP]"),
              ids("[CLS]", "[SEP]"),
              ids("[CLS]", "bird", "[SEP]"));
      List<float[]> expected = run(source.get(), ids);
      for (int i = 0; i < ids.size(); i++) {
        assertThat(vectors.get(i)).containsExactly(expected.get(i), within(1e-6f));
      }
    }
  }

  @Test
  void pairsAreFramedAsTheFolderSays() throws IOException {
    Optional<EncoderSource> source = SmallEncoder.write("deberta_nli", Use.CLASSIFIER, temp);
    if (source.isPresent()) {
      source.get().check();
      EncoderKey key = EncoderKey.of(source.get(), ComputeSettings.cpu(1));
      List<String> premises = List.of("a bird can fly", "fly", "not");
      List<String> hypotheses = List.of("a bird", "bird fly", "can fly not fly bird");
      List<String> labels = LoadedEncoder.with(key, e -> e.labels(premises, hypotheses));
      List<int[]> ids =
          List.of(
              ids("[CLS]", "a", "bird", "can", "fly", "[SEP]", "a", "bird", "[SEP]"),
              ids("[CLS]", "fly", "[SEP]", "bird", "fly", "[SEP]"),
              ids("[CLS]", "not", "[SEP]", "can", "fly", "not", "fly", "bird", "[SEP]"));
      List<float[]> logits = run(source.get(), ids);
      for (int i = 0; i < ids.size(); i++) {
        float[] own = logits.get(i);
        int label = source.get().labels().indexOf(labels.get(i));
        assertThat(own[label]).as("pair %d", i).isEqualTo(max(own));
      }
    }
  }

  private static float max(float[] values) {
    float max = values[0];
    for (float value : values) {
      max = Math.max(max, value);
    }
    return max;
  }

  private static List<float[]> run(EncoderSource source, List<int[]> ids) {
    try (Network network = new Network(source.architecture(), Compute.cpu(1));
        Parameters weights = source.parameters(network)) {
      TextEncoding encoding = new TextEncoding(network, weights);
      return Graph.withoutGraph(
          () -> source.use() == Use.SENTENCES ? encoding.means(ids) : encoding.logits(ids));
    }
  }

  private static int[] ids(String... words) {
    return Arrays.stream(words).mapToInt(SmallEncoder::id).toArray();
  }
}
