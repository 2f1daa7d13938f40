package lethe.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import lethe.json.Json;

/**
 * Everything that decides the result of a run, and nothing else, part by part. Every checkpoint
 * contains it: a checkpoint of another run is never resumed, and the differences are named.
 *
 * @param version of this format; a different version counts as a different run
 * @param parts by name, each a JSON value whose fields are sorted
 */
record RunIdentity(int version, SortedMap<String, JsonNode> parts) {
  private static final int VERSION = 1;

  /** Most differences of one part that are named. */
  private static final int MOST_DIFFERENCES = 3;

  /** Most characters of a value that are shown. */
  private static final int VALUE_CHARACTERS = 120;

  private static final ObjectMapper JSON =
      Json.MAPPER.copy().disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);

  /**
   * @param parts by name: texts, numbers, records, and lists and maps of them
   */
  static RunIdentity of(Map<String, ?> parts) {
    SortedMap<String, JsonNode> sorted = new TreeMap<>();
    parts.forEach((name, value) -> sorted.put(name, sorted(json(value))));
    return new RunIdentity(VERSION, sorted);
  }

  /** The value as read back from a file, where a number has no Java type. */
  private static JsonNode json(Object value) {
    try {
      return JSON.readTree(JSON.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write as JSON what decides a run's result", e);
    }
  }

  private static JsonNode sorted(JsonNode value) {
    if (value.isObject()) {
      ObjectNode sorted = JSON.createObjectNode();
      new TreeSet<>(names(value)).forEach(name -> sorted.set(name, sorted(value.get(name))));
      return sorted;
    }
    if (value.isArray()) {
      var items = JSON.createArrayNode();
      value.forEach(item -> items.add(sorted(item)));
      return items;
    }
    return value;
  }

  private static Set<String> names(JsonNode value) {
    Set<String> names = new TreeSet<>();
    value.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /**
   * How a checkpoint's identity differs from this one.
   *
   * @param written the identity in the checkpoint's manifest
   * @return one line for each difference; empty if it belongs to this run
   */
  List<String> differences(JsonNode written) {
    if (written.path("version").asInt() != version) {
      return List.of(
          "  format version was %s, is %d (written by another version of Lethe)"
              .formatted(written.path("version").asText("none"), version));
    }
    JsonNode before = written.path("parts");
    Set<String> all = names(before);
    all.addAll(parts.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : all) {
      List<String> own = new ArrayList<>();
      compare(name, before.path(name), parts.getOrDefault(name, MissingNode.getInstance()), own);
      differences.addAll(own.subList(0, Math.min(MOST_DIFFERENCES, own.size())));
      if (own.size() > MOST_DIFFERENCES) {
        differences.add("  %s: %d more".formatted(name, own.size() - MOST_DIFFERENCES));
      }
    }
    return differences;
  }

  private static void compare(String place, JsonNode was, JsonNode is, List<String> differences) {
    if (was.equals(is)) {
      return;
    }
    if (was.isObject() && is.isObject()) {
      Set<String> all = names(was);
      all.addAll(names(is));
      all.forEach(name -> compare(place + "." + name, was.path(name), is.path(name), differences));
    } else if (was.isArray() && is.isArray() && was.size() == is.size()) {
      for (int i = 0; i < was.size(); i++) {
        compare(place + "[" + i + "]", was.get(i), is.get(i), differences);
      }
    } else {
      differences.add("  %s was %s, is %s".formatted(place, shown(was), shown(is)));
    }
  }

  private static String shown(JsonNode value) {
    if (value.isMissingNode()) {
      return "not there";
    }
    String text = value.isValueNode() ? value.asText() : value.toString();
    return text.length() > VALUE_CHARACTERS ? text.substring(0, VALUE_CHARACTERS) + "..." : text;
  }
}
