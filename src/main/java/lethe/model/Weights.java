package lethe.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The tensors of a Hugging Face folder: of one model.safetensors, or of the shards that
 * model.safetensors.index.json lists.
 */
public final class Weights implements TensorSource {
  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  /** Buffers that older checkpoints store and every reader computes for itself. */
  private static final Pattern BUFFER =
      Pattern.compile("(.*\\.)?(rotary_emb\\.inv_freq|(attn|attention)\\.(masked_bias|bias))");

  /** Tensors that stand beside the bare network. */
  private static final Pattern OUTSIDE = Pattern.compile("(lm_head|embed_out)\\..*");

  private static final int SCAN_ELEMENTS = 1 << 18;

  private final Path folder;
  private final Map<String, Safetensors> fileOf;
  private final Map<String, NamedShape> shapeOf;
  private final String missingPrefix;

  private Weights(Path folder, Map<String, Safetensors> fileOf, String missingPrefix) {
    this.folder = folder;
    this.fileOf = fileOf;
    this.missingPrefix = missingPrefix;
    this.shapeOf = new LinkedHashMap<>();
    for (Safetensors file : new LinkedHashSet<>(fileOf.values())) {
      for (NamedShape tensor : file.tensors()) {
        String name =
            OUTSIDE.matcher(tensor.name()).matches()
                ? tensor.name()
                : missingPrefix + tensor.name();
        shapeOf.put(name, new NamedShape(name, tensor.shape()));
      }
    }
  }

  /**
   * The same weights under a causal language model's names: some checkpoints (the original GPT-2)
   * hold the bare network, whose names lack a prefix.
   *
   * @param prefix such as {@code transformer.}
   */
  public Weights under(String prefix) {
    boolean bare = fileOf.keySet().stream().noneMatch(n -> n.startsWith(prefix));
    return bare ? new Weights(folder, fileOf, prefix) : this;
  }

  static Weights open(Path folder, Files files) {
    Path single = new Path(folder, SINGLE);
    if (files.exists(single)) {
      Safetensors file = Safetensors.open(single, files);
      Map<String, Safetensors> all = new LinkedHashMap<>();
      file.tensors().forEach(t -> all.put(t.name(), file));
      return new Weights(folder, all, "");
    }
    Path index = new Path(folder, INDEX);
    if (files.exists(index)) {
      return sharded(folder, index, files);
    }
    throw new InvalidSettings(
        List.of(
            "Cannot read weights from %s: it has neither %s nor %s; convert others to safetensors"
                .formatted(folder, SINGLE, INDEX)));
  }

  private static Weights sharded(Path folder, Path index, Files files) {
    List<String> problems = new ArrayList<>();
    Map<String, Set<String>> namesOf = weightMap(index, files.readJson(index), problems);
    Map<String, Safetensors> all = new LinkedHashMap<>();
    namesOf.forEach(
        (fileName, names) -> {
          try {
            Safetensors shard = Safetensors.open(new Path(folder, fileName), files);
            shard.tensors().forEach(t -> all.put(t.name(), shard));
            compare(names, shard, index, problems);
          } catch (IllegalArgumentException e) {
            problems.add(e.getMessage());
          }
        });
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    return new Weights(folder, all, "");
  }

  /** A shard holds what the index places in it, and nothing else. */
  private static void compare(
      Set<String> placed, Safetensors shard, Path index, List<String> problems) {
    Set<String> held = new LinkedHashSet<>();
    shard.tensors().forEach(t -> held.add(t.name()));
    String file = shard.path().getName();
    for (String name : difference(placed, held)) {
      problems.add(
          "%s places %s in %s, which does not have it; fetch both again"
              .formatted(index, name, file));
    }
    for (String name : difference(held, placed)) {
      problems.add(
          "%s has %s, which %s does not place there; fetch both again"
              .formatted(shard.path(), name, INDEX));
    }
  }

