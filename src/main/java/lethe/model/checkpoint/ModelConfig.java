package lethe.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import lethe.settings.FirstTen;
import lethe.settings.InvalidSettings;

/**
 * A config.json, read value by value. What is missing or not supported is collected; {@link
 * #check()} throws it all at once.
 *
 * <p>Transformers is the reference for what a key means: a family's class reads every key that
 * transformers' configuration and network of that family read, so a key that is not read here
 * cannot change the forward pass there either. {@link #warnings()} names such keys. The few keys
 * that transformers reads for every family and that are not supported here are refused.
 */
public final class ModelConfig {
  /** Keys that transformers reads for any family and that are not supported here. */
  private static final Set<String> REFUSED =
      Set.of("per_layer_config", "fusion_config", "is_encoder_decoder");

  private static final String QUANTIZATION = "quantization_config";

  /** Keys that only configurations of mixtures of experts have. */
  private static final Pattern EXPERTS = Pattern.compile("(moe_)?n(um)?_([a-z]+_)?experts?(_.*)?");

  /** Most layers: more than any model has, and few enough to list their tensors. */
  private static final int MOST_LAYERS = 10_000;

  /** Keys that are known not to affect the forward pass of a trained decoder. */
  private static final Pattern HARMLESS =
      Pattern.compile(
          "_.*|.*_token_ids?|.*dropout.*|.*pdrop|initializer_.*|summary_.*|.*_version|use_cache"
              + "|(torch_)?dtype|model_type|architectures|task_specific_params"
              + "|use_flash.*|attn_implementation|gradient_checkpointing|pretraining_tp|torchscript"
              + "|output_.*|return_dict.*|(id2)?label(2id)?|num_labels|problem_type|finetuning_task"
              + "|tokenizer_class|prefix|is_decoder|chunk_size_feed_forward|max_length|min_length"
              + "|do_sample|early_stopping|num_beam.*|diversity_penalty|temperature|top_[kp]"
              + "|typical_p|.*repetition_penalty|length_penalty|.*no_repeat_ngram_size"
              + "|num_return_sequences|cache_implementation|use_bfloat16|tf_legacy_loss|n_ctx|name_or_path|license"
              + "|base_model_.._plan|transformers\\.js_config|pad_token|[be]os_token");

  private final String source;
  private final String prefix;
  private final JsonNode json;
  private final List<String> problems;
  private final List<String> warnings = new ArrayList<>();
  private final Set<String> read = new HashSet<>();
  private final Map<String, ModelConfig> objects = new HashMap<>();

  /**
   * @param source the file, for messages
   * @param json its content
   */
  public ModelConfig(String source, JsonNode json) {
    this(source, "", json, new ArrayList<>());
  }

  private ModelConfig(String source, String prefix, JsonNode json, List<String> problems) {
    this.source = source;
    this.prefix = prefix;
    this.json = json;
    this.problems = problems;
  }

  public String source() {
    return source;
  }

  public String type() {
    return json.path("model_type").asText("(none)");
  }

  /** Whether it gives a number of experts, of which each token uses a few. */
  public boolean hasExperts() {
    return !unread(EXPERTS.asMatchPredicate()).isEmpty();
  }

  /** A required whole number of at least 1. */
  public int size(String key) {
    return whole(key, 1, Integer.MAX_VALUE);
  }

  /** A size with a default if absent; null is refused, as in transformers. */
  public int size(String key, int absent) {
    return value(key).isMissingNode() ? absent : size(key);
  }

  /** A size with separate defaults for absent and for null, which may differ. */
  public int size(String key, int absent, int ifNull) {
    return isNull(key) ? ifNull : size(key, absent);
  }

  /** Which of two names of a value counts: the alias, if present. */
  public String named(String key, String alias) {
    value(key);
    return value(alias).isMissingNode() ? key : alias;
  }

  /** The required number of layers. */
  public int layers(String key) {
    return whole(key, 1, MOST_LAYERS);
  }

  /** A whole number of at least 0, with a default if absent. */
  public int count(String key, int absent) {
    return value(key).isMissingNode() ? absent : whole(key, 0, Integer.MAX_VALUE);
  }

  private int whole(String key, int least, int most) {
    JsonNode value = value(key);
    if (!value.isInt() || value.asInt() < least || value.asInt() > most) {
      problem(
          key
              + " must be a whole number "
              + (most == Integer.MAX_VALUE
                  ? "of at least " + least
                  : "from " + least + " to " + most)
              + ", was "
              + shown(value));
      return 1;
    }
    return value.asInt();
  }

