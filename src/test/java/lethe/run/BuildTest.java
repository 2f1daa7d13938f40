package lethe.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.jar.Attributes;
import org.junit.jupiter.api.Test;

class BuildTest {
  @Test
  void theManifestSaysVersionAndCommit() {
    Attributes manifest = new Attributes();
    manifest.putValue("Implementation-Version", "1.2.3");
    manifest.putValue("Implementation-Commit", "0123abc-dirty");
    assertThat(Build.of(manifest)).isEqualTo(new Build("1.2.3", "0123abc-dirty"));
  }

  @Test
  void whatIsInNoJarIsUnknown() {
    assertThat(Build.of(new Attributes())).isEqualTo(new Build("unknown", "unknown"));
    assertThat(Build.ofThisProgram()).isEqualTo(new Build("unknown", "unknown"));
  }
}
