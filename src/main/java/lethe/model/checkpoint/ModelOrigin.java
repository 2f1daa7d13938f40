package lethe.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lethe.folder.Files;
import lethe.json.OrNull;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.Path;

/**
 * {@code lethe.json}, which a training stage writes beside a model's weights: what the model was
 * made from, and the SHA-256 of its files, so that damage and mixtures of two models are noticed.
 *
 * @param version of this file's members and their meaning
 * @param made what the model was made from
 * @param files SHA-256 by the name of the file: config.json and the weights
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ModelOrigin(int version, Inputs made, SortedMap<String, String> files) {
  public static final String FILE = "lethe.json";

  /** What the origin of an adapter calls the model that it lies over. */
  public static final String BASE = "base";

  private static final int VERSION = 1;

  /** The files that decide what a model computes. */
  private static final Pattern DECIDING =
      Pattern.compile("(adapter_)?config\\.json|.*\\.safetensors");

  /**
   * What a model was made from.
   *
   * @param stage that made it
   * @param chunksSha256 of the corpus it was trained on
   * @param models fingerprints by what each model was used for, for example {@code original}
   * @param run everything that decided the weights, as the checkpoints have it
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Inputs(
      String stage, String chunksSha256, SortedMap<String, String> models, @OrNull JsonNode run) {}

  /**
   * The origin of a model that is written.
   *
   * @param files SHA-256 by the name of the file
   */
  public static ModelOrigin of(Inputs made, Map<String, String> files) {
    return new ModelOrigin(VERSION, made, new TreeMap<>(files));
  }

  /**
   * The origin that a model's folder states; none where Lethe did not write the model, or wrote it
   * before version 0.2.
   *
   * @throws InvalidSettings when the file cannot be read
   */
  public static Optional<ModelOrigin> read(Path folder, Files files) {
    Path file = new Path(folder, FILE);
    if (!files.exists(file)) {
      return Optional.empty();
    }
    String remedy =
        "it says what the model beside it was made from: make that model again, or delete the file if the model is known to be right";
    ModelOrigin origin =
        Files.record(file, files.readObject(file, remedy), ModelOrigin.class, remedy);
    if (origin.version != VERSION) {
      throw new InvalidSettings(
          "Cannot read %s: it is not an origin of version %d; %s".formatted(file, VERSION, remedy));
    }
    return Optional.of(origin);
  }

  /** The SHA-256 of each file in a folder that decides what its model computes, by name. */
  public static SortedMap<String, String> digests(Path folder, Files files) {
    SortedMap<String, String> digests = new TreeMap<>();
    for (Path file : files.list(folder)) {
      if (DECIDING.matcher(file.getName()).matches()) {
        digests.put(file.getName(), files.sha256(file));
      }
    }
    return digests;
  }

  /** One digest of a model's files, in hexadecimal: the SHA-256 of their names and digests. */
  public static String fingerprint(SortedMap<String, String> digests) {
    StringBuilder lines = new StringBuilder();
    digests.forEach((name, sha256) -> lines.append(name + " " + sha256 + "\n"));
    return DigestUtils.sha256Hex(lines.toString());
  }

  /** The fingerprint of the model as it was written; of an adapter, with that of its base. */
  public String fingerprint() {
    SortedMap<String, String> all = new TreeMap<>(files);
    if (files.containsKey(HfWriter.ADAPTER_CONFIG)) {
      all.put(BASE, String.valueOf(made.models.get(BASE)));
    }
    return fingerprint(all);
  }

  /**
   * Compares the files of a folder with those that were written.
   *
   * @param found of {@link #digests}
   * @throws InvalidSettings naming the first file that is missing, was changed or was added
   */
  public void verify(Path folder, SortedMap<String, String> found) {
    SortedMap<String, String> all = new TreeMap<>(files);
    all.putAll(found);
    for (String name : all.keySet()) {
      String written = files.get(name);
      String now = found.get(name);
      if (!Objects.equals(written, now)) {
        throw new InvalidSettings(
            "Cannot use the model in %s: %s since %s wrote it; run %s again with overwrite=true, or delete %s if another model is there on purpose"
                .formatted(
                    folder,
                    name
                        + (now == null
                            ? " is missing"
                            : written == null ? " was added" : " changed"),
                    made.stage,
                    made.stage,
                    new Path(folder, FILE)));
      }
    }
  }
}