  /** A finite number with a default if absent or null. */
  public double number(String key, double standIn) {
    return isAbsent(key) ? standIn : number(key, standIn, -Double.MAX_VALUE, "a number");
  }

  /** The small number that keeps a norm from dividing by zero: 0 or more. */
  public double epsilon(String key, double absent) {
    return value(key).isMissingNode() ? absent : number(key, absent, 0, "a number from 0 up");
  }

  private double number(String key, double standIn, double least, String wanted) {
    JsonNode value = value(key);
    if (!value.isNumber()
        || !(value.asDouble() >= least && value.asDouble() < Double.POSITIVE_INFINITY)) {
      problem(key + " must be " + wanted + ", was " + shown(value));
      return standIn;
    }
    return value.asDouble();
  }

  /** A number above 0 with a default if absent. */
  public double positive(String key, double absent) {
    return value(key).isMissingNode() ? absent : positive(key);
  }

  /** A required number above 0. */
  public double positive(String key) {
    JsonNode value = value(key);
    if (!value.isNumber()
        || !(value.asDouble() > 0 && value.asDouble() < Double.POSITIVE_INFINITY)) {
      problem(key + " must be a number above 0, was " + shown(value));
      return 1;
    }
    return value.asDouble();
  }

  /**
   * Marks a key as read if it has the value that applies in any case; otherwise it stays unread.
   */
  public void passOver(String key, double done) {
    if (json.path(key).asDouble(Double.NaN) == done) {
      value(key);
    }
  }

  /** As {@link #passOver(String, double)}, for a text. */
  public void passOver(String key, String done) {
    if (json.path(key).asText().equals(done)) {
      value(key);
    }
  }

  /** A required list of numbers above 0. */
  public double[] numbers(String key, int count) {
    JsonNode value = value(key);
    double[] numbers = new double[count];
    boolean fits = value.isArray() && value.size() == count;
    for (int i = 0; fits && i < count; i++) {
      numbers[i] = value.get(i).asDouble(-1);
      fits = numbers[i] > 0 && numbers[i] < Double.POSITIVE_INFINITY;
    }
    if (!fits) {
      problem(key + " must be a list of " + count + " numbers above 0, was " + shown(value));
    }
    return numbers;
  }

