package lethe.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import lethe.settings.InvalidSettings;

/**
 * A config.json, read value by value. What is missing or not supported is collected; {@link
 * #check()} throws it all at once, and with it every key that nobody read and that may change the
 * forward pass.
 */
public final class ModelConfig {
  /** Keys that say nothing about the forward pass of a trained decoder. */
  private static final Pattern HARMLESS =
      Pattern.compile(
          "_.*|.*_token_ids?|.*dropout.*|.*pdrop|initializer_.*|summary_.*|.*_version|use_cache"
              + "|(torch_)?dtype|model_type|architectures|auto_map|task_specific_params"
              + "|use_flash.*|attn_implementation|gradient_checkpointing|pretraining_tp|torchscript"
              + "|output_.*|return_dict.*|(id2)?label(2id)?|num_labels|problem_type|finetuning_task"
              + "|tokenizer_class|prefix|is_decoder|chunk_size_feed_forward|max_length|min_length"
              + "|do_sample|early_stopping|num_beam.*|diversity_penalty|temperature|top_[kp]"
              + "|typical_p|.*repetition_penalty|length_penalty|.*no_repeat_ngram_size"
              + "|num_return_sequences|use_bfloat16|tf_legacy_loss|n_ctx|name_or_path|license");

  private final String source;
  private final String prefix;
  private final JsonNode json;
  private final List<String> problems;
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

  /** A required whole number of at least 1. */
  public int size(String key) {
    return whole(key, 1);
  }

  /** A size with a stand-in for absent or null. */
  public int size(String key, int standIn) {
    return isAbsent(key) ? standIn : size(key);
  }

  /** A whole number of at least 0, with a stand-in for absent or null. */
  public int count(String key, int standIn) {
    return isAbsent(key) ? standIn : whole(key, 0);
  }

  private int whole(String key, int least) {
    JsonNode value = value(key);
    if (!value.isInt() || value.asInt() < least) {
      problem(key + " must be a whole number of at least " + least + ", was " + shown(value));
      return 1;
    }
    return value.asInt();
  }

  public double number(String key, double standIn) {
    if (isAbsent(key)) {
      return standIn;
    }
    JsonNode value = value(key);
    if (!value.isNumber()) {
      problem(key + " must be a number, was " + shown(value));
      return standIn;
    }
    return value.asDouble();
  }

  /** A required number above 0. */
  public double positive(String key) {
    JsonNode value = value(key);
    if (!value.isNumber() || !(value.asDouble() > 0)) {
      problem(key + " must be a number above 0, was " + shown(value));
      return 1;
    }
    return value.asDouble();
  }

  /** A required list of numbers above 0. */
  public double[] numbers(String key, int count) {
    JsonNode value = value(key);
    double[] numbers = new double[count];
    boolean fits = value.isArray() && value.size() == count;
    for (int i = 0; fits && i < count; i++) {
      numbers[i] = value.get(i).asDouble(-1);
      fits = numbers[i] > 0;
    }
    if (!fits) {
      problem(key + " must be a list of " + count + " numbers above 0, was " + shown(value));
    }
    return numbers;
  }

  public boolean flag(String key, boolean standIn) {
    if (isAbsent(key)) {
      return standIn;
    }
    JsonNode value = value(key);
    if (!value.isBoolean()) {
      problem(key + " must be true or false, was " + shown(value));
      return standIn;
    }
    return value.asBoolean();
  }

  public String text(String key, String standIn) {
    return isAbsent(key) ? standIn : value(key).asText();
  }

  /** A list of names; empty for absent or null. */
  public List<String> texts(String key) {
    return StreamSupport.stream(value(key).spliterator(), false).map(JsonNode::asText).toList();
  }

  /** Whether a key is there with the value null. */
  public boolean isNull(String key) {
    return value(key).isNull();
  }

  /** Whether a key is not there, or null. */
  public boolean isAbsent(String key) {
    return value(key).isMissingNode() || isNull(key);
  }

  /**
   * The first of several objects that is there, or an empty one: checkpoints of different ages
   * spell the same thing differently.
   */
  public ModelConfig firstObject(String... keys) {
    for (String key : keys) {
      if (value(key).isObject()) {
        return objects.computeIfAbsent(
            key, k -> new ModelConfig(source, prefix + k + ".", json.get(k), problems));
      }
    }
    return new ModelConfig(source, prefix, JsonNodeFactory.instance.objectNode(), problems);
  }

  /** Refuses a setting that changes the forward pass and is not done here. */
  public void refuseUnless(boolean supported, String what) {
    if (!supported) {
      problem(what);
    }
  }

  /** Refuses every value of a key but those known. */
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
   * @throws InvalidSettings with every problem found while reading, and every key that was not read
   *     and is switched on
   */
  public void check() {
    unread();
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems.stream().distinct().toList());
    }
  }

  private void unread() {
    json.fields()
        .forEachRemaining(
            field -> {
              String key = field.getKey();
              JsonNode value = field.getValue();
              if (!read.contains(key) && !off(value) && !HARMLESS.matcher(key).matches()) {
                problem(
                    "%s %s is not supported; if it does not change the forward pass, remove it"
                        .formatted(key, shown(value)));
              }
            });
    objects.values().forEach(ModelConfig::unread);
  }

  /** A value that leaves a feature out. */
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
