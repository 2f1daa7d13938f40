package lethe.model.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.StreamSupport;
import lethe.folder.Files;
import lethe.model.checkpoint.HfFolder;
import lethe.model.checkpoint.HfWriter;
import lethe.model.checkpoint.NamedShape;
import lethe.model.checkpoint.Safetensors;
import lethe.model.checkpoint.TensorSource;
import lethe.model.network.Architecture;
import lethe.settings.FirstTen;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * An adapter as PEFT lays it out: adapter_config.json and adapter_model.safetensors, without the
 * base model. Every member of adapter_config.json is honoured, known not to change what the network
 * computes, or refused.
 *
 * @param path of the folder
 * @param files access to it
 * @param config adapter_config.json
 */
public record PeftFolder(Path path, Files files, JsonNode config) {
  public static final String CONFIG = HfWriter.ADAPTER_CONFIG;
  static final String WEIGHTS = "adapter_model.safetensors";

  /** What PEFT puts in front of a module's name. */
  static final String PREFIX = "base_model.model.";

  /** Members that are honoured. */
  private static final Set<String> HONOURED =
      Set.of(
          "peft_type",
          "r",
          "lora_alpha",
          "target_modules",
          "use_rslora",
          "bias",
          "base_model_name_or_path",
          "init_lora_weights");

  /** Members that change only how an adapter is trained, or only name something. */
  private static final Set<String> HARMLESS =
      Set.of(
          "task_type",
          "auto_mapping",
          "peft_version",
          "revision",
          "inference_mode",
          "lora_dropout",
          "fan_in_fan_out", // how the base stores a matrix, which the base itself says
          "layers_pattern",
          "megatron_core",
          "loftq_config",
          "qalora_group_size",
          "runtime_config");

  /** Starts that leave the base model as it is. */
  private static final Set<String> STARTS = Set.of("true", "false", "gaussian", "orthogonal");

  /** Whether a folder holds an adapter. */
  public static boolean is(Path folder, Files files) {
    return files.exists(new Path(folder, CONFIG));
  }

  /**
   * Opens a folder and checks its adapter_config.json.
   *
   * @throws InvalidSettings naming every member that is missing or not supported
   */
  public static PeftFolder open(Path folder, Files files) {
    Path file = new Path(folder, CONFIG);
    JsonNode config = HfFolder.readJson(file, files);
    if (!config.isObject()) {
      throw new InvalidSettings("Cannot read " + file + ": it is not a JSON object");
    }
    if (files.exists(new Path(folder, HfFolder.CONFIG))) {
      throw new InvalidSettings(
          "Cannot use the model in %s: it has both %s and %s, a whole model and an adapter; keep the files of one of them"
              .formatted(folder, HfFolder.CONFIG, CONFIG));
    }
    PeftFolder opened = new PeftFolder(folder, files, config);
    opened.check(file);
    return opened;
  }

  private void check(Path file) {
    List<String> problems = new ArrayList<>();
    if (!config.path("peft_type").asText().equals("LORA")) {
      problems.add("peft_type must be LORA, was " + config.path("peft_type"));
    }
    if (!config.path("r").isInt() || config.path("r").asInt() < 1) {
      problems.add("r must be a whole number of at least 1, was " + shown("r"));
    }
    if (!config.path("lora_alpha").isNumber() || config.path("lora_alpha").asDouble() == 0) {
      problems.add("lora_alpha must be a number other than 0, was " + shown("lora_alpha"));
    }
    if (!config.path("bias").asText("none").equals("none")) {
      problems.add("bias must be none, was " + shown("bias"));
    }
    if (!STARTS.contains(config.path("init_lora_weights").asText("true"))) {
      problems.add(
          "init_lora_weights %s changes the base model; convert the adapter with PEFT's option for it when you save it"
              .formatted(shown("init_lora_weights")));
    }
    if (targets().isEmpty() && pattern().isEmpty()) {
      problems.add("target_modules must name modules, was " + shown("target_modules"));
    }
    config
        .properties()
        .forEach(
            member -> {
              String name = member.getKey();
              if (!HONOURED.contains(name)
                  && !HARMLESS.contains(name)
                  && isSet(member.getValue())) {
                problems.add(
                    "%s %s is not supported; merge the adapter with PEFT and name the merged model"
                        .formatted(name, shown(name)));
              }
            });
    if (!problems.isEmpty()) {
      throw new InvalidSettings(
          FirstTen.lines(problems.stream().map(p -> "Cannot use " + file + ": " + p).toList()));
    }
  }

