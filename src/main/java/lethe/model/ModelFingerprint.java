package lethe.model;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import lethe.folder.Files;
import lethe.model.adapter.PeftFolder;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.ModelOrigin;
import org.apache.hadoop.fs.Path;

/** Distinguishes a model from another one that overwrites it. */
public final class ModelFingerprint {
  /** By {@link Files#state}, so that a process reads a model's files once. */
  private static final Map<String, SortedMap<String, String>> DIGESTS = new ConcurrentHashMap<>();

  private ModelFingerprint() {}

  /**
   * SHA-256 over the names and contents of config.json and the weights, in hexadecimal; for an
   * adapter, over those of its files and the fingerprint of its base.
   *
   * @throws lethe.settings.InvalidSettings when Lethe wrote the model and its files are not as they
   *     were then, or the base of its adapter is another one
   */
  public static String of(ModelSource source) {
    Optional<PeftFolder> adapter = source.adapter();
    if (adapter.isPresent()) {
      source.checkBase();
      SortedMap<String, String> both =
          new TreeMap<>(digests(adapter.get().path(), adapter.get().files()));
      both.put(ModelOrigin.BASE, of(source.withoutAdapter()));
      return ModelOrigin.fingerprint(both);
    }
    HfFolder folder = source.open();
    return ModelOrigin.fingerprint(digests(folder.path(), folder.files()));
  }

  private static SortedMap<String, String> digests(Path folder, Files files) {
    SortedMap<String, String> digests =
        DIGESTS.computeIfAbsent(files.state(folder), state -> ModelOrigin.digests(folder, files));
    ModelOrigin.read(folder, files).ifPresent(origin -> origin.verify(folder, digests));
    return digests;
  }
}
