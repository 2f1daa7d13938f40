package lethe.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import lethe.folder.Files;
import lethe.model.checkpoint.HfFolder;
import org.apache.hadoop.fs.Path;

/** What tells one model from another that is written over it. */
public final class ModelFingerprint {
  private ModelFingerprint() {}

  /** SHA-256 over the names and contents of config.json and the weights, in hexadecimal. */
  public static String of(ModelSource source) {
    HfFolder folder = source.open();
    MessageDigest digest = Files.sha256();
    for (Path file : folder.files().list(folder.path())) {
      if (file.getName().matches("config\\.json|.*\\.safetensors")) {
        String line = file.getName() + " " + folder.files().sha256(file) + "\n";
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
