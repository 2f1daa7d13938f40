package lethe.model.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.fs.Path;

/**
 * Writes a model as a Hugging Face folder. config.json is deleted first and written last, so a
 * reader sees a complete model or none.
 *
 * @param target folder to write; files of another model in it are replaced
 * @param template the model whose configuration and tokenizer are used
 * @param dtype of the written weights
 * @param shardBytes most bytes of weights per file, at least 1; a larger tensor has a file of its
 *     own
 */
public record HfWriter(Path target, HfFolder template, Dtype dtype, long shardBytes) {
  /** The file whose presence says that a folder of PEFT's layout is whole. */
  public static final String ADAPTER_CONFIG = "adapter_config.json";

  /**
   * Writes the whole folder.
   *
   * @param tensors every tensor of the model, in the order they are stored
   * @param source read once for each tensor, in ascending ranges
   * @param made what the model was made from, which is recorded beside it ({@link ModelOrigin})
   * @throws InvalidSettings when the target is the template's own folder
   * @throws IllegalStateException when a value is not finite in {@link #dtype}
   * @throws java.io.UncheckedIOException when a file cannot be written; the folder then has no
   *     config.json
   */
  public void write(List<NamedShape> tensors, TensorSource source, ModelOrigin.Inputs made) {
    Files files = template.files();
    if (same(target, template.path())) {
      throw new InvalidSettings(
          "Cannot write a model to %s: it is read from there; name another folder"
              .formatted(target));
    }
    clear(target, files);
    Map<String, String> digests = new HashMap<>();
    for (Path companion : template.companions()) {
      files.write(new Path(target, companion.getName()), files.read(companion));
    }
    List<List<NamedShape>> shards = shards(tensors);
    for (int i = 0; i < shards.size(); i++) {
      String name = fileName(i, shards.size());
      digests.put(
          name,
          new SafetensorsWriter(files, dtype).write(new Path(target, name), shards.get(i), source));
    }
    if (shards.size() > 1) {
      files.writeJson(new Path(target, CheckpointWeights.INDEX), index(shards));
    }
    byte[] content = (Files.json(configOfTarget()) + "\n").getBytes(StandardCharsets.UTF_8);
    digests.put(HfFolder.CONFIG, DigestUtils.sha256Hex(content));
    files.writeJson(new Path(target, ModelOrigin.FILE), ModelOrigin.of(made, digests));
    files.write(new Path(target, HfFolder.CONFIG), content);
  }

  /** Tensors in their order, a new shard whenever the next one would make it too long. */
  private List<List<NamedShape>> shards(List<NamedShape> tensors) {
    List<List<NamedShape>> shards = new ArrayList<>();
    long filled = 0;
    for (NamedShape tensor : tensors) {
      long bytes = bytes(tensor);
      if (shards.isEmpty() || filled + bytes > shardBytes) {
        shards.add(new ArrayList<>());
        filled = 0;
      }
      shards.get(shards.size() - 1).add(tensor);
      filled += bytes;
    }
    return shards;
  }

  private Map<String, Object> index(List<List<NamedShape>> shards) {
    Map<String, String> weightMap = new TreeMap<>();
    long totalBytes = 0;
    for (int i = 0; i < shards.size(); i++) {
      for (NamedShape tensor : shards.get(i)) {
        weightMap.put(tensor.name(), fileName(i, shards.size()));
        totalBytes += bytes(tensor);
      }
    }
    return Map.of("metadata", Map.of("total_size", totalBytes), "weight_map", weightMap);
  }

  /** HF 4 writes torch_dtype (HF 5 reads it too), HF 5 writes dtype: the template's spelling. */
  private ObjectNode configOfTarget() {
    ObjectNode config = template.config().deepCopy();
    if (config.has("dtype")) {
      config.put("dtype", dtype.configName());
    }
    if (config.has("torch_dtype") || !config.has("dtype")) {
      config.put("torch_dtype", dtype.configName());
    }
    return config;
  }

  /**
   * Deletes a model or an adapter, what commits it first.
   *
   * @param folder that may be there
   */
  public static void clear(Path folder, Files files) {
    files.delete(new Path(folder, HfFolder.CONFIG));
    files.delete(new Path(folder, ADAPTER_CONFIG));
    if (files.exists(folder)) {
      files.list(folder).stream()
          .filter(
              f ->
                  f.getName().matches("(adapter_)?model.*\\.safetensors")
                      || f.getName().equals(CheckpointWeights.INDEX)
                      || f.getName().equals(ModelOrigin.FILE))
          .forEach(files::delete);
    }
  }

  private boolean same(Path a, Path b) {
    Files files = template.files();
    return files.system(a).makeQualified(a).equals(files.system(b).makeQualified(b));
  }

  private long bytes(NamedShape tensor) {
    return tensor.elements() * dtype.bytes();
  }

  private static String fileName(int shard, int shards) {
    return shards == 1
        ? CheckpointWeights.SINGLE
        : "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
  }
}
