package lethe.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lethe.settings.InvalidSettings;

/**
 * A config.json, read value by value. What is missing or not supported is collected; {@link
 * #check()} throws it all at once.
 */
public final class ModelConfig {
  private final String source;
  private final JsonNode json;
  private final List<String> problems = new ArrayList<>();

  /**
   * @param source the file, for messages
   * @param json its content
   */
  public ModelConfig(String source, JsonNode json) {
    this.source = source;
    this.json = json;
  }

  public String source() {
    return source;
  }

  public String type() {
    return json.path("model_type").asText("(none)");
  }

  /** A required whole number of at least 1. */
  public int size(String key) {
    JsonNode value = json.path(key);
    if (!value.isInt() || value.asInt() < 1) {
      problem(key + " must be a whole number of at least 1, was " + shown(value));
      return 1;
    }
    return value.asInt();
  }

  /** A size with a stand-in for absent or null. */
  public int size(String key, int standIn) {
    return absent(key) ? standIn : size(key);
  }

  public double number(String key, double standIn) {
    JsonNode value = json.path(key);
    if (absent(key)) {
      return standIn;
    }
    if (!value.isNumber()) {
      problem(key + " must be a number, was " + shown(value));
    }
    return value.asDouble();
  }

  public boolean flag(String key, boolean standIn) {
    return absent(key) ? standIn : json.path(key).asBoolean();
  }

  public String text(String key, String standIn) {
    return absent(key) ? standIn : json.path(key).asText();
  }

  /**
   * The first of several objects that is there: checkpoints of different ages spell the same thing
   * differently.
   */
  public JsonNode firstObject(String... keys) {
    for (String key : keys) {
      if (json.path(key).isObject()) {
        return json.path(key);
      }
    }
    return json.path("(none)");
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

  public void problem(String what) {
    problems.add("Cannot use " + source + ": " + what);
  }

  /**
   * @throws InvalidSettings with every problem found while reading
   */
  public void check() {
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems.stream().distinct().toList());
    }
  }

  private boolean absent(String key) {
    return json.path(key).isMissingNode() || json.path(key).isNull();
  }

  private static String shown(JsonNode value) {
    return value.isMissingNode() ? "not there" : value.toString();
  }
}