  /** Tensor names by shard, in the order of the shards' names. */
  private static Map<String, Set<String>> weightMap(
      Path index, JsonNode json, List<String> problems) {
    Map<String, Set<String>> namesOf = new TreeMap<>();
    json.path("weight_map")
        .fields()
        .forEachRemaining(
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

  private static List<String> difference(Set<String> of, Set<String> without) {
    return of.stream().filter(n -> !without.contains(n)).toList();
  }

  /** Every tensor, file by file in the order of their data. */
  public Collection<NamedShape> tensors() {
    return List.copyOf(shapeOf.values());
  }

  public boolean has(String name) {
    return shapeOf.containsKey(name);
  }

  /**
   * How a tensor's elements are stored: the name in its safetensors header, such as {@code BF16}.
   */
  public String type(String name) {
    return file(name).type(stored(name));
  }

  /**
   * {@inheritDoc}
   *
   * @throws InvalidSettings when there is no such tensor or range, or its elements are not of a
   *     {@link Dtype}
   */
  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    file(name).read(stored(name), fromElement, to, offset, count);
  }

  /**
   * Compares with what a model needs, and reads everything once to find values that are not finite.
   *
   * @param expected every tensor the model has
   * @param ignorable names that may be there besides: for example the output matrix of a model that
   *     ties it to its embedding
   * @throws InvalidSettings with every tensor that is missing, surplus, of another shape or of a
   *     type that is not a {@link Dtype}, or not finite
   */
  public void check(List<NamedShape> expected, Set<String> ignorable) {
    check(expected, ignorable, true);
  }

  /** As {@link #check}, but reads no value. */
  void checkHeaders(List<NamedShape> expected, Set<String> ignorable) {
    check(expected, ignorable, false);
  }

  private void check(List<NamedShape> expected, Set<String> ignorable, boolean values) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (NamedShape wanted : expected) {
      names.add(wanted.name());
      problem(wanted, values, problems);
    }
    for (String name : difference(shapeOf.keySet(), names)) {
      if (!ignorable.contains(name) && !BUFFER.matcher(name).matches()) {
        problems.add(
            "%s has %s %s, which config.json does not ask for; the two are not of the same model"
                .formatted(file(name).path(), name, shapeOf.get(name).shape()));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
  }

  private void problem(NamedShape wanted, boolean values, List<String> problems) {
    String name = wanted.name();
    NamedShape found = shapeOf.get(name);
    if (found == null) {
      problems.add(
          "The weights in %s have no %s, expected with shape %s; is config.json theirs?"
              .formatted(folder, name, wanted.shape()));
      return;
    }
    Path path = file(name).path();
    if (!found.shape().equals(wanted.shape())) {
      problems.add(
          "%s has %s with shape %s, expected %s; is config.json that of these weights?"
              .formatted(path, name, found.shape(), wanted.shape()));
    } else if (file(name).dtype(stored(name)).isEmpty()) {
      problems.add(
          "%s has %s stored as %s, expected F32, F16 or BF16; name an unquantized checkpoint"
              .formatted(path, name, type(name)));
    } else if (values) {
      firstNonFinite(found)
          .ifPresent(
              at ->
                  problems.add(
                      "%s has %s with a value that is not finite at element %d; fetch it again"
                          .formatted(path, name, at)));
    }
  }

  private OptionalLong firstNonFinite(NamedShape tensor) {
    long elements = tensor.elements();
    float[] part = new float[(int) Math.min(elements, SCAN_ELEMENTS)];
    for (long from = 0; from < elements; from += part.length) {
      int count = (int) Math.min(elements - from, part.length);
      read(tensor.name(), from, part, 0, count);
      for (int i = 0; i < count; i++) {
        if (!Float.isFinite(part[i])) {
          return OptionalLong.of(from + i);
        }
      }
    }
    return OptionalLong.empty();
  }

  private String stored(String name) {
    return name.startsWith(missingPrefix) ? name.substring(missingPrefix.length()) : name;
  }

  private Safetensors file(String name) {
    Safetensors file = fileOf.get(stored(name));
    if (file == null) {
      throw new InvalidSettings("Cannot read " + name + ": the weights do not have it");
    }
    return file;
  }
}
