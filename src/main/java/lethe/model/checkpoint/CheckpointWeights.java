package lethe.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lethe.folder.Files;
import lethe.settings.FirstTen;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The tensors of a Hugging Face folder under the names of its files: of one model.safetensors, or
 * of the shards that model.safetensors.index.json lists. {@link lethe.model.Checkpoint} provides
 * them under the names of a network.
 */
public final class CheckpointWeights implements TensorSource {
  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  /** Weights as Python's pickles, whose reader runs whatever code they name. */
  private static final Pattern PICKLE =
      Pattern.compile("(pytorch_model|model|consolidated).*\\.(bin|pt|pth|ckpt)");

  private static final Pattern GGUF = Pattern.compile(".*\\.gguf");

  private final Path folder;
  private final Map<String, Safetensors> fileOf;
  private final List<String> unlisted;

  private CheckpointWeights(Path folder, Map<String, Safetensors> fileOf, List<String> unlisted) {
    this.folder = folder;
    this.fileOf = fileOf;
    this.unlisted = unlisted;
  }

  static CheckpointWeights open(Path folder, Files files) {
    Path single = new Path(folder, SINGLE);
    if (files.exists(single)) {
      Safetensors file = Safetensors.open(single, files);
      Map<String, Safetensors> all = new LinkedHashMap<>();
      file.tensors().forEach(t -> all.put(t.name(), file));
      return new CheckpointWeights(folder, all, List.of());
    }
    Path index = new Path(folder, INDEX);
    if (files.exists(index)) {
      return sharded(folder, index, files);
    }
    throw new InvalidSettings(
        List.of(
            "Cannot read weights from %s: it has neither %s nor %s; %s"
                .formatted(folder, SINGLE, INDEX, remedy(folder, files))));
  }

  /** What to do about the weights that are there instead. */
  private static String remedy(Path folder, Files files) {
    List<String> names = files.list(folder).stream().map(Path::getName).sorted().toList();
    Optional<String> pickle = names.stream().filter(PICKLE.asMatchPredicate()).findFirst();
    Optional<String> gguf = names.stream().filter(GGUF.asMatchPredicate()).findFirst();
    return pickle
        .map(
            name ->
                "%s is a pickle, which may run code when it is read, so it is not: write safetensors from it with AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(ANOTHER) of transformers"
                    .formatted(name))
        .or(
            () ->
                gguf.map(
                    name ->
                        "%s is in the format of llama.cpp, most often quantized: name the checkpoint that it was made from"
                            .formatted(name)))
        .orElse("convert other formats to safetensors");
  }

  private static CheckpointWeights sharded(Path folder, Path index, Files files) {
    List<String> problems = new ArrayList<>();
    Map<String, Set<String>> namesOf = weightMap(index, HfFolder.readJson(index, files), problems);
    Map<String, Safetensors> listed = new LinkedHashMap<>();
    Map<String, Safetensors> others = new LinkedHashMap<>();
    namesOf.forEach(
        (fileName, names) -> {
          try {
            Safetensors shard = Safetensors.open(new Path(folder, fileName), files);
            shard
                .tensors()
                .forEach(t -> (names.contains(t.name()) ? listed : others).put(t.name(), shard));
            lacking(names, shard, index, problems);
          } catch (IllegalArgumentException e) {
            problems.add(e.getMessage());
          }
        });
    if (!problems.isEmpty()) {
      throw new InvalidSettings(FirstTen.lines(problems));
    }
    others.keySet().removeAll(listed.keySet());
    listed.putAll(others); // as in transformers: any tensor in a shard counts
    return new CheckpointWeights(folder, listed, List.copyOf(others.keySet()));
  }

  /** Reports tensors that the index places in a shard and that the shard lacks. */
  private static void lacking(
      Set<String> placed, Safetensors shard, Path index, List<String> problems) {
    Set<String> missing = new LinkedHashSet<>(placed);
    shard.tensors().forEach(t -> missing.remove(t.name()));
    if (!missing.isEmpty()) {
      problems.add(
          "%s places %s in %s, which does not have it; fetch both again"
              .formatted(index, FirstTen.of(List.copyOf(missing)), shard.path().getName()));
    }
  }

  /** Tensor names by shard, in the order of the shards' names. */
  private static Map<String, Set<String>> weightMap(
      Path index, JsonNode json, List<String> problems) {
    Map<String, Set<String>> namesOf = new TreeMap<>();
    json.path("weight_map")
        .properties()
        .forEach(
            field -> {
              String file = field.getValue().asText();
              if (file.matches("[^/\\\\:]+\\.safetensors")) {
                namesOf.computeIfAbsent(file, f -> new LinkedHashSet<>()).add(field.getKey());
              } else {
                problems.add(
                    "%s places %s in \"%s\", which is not a safetensors file beside it"
                        .formatted(index, field.getKey(), file));
              }
            });
    if (namesOf.isEmpty() && problems.isEmpty()) {
      problems.add("Cannot read " + index + ": its weight_map is missing or empty");
    }
    return namesOf;
  }

  public Path folder() {
    return folder;
  }

  /** Every tensor, file by file in the order of their data. */
  public Collection<NamedShape> tensors() {
    Map<String, NamedShape> tensors = new LinkedHashMap<>();
    for (Safetensors file : new LinkedHashSet<>(fileOf.values())) {
      file.tensors().forEach(t -> tensors.putIfAbsent(t.name(), t));
    }
    fileOf.forEach((name, file) -> tensors.put(name, file.tensor(name)));
    return tensors.values();
  }

  /** Names that are in a shard but not in the index. */
  public List<String> unlisted() {
    return unlisted;
  }

  boolean has(String name) {
    return fileOf.containsKey(name);
  }

  public NamedShape tensor(String name) {
    return file(name).tensor(name);
  }

  /** The file that has a tensor. */
  Path path(String name) {
    return file(name).path();
  }

  /**
   * How a tensor's elements are stored: the name in its safetensors header, such as {@code BF16}.
   */
  public String type(String name) {
    return file(name).type(name);
  }

  /** Whether a tensor's elements can be read as floats. */
  public boolean isFloat(String name) {
    return file(name).isFloat(name);
  }

  /**
   * {@inheritDoc}
   *
   * @throws InvalidSettings when there is no such tensor or range, or its elements cannot be read
   *     as floats
   */
  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    file(name).read(name, fromElement, to, offset, count);
  }

  private Safetensors file(String name) {
    Safetensors file = fileOf.get(name);
    if (file == null) {
      throw new InvalidSettings("Cannot read " + name + ": the weights do not contain it");
    }
    return file;
  }
}