  private String shown(String name) {
    String text = config.path(name).toString();
    return text.isEmpty() ? "not there" : text.length() > 120 ? text.substring(0, 120) : text;
  }

  private static boolean isSet(JsonNode value) {
    return !(value.isNull()
        || (value.isBoolean() && !value.asBoolean())
        || (value.isContainerNode() && value.isEmpty()));
  }

  /** The base model as the adapter names it: a folder, or a name in a model hub; may be empty. */
  public String base() {
    return config.path("base_model_name_or_path").asText("");
  }

  private List<String> targets() {
    JsonNode named = config.path("target_modules");
    return named.isTextual() && named.asText().equals(Adapter.ALL_LINEAR)
        ? List.of(Adapter.ALL_LINEAR)
        : StreamSupport.stream(named.spliterator(), false).map(JsonNode::asText).toList();
  }

  /** The regular expression that target_modules is, where it is one text. */
  private Optional<String> pattern() {
    JsonNode named = config.path("target_modules");
    return Optional.of(named.asText()).filter(text -> named.isTextual() && targets().isEmpty());
  }

  /**
   * The base's network with this adapter.
   *
   * @throws InvalidSettings when the adapter does not belong to a network of these shapes
   */
  public AdaptedNetwork network(Architecture base) {
    String setting = "target_modules of " + new Path(path, CONFIG);
    Adapter adapter =
        new Adapter(
            config.get("r").asInt(),
            config.get("lora_alpha").asDouble(),
            config.path("use_rslora").asBoolean(),
            pattern().map(p -> matching(p, base, setting)).orElseGet(this::targets));
    AdaptedNetwork network = AdaptedNetwork.ofAny(base, adapter, setting);
    check(network);
    return network;
  }

  private static List<String> matching(String pattern, Architecture base, String setting) {
    try {
      Pattern compiled = Pattern.compile(pattern);
      return base.layers().stream()
          .flatMap(List::stream)
          .flatMap(place -> base.parameters().get(place).tensors().stream())
          .filter(AdaptedMatrix::fits)
          .map(tensor -> AdaptedMatrix.module(tensor.name()))
          .filter(module -> compiled.matcher(module).matches())
          .toList();
    } catch (PatternSyntaxException e) {
      throw new InvalidSettings(
          "%s is \"%s\", which is no regular expression: %s"
              .formatted(setting, pattern, e.getDescription()),
          e);
    }
  }

  /** Compares the tensors of the file with those that the network needs. */
  private void check(AdaptedNetwork network) {
    Safetensors weights = weights();
    Map<String, NamedShape> found = new LinkedHashMap<>();
    weights.tensors().forEach(tensor -> found.put(tensor.name(), tensor));
    List<String> problems = new ArrayList<>();
    for (NamedShape tensor : network.tensors()) {
      NamedShape stored = found.remove(PREFIX + tensor.name());
      if (stored == null) {
        problems.add("it has no " + PREFIX + tensor.name());
      } else if (!stored.shape().equals(tensor.shape())) {
        problems.add(
            "%s has the shape %s, expected %s"
                .formatted(stored.name(), stored.shape(), tensor.shape()));
      }
    }
    found.keySet().forEach(name -> problems.add("it has " + name + ", which nothing would use"));
    if (!problems.isEmpty()) {
      throw new InvalidSettings(
          "Cannot use the adapter in %s with this base model: %s; name the base that it was made for"
              .formatted(path, FirstTen.of(problems)));
    }
  }

  /**
   * Reads A and B once.
   *
   * @throws InvalidSettings when a value is not finite
   */
  public void checkValues(AdaptedNetwork network) {
    TensorSource tensors = tensors();
    for (NamedShape tensor : network.tensors()) {
      float[] values = new float[(int) tensor.elements()];
      tensors.read(tensor.name(), 0, values, 0, values.length);
      for (int i = 0; i < values.length; i++) {
        if (!Float.isFinite(values[i])) {
          throw new InvalidSettings(
              "The adapter in %s has values that are not finite: %s at element %d; fetch it again"
                  .formatted(path, PREFIX + tensor.name(), i));
        }
      }
    }
  }

  private Safetensors weights() {
    Path file = new Path(path, WEIGHTS);
    if (!files.exists(file)) {
      throw new InvalidSettings(
          "Cannot read an adapter from %s: it has no %s; save it as safetensors"
              .formatted(path, WEIGHTS));
    }
    return Safetensors.open(file, files);
  }

  /** A and B, under the names of the network. */
  public TensorSource tensors() {
    Safetensors weights = weights();
    return (name, from, to, offset, count) -> weights.read(PREFIX + name, from, to, offset, count);
  }
}