  /** True or false, with a default if absent. */
  public boolean flag(String key, boolean absent) {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return absent;
    }
    if (!value.isBoolean()) {
      problem(key + " must be true or false, was " + shown(value));
      return absent;
    }
    return value.asBoolean();
  }

  /** A text with a default if absent. */
  public String text(String key, String absent) {
    JsonNode value = value(key);
    if (value.isMissingNode()) {
      return absent;
    }
    if (!value.isTextual()) {
      problem(key + " must be a text, was " + shown(value));
      return absent;
    }
    return value.asText();
  }

  /** A list of names; empty for absent or null. */
  public List<String> texts(String key) {
    refuseUnless(
        isAbsent(key) || value(key).isArray(), key + " must be a list, was " + shown(value(key)));
    return StreamSupport.stream(value(key).spliterator(), false).map(JsonNode::asText).toList();
  }

  /** Names in a list, or in one text with bars between them; empty for absent or null. */
  public List<String> words(String key) {
    return value(key).isTextual() ? List.of(value(key).asText().split("\\|")) : texts(key);
  }

  /** The names of an object's members; empty for absent or null. */
  public List<String> members(String key) {
    List<String> names = new ArrayList<>();
    value(key).fieldNames().forEachRemaining(names::add);
    return names;
  }

  /**
   * The kind of attention of each layer; empty where config.json leaves it to the family.
   *
   * @param key of the number of layers
   */
  public List<String> layerTypes(String key) {
    List<String> types = texts("layer_types");
    refuseUnless(
        types.isEmpty() || types.size() == layers(key),
        "layer_types must have one of each layer, has " + types.size());
    return types;
  }

  /** Whether a key is present with the value null. */
  public boolean isNull(String key) {
    return value(key).isNull();
  }

  /** Whether a key is absent or null. */
  public boolean isAbsent(String key) {
    return value(key).isMissingNode() || isNull(key);
  }

  /**
   * The first of several objects that is present and not empty, or an empty one: older and newer
   * checkpoints use different names for the same thing.
   */
  public ModelConfig firstObject(String... keys) {
    for (String key : keys) {
      refuseUnless(
          isAbsent(key) || value(key).isObject(),
          key + " must be an object, was " + shown(value(key)));
    }
    List<String> there =
        Arrays.stream(keys).filter(key -> value(key).isObject() && !value(key).isEmpty()).toList();
    if (there.isEmpty()) {
      return new ModelConfig(source, prefix, JsonNodeFactory.instance.objectNode(), problems);
    }
    if (there.size() > 1) {
      warnings.add(
          "%s has %s: the first is used, as in transformers"
              .formatted(source, String.join(" and ", there)));
    }
    return objects.computeIfAbsent(
        there.get(0), key -> new ModelConfig(source, prefix + key + ".", json.get(key), problems));
  }

  /** Refuses a setting that changes the forward pass and is not supported here. */
  public void refuseUnless(boolean supported, String what) {
    if (!supported) {
      problem(what);
    }
  }

  /** Refuses every value of a key other than the known ones. */
  public String oneOf(String key, String standIn, Set<String> known) {
    String value = text(key, standIn);
    if (!known.contains(value)) {
      problem(
          key
              + " \""
              + value
              + "\" is not supported; supported: "
              + String.join(", ", known.stream().sorted().toList()));
    }
    return value;
  }

  private void problem(String what) {
    problems.add("Cannot use " + source + ": " + prefix + what);
  }

  /**
   * @throws InvalidSettings with every problem found while reading, and every switched-on key that
   *     transformers reads and Lethe does not
   */
  public void check() {
    refuseUnless(flag("is_causal", true), "is_causal false is not supported");
    unread(QUANTIZATION::equals).forEach(field -> refuseQuantized(field.getValue()));
    unread(REFUSED::contains)
        .forEach(
            field -> problem(field.getKey() + " " + shown(field.getValue()) + " is not supported"));
    for (ModelConfig inner : objects.values()) {
      inner
          .unread(key -> inner.json.get(key).isObject())
          .forEach(
              field ->
                  inner.problem(
                      field.getKey() + " " + shown(field.getValue()) + " is not supported"));
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettings(FirstTen.lines(problems.stream().distinct().toList()));
    }
  }

  private void refuseQuantized(JsonNode quantization) {
    String method = quantization.path("quant_method").asText("a method that it does not name");
    problem(
        "%s %s is not supported: the weights are quantized by %s; name the checkpoint that they were made from, whose weights are float32, float16 or bfloat16, or write such a one with model.dequantize() of transformers"
            .formatted(QUANTIZATION, shown(quantization), method));
  }

  /**
   * One sentence for each thing in it that a user may want to know and that changes nothing;
   * complete once the network has been built from it.
   */
  public List<String> warnings() {
    List<String> names = new ArrayList<>();
    for (ModelConfig part : parts()) {
      part.unread(key -> !HARMLESS.matcher(key).matches())
          .forEach(
              field -> names.add(part.prefix + field.getKey() + " " + shown(field.getValue())));
    }
    List<String> all = new ArrayList<>(warnings);
    if (!names.isEmpty()) {
      all.add(
          "%s has keys that transformers does not read for %s either, so they change nothing: %s"
              .formatted(source, type(), FirstTen.of(names)));
    }
    return all;
  }

  private List<ModelConfig> parts() {
    List<ModelConfig> parts = new ArrayList<>(List.of(this));
    parts.addAll(objects.values());
    return parts;
  }

  /** Keys with certain names that have not been read and are switched on. */
  private List<Map.Entry<String, JsonNode>> unread(Predicate<String> names) {
    List<Map.Entry<String, JsonNode>> unread = new ArrayList<>();
    json.properties()
        .forEach(
            field -> {
              String key = field.getKey();
              if (!read.contains(key) && !off(field.getValue()) && names.test(key)) {
                unread.add(field);
              }
            });
    return unread;
  }

  /** Whether a value switches a feature off. */
  private static boolean off(JsonNode value) {
    return value.isNull()
        || (value.isBoolean() && !value.asBoolean())
        || (value.isNumber() && value.asDouble() == 0)
        || (value.isTextual() && value.asText().isEmpty())
        || (value.isContainerNode() && value.isEmpty());
  }

  private JsonNode value(String key) {
    read.add(key);
    return json.path(key);
  }

  private static String shown(JsonNode value) {
    String text = value.isMissingNode() ? "not there" : value.toString();
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
