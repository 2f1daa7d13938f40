package lethe.evaluate;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import lethe.folder.Files;
import lethe.model.HfFolder;
import lethe.model.ModelSource;
import org.apache.hadoop.fs.Path;

/**
 * One model as it stands in its folder now; another model written over it has another key.
 *
 * @param source where it is read from
 * @param fingerprint SHA-256 over the names and contents of config.json and the weights
 * @param threads for matrix products
 */
record ModelKey(ModelSource source, String fingerprint, int threads) implements Serializable {

  static ModelKey of(ModelSource source, int threads) {
    HfFolder folder = source.open();
    List<Path> files =
        folder.files().list(folder.path()).stream()
            .filter(f -> f.getName().matches("config\\.json|.*\\.safetensors"))
            .toList();
    MessageDigest digest = Files.sha256();
    for (Path file : files) {
      String line = file.getName() + " " + folder.files().sha256(file) + "\n";
      digest.update(line.getBytes(StandardCharsets.UTF_8));
    }
    return new ModelKey(source, HexFormat.of().formatHex(digest.digest()), threads);
  }
}
