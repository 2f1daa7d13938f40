package lethe.model;

import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import lethe.folder.Files;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.ModelOrigin;

/** Distinguishes a model from another one that overwrites it. */
public final class ModelFingerprint {
  /** By {@link Files#state}, so that a process reads a model's files once. */
  private static final Map<String, SortedMap<String, String>> DIGESTS = new ConcurrentHashMap<>();

  private ModelFingerprint() {}

  /**
   * SHA-256 over the names and contents of config.json and the weights, in hexadecimal.
   *
   * @throws lethe.settings.InvalidSettings when Lethe wrote the model and its files are not as they
   *     were then
   */
  public static String of(ModelSource source) {
    HfFolder folder = source.open();
    SortedMap<String, String> digests =
        DIGESTS.computeIfAbsent(
            folder.files().state(folder.path()),
            state -> ModelOrigin.digests(folder.path(), folder.files()));
    ModelOrigin.read(folder.path(), folder.files())
        .ifPresent(origin -> origin.verify(folder.path(), digests));
    return ModelOrigin.fingerprint(digests);
  }
}
