package lethe.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lethe.folder.RunFolder;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightsTest {
  @TempDir Path folder;

  @Test
  void everyFileOfWeightsCountsTheAdaptersToo() throws IOException {
    Files.createDirectories(folder.resolve("model/adapter"));
    Files.writeString(folder.resolve("model/config.json"), "{}");
    Files.writeString(folder.resolve("model/model.safetensors"), "a");
    Files.writeString(folder.resolve("model/adapter/adapter_model.safetensors"), "b");
    Weights weights = Weights.of(RunFolder.of(folder.toString(), new Configuration()));
    assertThat(weights.sha256())
        .containsExactly(
            Map.entry("model/adapter/adapter_model.safetensors", DigestUtils.sha256Hex("b")),
            Map.entry("model/model.safetensors", DigestUtils.sha256Hex("a")));
  }

  @Test
  void theFirstFileThatDiffersIsNamedWithBothHashes() {
    Weights certified =
        Weights.of(Map.of("a.safetensors", "1", "b.safetensors", "2", "config.json", "3"));
    assertThat(certified.firstDifference(Weights.of(Map.of("a.safetensors", "1")))).isPresent();
    assertThat(
            certified.firstDifference(
                Weights.of(Map.of("a.safetensors", "1", "b.safetensors", "2", "config.json", "4"))))
        .as("a configuration has the name of a folder, perhaps")
        .isEmpty();
    assertThat(
            certified
                .firstDifference(Weights.of(Map.of("a.safetensors", "1", "b.safetensors", "5")))
                .map(Weights.Difference::sentence))
        .contains("b.safetensors: certified with the SHA-256 2, replayed with 5");
    assertThat(
            certified
                .firstDifference(
                    Weights.of(
                        Map.of("a.safetensors", "1", "b.safetensors", "2", "c.safetensors", "6")))
                .map(Weights.Difference::sentence))
        .contains("c.safetensors: certified with the SHA-256 of no file, replayed with 6");
  }
}
