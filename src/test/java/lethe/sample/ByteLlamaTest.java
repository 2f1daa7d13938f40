package lethe.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import lethe.folder.Files;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ByteLlamaTest {
  @TempDir Path temporary;

  @Test
  void writesAFolderThatModelsAreReadFrom() {
    Files files = new Files(new Configuration());
    org.apache.hadoop.fs.Path folder = new org.apache.hadoop.fs.Path(temporary.toString());
    new ByteLlama(128, 4, 8, 4, 384, 256, 0.08).write(folder, files);
    assertThat(files.list(folder))
        .extracting(org.apache.hadoop.fs.Path::getName)
        .containsExactly(
            "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json");
    JsonNode config = files.readJson(new org.apache.hadoop.fs.Path(folder, "config.json"));
    assertThat(config.path("model_type").asText()).isEqualTo("llama");
    assertThat(config.path("vocab_size").asInt()).isEqualTo(259);
    assertThat(config.path("head_dim").asInt()).isEqualTo(16);
    assertThat(config.path("num_key_value_heads").asInt()).isEqualTo(4);
    assertThat(config.path("initializer_range").asDouble()).isEqualTo(0.08);
  }
}
