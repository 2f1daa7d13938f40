package lethe.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedTableTest {
  @TempDir Path folder;

  @Test
  void aTableWhoseManifestIsDamagedIsComputedAgain() throws IOException {
    Files.writeString(folder.resolve("a.parquet"), "rows");
    Path manifest = folder.resolve("_manifest.json");
    String whole =
        "{\"origin\": {\"seed\": 1}, \"parts\": {\"a.parquet\": \"%s\"}}"
            .formatted(DigestUtils.sha256Hex("rows"));
    Files.writeString(manifest, whole);
    assertThat(table().isCurrent()).isTrue();
    for (String damaged : new String[] {"", "{", "[]", "17", whole.replace("rows", "row")}) {
      Files.writeString(manifest, damaged.replace("a.parquet", "b.parquet"));
      assertThat(table().isCurrent()).as(damaged).isFalse();
    }
  }

  private CachedTable table() {
    return new CachedTable(
        new lethe.folder.Files(new Configuration()),
        new org.apache.hadoop.fs.Path(folder.toString()),
        Map.of("seed", 1));
  }
}
