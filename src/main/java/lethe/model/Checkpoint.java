package lethe.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import lethe.model.checkpoint.CheckpointWeights;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Architecture;
import lethe.settings.FirstTen;
import lethe.settings.InvalidSettings;

/**
 * A folder's weights under the names of its network. Checkpoints of one family differ in names, and
 * this is the only class that handles it: those of the bare network lack a prefix (the original
 * GPT-2's {@code wte.weight}), some have it twice, the output matrix has an older and a newer name,
 * and in a model that ties it to its embedding it may replace the embedding. Whatever transformers
 * loads is read; whatever it would ignore is named in a warning.
 */
public final class Checkpoint implements TensorSource {
  /** Buffers that older checkpoints store and every reader computes for itself. */
  private static final Pattern BUFFER =
      Pattern.compile("(.*\\.)?(rotary_emb\\.inv_freq|(attn|attention)\\.(masked_bias|bias))");

  /** What packed weights and their scales are called where config.json does not say so. */
  private static final Pattern PACKED =
      Pattern.compile(
          ".*\\.(qweight|qzeros|weight_packed|weight_scale(_inv)?|SCB|weight\\.(absmax|quant_map|quant_state.*))");

  private static final int SCAN_ELEMENTS = 1 << 18;

  private final CheckpointWeights weights;
  private final Architecture architecture;

  /** Names in the files, by name in the network. */
  private final Map<String, String> stored = new LinkedHashMap<>();

  /** Names in the files that the network does not use. */
  private final Set<String> surplus = new LinkedHashSet<>();

  /** The output matrix of a network that ties it, as it is called in the files. */
  private final Optional<String> output;

  Checkpoint(CheckpointWeights weights, Architecture architecture) {
    this.weights = weights;
    this.architecture = architecture;
    Set<String> wanted = new LinkedHashSet<>();
    architecture.tensors().forEach(tensor -> wanted.add(tensor.name()));
    for (NamedShape tensor : weights.tensors()) {
      String name = tensor.name();
      Optional<String> own =
          candidates(name).stream().filter(wanted::contains).findFirst().filter(n -> free(n, name));
      own.ifPresentOrElse(
          n -> Optional.ofNullable(stored.put(n, name)).ifPresent(surplus::add),
          () -> surplus.add(name));
    }
    this.output =
        architecture.tied()
            ? surplus.stream().filter(this::isOutput).findFirst()
            : Optional.empty();
    output.ifPresent(this::useOutput);
  }

  /**
   * The names in the network that a tensor may have, in the order in which transformers tries them.
   */
  private List<String> candidates(String name) {
    String prefix = architecture.prefix();
    List<String> names = new ArrayList<>();
    if (name.startsWith(prefix)) {
      names.add(name.substring(prefix.length()));
    }
    names.add(prefix + name);
    names.add(name);
    if (isOutput(name)) {
      names.addAll(architecture.outputs());
    }
    return names;
  }

  /**
   * Whether a stored tensor may take a name in the network: if two could, the one stored under that
   * name wins.
   */
  private boolean free(String name, String by) {
    return !stored.containsKey(name) || by.equals(name);
  }

  private boolean isOutput(String name) {
    String prefix = architecture.prefix();
    return architecture.outputs().contains(name)
        || (name.startsWith(prefix)
            && architecture.outputs().contains(name.substring(prefix.length())));
  }

  private void useOutput(String name) {
    surplus.remove(name);
    stored.putIfAbsent(embedding(), name);
  }

  private String embedding() {
    return architecture.tensors().get(0).name();
  }

  /**
   * Whether config.json ties the output matrix to the embedding, and the files hold another one.
   */
  boolean hasOutputOfItsOwn() {
    String embedding = stored.get(embedding());
    return output.isPresent() && !embedding.equals(output.get()) && !same(embedding, output.get());
  }

