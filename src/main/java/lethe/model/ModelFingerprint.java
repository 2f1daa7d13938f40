package lethe.model;

import lethe.model.checkpoint.HfFolder;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.Path;

/** Distinguishes a model from another one that overwrites it. */
public final class ModelFingerprint {
  private ModelFingerprint() {}

  /** SHA-256 over the names and contents of config.json and the weights, in hexadecimal. */
  public static String of(ModelSource source) {
    HfFolder folder = source.open();
    StringBuilder lines = new StringBuilder();
    for (Path file : folder.files().list(folder.path())) {
      if (file.getName().matches("config\\.json|.*\\.safetensors")) {
        lines.append(file.getName() + " " + folder.files().sha256(file) + "\n");
      }
    }
    return DigestUtils.sha256Hex(lines.toString());
  }
}
