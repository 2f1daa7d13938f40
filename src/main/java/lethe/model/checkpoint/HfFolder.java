package lethe.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * A model as Hugging Face lays it out: config.json, weights as safetensors, tokenizer.json.
 *
 * @param path of the folder
 * @param files access to it
 * @param config config.json
 */
public record HfFolder(Path path, Files files, JsonNode config) {
  public static final String CONFIG = "config.json";

  /**
   * The files that a written model takes over unchanged. This lists what may be copied, not what
   * may not: other files may hold the weights, or name the texts, that were to be forgotten.
   */
  private static final Pattern COMPANION =
      Pattern.compile(
          "tokenizer.*|special_tokens_map\\.json|added_tokens\\.json|vocab\\..*|merges\\.txt"
              + "|spiece\\.model|sentencepiece.*\\.model|.*\\.tiktoken|tekken\\.json"
              + "|chat_template\\..*|generation_config\\.json"
              + "|(LICENSE|LICENCE|NOTICE|USE_POLICY).*");

  /**
   * Opens a folder that has a config.json; its weights and its tokenizer are read when needed.
   *
   * @throws InvalidSettings when there is no config.json, or it is not a JSON object
   */
  public static HfFolder open(Path folder, Files files) {
    Path file = new Path(folder, CONFIG);
    if (!files.exists(file)) {
      throw missing(folder, CONFIG);
    }
    JsonNode config = readJson(file, files);
    if (!config.isObject()) {
      throw new InvalidSettings(List.of("Cannot read " + file + ": it is not a JSON object"));
    }
    return new HfFolder(folder, files, config);
  }

  /**
   * The weights under the names of the files, their headers read and checked. Other rooms read them
   * through {@link lethe.model.ModelSource}, which uses the network's names.
   *
   * @throws InvalidSettings naming every file that is missing or broken
   */
  public CheckpointWeights weights() {
    return CheckpointWeights.open(path, files);
  }

  /** Reads a JSON file of a model. */
  public static JsonNode readJson(Path file, Files files) {
    try {
      return files.readJson(file);
    } catch (IllegalArgumentException e) {
      refusePointer(file, files.read(file));
      throw e;
    }
  }

  /**
   * Refuses the pointer that git leaves in place of a large file that was not fetched.
   *
   * @param start the file's first bytes
   */
  static void refusePointer(Path file, byte[] start) {
    if (new String(start, StandardCharsets.ISO_8859_1).startsWith("version ")) {
      throw new InvalidSettings(
          List.of(
              "Cannot read %s: it is a Git LFS pointer, not the file itself; run \"git lfs pull\" in its folder"
                  .formatted(file)));
    }
  }

  /**
   * The path of tokenizer.json.
   *
   * @throws InvalidSettings when there is none
   */
  public Path tokenizer() {
    Path file = new Path(path, "tokenizer.json");
    if (!files.exists(file)) {
      throw missing(path, "tokenizer.json");
    }
    return file;
  }

  /** Whether tokenizer.json exists. */
  public boolean hasTokenizer() {
    return files.exists(new Path(path, "tokenizer.json"));
  }

  /** The tokenizer, generation and licence files, which a written model takes over unchanged. */
  List<Path> companions() {
    return files.list(path).stream().filter(f -> COMPANION.matcher(f.getName()).matches()).toList();
  }

  private static InvalidSettings missing(Path folder, String name) {
    return new InvalidSettings(
        List.of(
            "Cannot read a model from %s: it has no %s; name a Hugging Face folder with %s"
                .formatted(folder, name, "config.json, tokenizer.json and *.safetensors")));
  }
}
