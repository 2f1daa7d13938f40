package lethe.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import lethe.model.TinyLlama;
import lethe.settings.InvalidSettings;
import lethe.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
  @TempDir Path folder;

  @Test
  void measuresAShape() throws IOException {
    BenchSettings settings =
        settings(
            "layers = 1, width = 16, heads = 2, inner = 24, vocabulary = 32, tokens = 8, rounds = 1");
    Bench.Result result = new Bench(settings, Optional.empty()).run();

    JsonNode json = result.json();
    assertThat(json.get("parameters").asLong()).isEqualTo(2 * 32 * 16 + 16 * (4 * 16 + 3 * 24 + 3));
    assertThat(json.get("rows")).hasSize(2);
    for (JsonNode row : json.get("rows")) {
      double matrix = row.get("matrix_gflops").asDouble();
      assertThat(matrix).isPositive();
      for (String pass : List.of("forward", "forward_backward")) {
        int times = pass.equals("forward") ? 1 : 3;
        double gflops = row.get(pass).get("gflops").asDouble();
        double tokens = row.get(pass).get("tokens_per_second").asDouble();
        assertThat(gflops)
            .isCloseTo(
                times * tokens * result.flopsPerToken() / 1e9,
                org.assertj.core.data.Percentage.withPercentage(1e-6));
        assertThat(row.get(pass).get("kernels_share_of_matrix_peak").asDouble())
            .isCloseTo(
                times
                    * 8L
                    * result.flopsPerToken()
                    / row.get(pass).get("kernels_seconds").asDouble()
                    / (matrix * 1e9),
                org.assertj.core.data.Percentage.withPercentage(1e-6));
        assertThat(row.get(pass).get("share_of_matrix_peak").asDouble())
            .isCloseTo(gflops / matrix, org.assertj.core.data.Percentage.withPercentage(1e-6));
      }
    }
    assertThat(result.table().lines()).hasSize(5).last().asString().startsWith("bfloat16");
  }

  @Test
  void refusesMoreTokensThanTheModelTakes() throws IOException {
    BenchSettings settings = settings("tokens = 65, rounds = 1");
    Bench bench = new Bench(settings, Optional.of(TinyLlama.write(folder, 1)));

    assertThatThrownBy(bench::run)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("max_position_embeddings 64");
  }

  @Test
  void countsResidentMemory() {
    OptionalLong now = ResidentMemory.bytes();
    assertThat(now.isPresent()).isEqualTo(Files.exists(Path.of("/proc/self/status")));
    now.ifPresent(n -> assertThat(ResidentMemory.peakBytes().orElseThrow()).isGreaterThan(n / 2));
  }

  private BenchSettings settings(String bench) throws IOException {
    Path file = folder.resolve("bench.conf");
    Files.writeString(file, "bench { " + bench + " }\ntrain.threads = 1\nrun.dir = x\n");
    Settings settings = Settings.load(file, List.of());
    return BenchSettings.read(settings.root());
  }
}