  private boolean same(String one, String other) {
    List<Long> shape = weights.tensor(one).shape();
    if (!weights.tensor(other).shape().equals(shape)
        || !weights.isFloat(one)
        || !weights.isFloat(other)) {
      return false;
    }
    long elements = weights.tensor(one).elements();
    float[] a = new float[(int) Math.min(elements, SCAN_ELEMENTS)];
    float[] b = new float[a.length];
    for (long from = 0; from < elements; from += a.length) {
      int count = (int) Math.min(elements - from, a.length);
      weights.read(one, from, a, 0, count);
      weights.read(other, from, b, 0, count);
      for (int i = 0; i < count; i++) {
        if (a[i] != b[i]) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * A tensor under its name in the folder's files, for a model that is written like this one. An
   * embedding that is stored only as the output matrix gets its own name, because other readers may
   * not find it otherwise.
   */
  NamedShape like(NamedShape tensor) {
    String name = stored.getOrDefault(tensor.name(), tensor.name());
    return output.filter(name::equals).isPresent() ? tensor : new NamedShape(name, tensor.shape());
  }

  /**
   * {@inheritDoc}
   *
   * @param name in the network
   * @throws InvalidSettings when there is no such tensor or range, or its elements cannot be read
   *     as floats
   */
  @Override
  public void read(String name, long fromElement, float[] to, int offset, int count) {
    weights.read(stored.getOrDefault(name, name), fromElement, to, offset, count);
  }

  /**
   * Compares with what the network needs, and reads everything once to find values that are not
   * finite.
   *
   * @return a sentence on each kind of tensor that the network does not use
   * @throws InvalidSettings naming the tensors that are missing, of another shape, of a type that
   *     cannot be read as floats, or not finite
   */
  List<String> check() {
    return check(this::firstNonFinite);
  }

  /** As {@link #check()}, but reads no value. */
  List<String> checkHeaders() {
    return check(tensor -> OptionalLong.empty());
  }

  private List<String> check(Function<NamedShape, OptionalLong> nonFinite) {
    List<NamedShape> all = architecture.tensors();
    List<NamedShape> missing = all.stream().filter(t -> !stored.containsKey(t.name())).toList();
    List<NamedShape> there = all.stream().filter(t -> stored.containsKey(t.name())).toList();
    List<String> problems = new ArrayList<>();
    if (!missing.isEmpty()) {
      problems.add(foreign(missing.size()).or(this::packed).orElseGet(() -> missing(missing)));
    }
    List<String> misshapen = new ArrayList<>();
    List<String> quantized = new ArrayList<>();
    List<String> infinite = new ArrayList<>();
    for (NamedShape tensor : there) {
      String name = stored.get(tensor.name());
      List<Long> found = weights.tensor(name).shape();
      if (!weights.isFloat(name)) {
        quantized.add(name + " stored as " + weights.type(name)); // often of another shape
      } else if (!found.equals(tensor.shape())) {
        misshapen.add("%s with shape %s, expected %s".formatted(name, found, tensor.shape()));
      } else {
        nonFinite
            .apply(weights.tensor(name))
            .ifPresent(at -> infinite.add("%s at element %d".formatted(name, at)));
      }
    }
    add(
        problems,
        "The weights in %s have %s; does config.json belong to these weights?",
        misshapen);
    add(
        problems,
        "The weights in %s have %s, expected F64, F32, F16 or BF16; name an unquantized checkpoint",
        quantized);
    add(
        problems,
        "The weights in %s have values that are not finite: %s; fetch them again",
        infinite);
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
    return warnings();
  }

  /** A sentence, if quantized tensors are in place of the network's. */
  private Optional<String> packed() {
    List<String> names = surplus.stream().filter(PACKED.asMatchPredicate()).toList();
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "The weights in %s are quantized: they have %s; name the checkpoint that they were made from"
                .formatted(weights.folder(), FirstTen.of(names)));
  }

  private String missing(List<NamedShape> missing) {
    return "The weights in %s have no %s; does config.json belong to these weights?"
        .formatted(weights.folder(), FirstTen.of(missing.stream().map(this::shown).toList()));
  }

  /** The name that a missing tensor would have among the others. */
  private String shown(NamedShape tensor) {
    String prefix = architecture.prefix();
    boolean bare =
        stored.entrySet().stream().anyMatch(e -> e.getKey().equals(prefix + e.getValue()));
    boolean cut = bare && tensor.name().startsWith(prefix);
    return (cut ? tensor.name().substring(prefix.length()) : tensor.name()) + " " + tensor.shape();
  }

  private void add(List<String> sentences, String sentence, List<String> names) {
    if (!names.isEmpty()) {
      sentences.add(sentence.formatted(weights.folder(), FirstTen.of(names)));
    }
  }

  /** A sentence, if most names have a prefix that does not belong to them. */
  private Optional<String> foreign(int missing) {
    String embedding = embedding();
    String bare = embedding.substring(architecture.prefix().length());
    Optional<String> found = surplus.stream().filter(n -> n.endsWith("." + bare)).findFirst();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    String name = found.get();
    String end = name.endsWith("." + embedding) ? embedding : bare;
    String front = name.substring(0, name.length() - end.length());
    long with = surplus.stream().filter(n -> n.startsWith(front)).count();
    return 2 * with < missing
        ? Optional.empty()
        : Optional.of(
            "The names of %d tensors in %s begin with %s, unlike any name of a %s%s; save the model itself, not the wrapper around it"
                .formatted(with, weights.folder(), front, architecture.type(), from(front)));
  }

  /** Which tool is known to add such a prefix. */
  private static String from(String front) {
    return front.contains("_orig_mod.")
        ? " (added by torch.compile)"
        : front.contains("base_model.model.")
            ? " (added by PEFT: merge the adapter first)"
            : front.contains("module.") ? " (added by DataParallel)" : "";
  }

  private List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    List<String> unknown =
        surplus.stream()
            .filter(name -> !BUFFER.matcher(name).matches())
            .sorted(Comparator.naturalOrder())
            .map(name -> name + " " + weights.tensor(name).shape())
            .toList();
    add(
        warnings,
        "The weights in %s have tensors that config.json does not need and that are ignored: %s",
        unknown);
    add(
        warnings,
        "The index in %s does not list tensors that its files have: %s",
        weights.unlisted());
    return warnings;
  }

  private OptionalLong firstNonFinite(NamedShape tensor) {
    long elements = tensor.elements();
    float[] part = new float[(int) Math.min(elements, SCAN_ELEMENTS)];
    for (long from = 0; from < elements; from += part.length) {
      int count = (int) Math.min(elements - from, part.length);
      weights.read(tensor.name(), from, part, 0, count);
      for (int i = 0; i < count; i++) {
        if (!Float.isFinite(part[i])) {
          return OptionalLong.of(from + i);
        }
      }
    }
    return OptionalLong.empty();
  }
}
