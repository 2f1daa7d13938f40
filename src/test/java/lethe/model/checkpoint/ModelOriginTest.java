package lethe.model.checkpoint;

import static lethe.model.checkpoint.TestOrigin.MADE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.SortedMap;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelOriginTest {
  private static final List<NamedShape> TENSORS =
      List.of(NamedShape.of("a", 3), NamedShape.of("b", 5));

  private final lethe.folder.Files files = new lethe.folder.Files(new Configuration());

  @TempDir java.nio.file.Path folder;
  private Path model;

  @BeforeEach
  void write() {
    Path template = new Path(folder.toString(), "template");
    files.writeText(new Path(template, "config.json"), "{\"model_type\": \"llama\"}");
    model = new Path(folder.toString(), "model");
    // Two shards: b does not fit beside a.
    new HfWriter(model, HfFolder.open(template, files), Dtype.FLOAT32, 20)
        .write(TENSORS, ModelOriginTest::fill, MADE);
  }

  private static void fill(String name, long from, float[] to, int offset, int count) {
    for (int i = 0; i < count; i++) {
      to[offset + i] = name.charAt(0) + from + i;
    }
  }

  @Test
  void aWrittenModelRecordsWhatItWasMadeFromAndTheDigestsOfItsFiles() throws IOException {
    ModelOrigin origin = ModelOrigin.read(model, files).orElseThrow();
    assertThat(origin.made()).isEqualTo(MADE);
    assertThat(origin.files())
        .containsOnlyKeys(
            "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    StringBuilder lines = new StringBuilder();
    for (var file : origin.files().entrySet()) {
      byte[] content = Files.readAllBytes(file(file.getKey()));
      assertThat(file.getValue()).as(file.getKey()).isEqualTo(DigestUtils.sha256Hex(content));
      lines.append(file.getKey()).append(' ').append(file.getValue()).append('\n');
    }
    assertThat(origin.fingerprint()).isEqualTo(DigestUtils.sha256Hex(lines.toString()));
    SortedMap<String, String> found = ModelOrigin.digests(model, files);
    assertThat(found).isEqualTo(origin.files());
    origin.verify(model, found); // throws nothing
  }

  @Test
  void aFileThatChangedIsMissingOrWasAddedIsNamed() throws IOException {
    java.nio.file.Path shard = file("model-00002-of-00002.safetensors");
    byte[] written = Files.readAllBytes(shard);
    byte[] damaged = written.clone();
    damaged[written.length - 1] ^= 1;
    Files.write(shard, damaged);
    assertRefused("model-00002-of-00002.safetensors changed since pretrain wrote it");
    Files.delete(shard);
    assertRefused("model-00002-of-00002.safetensors is missing since pretrain wrote it");
    Files.write(shard, written);
    Files.write(file("more.safetensors"), written);
    assertRefused("more.safetensors was added since pretrain wrote it");
  }

  private void assertRefused(String why) {
    ModelOrigin origin = ModelOrigin.read(model, files).orElseThrow();
    assertThatThrownBy(() -> origin.verify(model, ModelOrigin.digests(model, files)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot use the model in %s: %s; run pretrain again with overwrite=true, or delete %s if another model is there on purpose"
                .formatted(model, why, new Path(model, "lethe.json")));
  }

  @Test
  void anOriginThatCannotBeReadIsNamed() throws IOException {
    for (String content : List.of("", "[]", "{}", "null", "{\"version\": 2}", "{\"files\": 3}")) {
      Files.writeString(file("lethe.json"), content);
      assertThatThrownBy(() -> ModelOrigin.read(model, files))
          .as(content)
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("Cannot read " + new Path(model, "lethe.json"))
          .hasMessageContaining("make that model again, or delete the file");
    }
    Files.delete(file("lethe.json"));
    assertThat(ModelOrigin.read(model, files)).isEmpty();
  }

  private java.nio.file.Path file(String name) {
    return folder.resolve("model").resolve(name);
  }
}
