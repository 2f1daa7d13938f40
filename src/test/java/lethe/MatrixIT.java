package lethe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A small part of jobs/matrix.sh: two workers, bfloat16 on the wire, one of them killed while it
 * sends.
 */
class MatrixIT {
  @TempDir Path folder;

  @Test
  void aWorkerKilledWhileItSendsItsGradientChangesNoBit() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                "jobs/matrix.sh", folder.resolve("matrix").toString(), "2", "bfloat16", "none push")
            .redirectErrorStream(true);
    BuildFolder.useEmbeddedSpark(builder.environment());
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).contains("bfloat16: every row has the weights ");
    assertThat(said.lines().filter(line -> line.matches("bfloat16 +2 +(none|push) .* yes .*")))
        .hasSize(2);
  }
}
