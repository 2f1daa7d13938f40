package lethe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;

/**
 * What src/test/resources/kubernetes/schema.yaml says of resources, which Kubernetes would check.
 */
final class KubernetesSchema {
  private final Map<String, Object> kinds;
  private final List<String> problems = new ArrayList<>();

  private KubernetesSchema(Map<String, Object> kinds) {
    this.kinds = kinds;
  }

  /** Every field that is unknown, missing or of another type, each with its place. */
  static List<String> problems(Map<?, ?> list) throws IOException {
    Path file = Path.of("src/test/resources/kubernetes/schema.yaml");
    KubernetesSchema schema = new KubernetesSchema(new Yaml().load(Files.readString(file)));
    schema.check("List", list, "");
    return schema.problems;
  }

  private void check(String type, Object value, String place) {
    String[] words = type.split(" ");
    switch (words[0]) {
      case "string" -> require(value instanceof String, type, value, place);
      case "boolean" -> require(value instanceof Boolean, type, value, place);
      case "integer" -> require(isInteger(value, words), type, value, place);
      case "one" ->
          require(List.of(words).subList(1, words.length).contains(value), type, value, place);
      case "texts" ->
          require(
              value instanceof Map<?, ?> map
                  && map.values().stream().allMatch(String.class::isInstance),
              type,
              value,
              place);
      case "list" -> checkList(type.substring("list ".length()), value, place);
      case "Item" -> checkItem(value, place);
      default -> checkKind(type, value, place);
    }
  }

  private static boolean isInteger(Object value, String... words) {
    return value instanceof Integer number
        && (words.length == 1 || number >= Integer.parseInt(words[1]));
  }

  private void checkList(String type, Object value, String place) {
    if (value instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        check(type, list.get(i), place + "[" + i + "]");
      }
    } else {
      require(false, "list", value, place);
    }
  }

  private void checkItem(Object value, String place) {
    Object kind = value instanceof Map<?, ?> item ? item.get("kind") : null;
    if (kinds.get(String.valueOf(kind)) instanceof Map<?, ?> fields
        && fields.get("kind!") != null) {
      check((String) kind, value, place);
    } else {
      require(false, "known kind", kind, place);
    }
  }

  private void checkKind(String type, Object value, String place) {
    if (!(kinds.get(type) instanceof Map<?, ?> fields)) {
      check((String) kinds.get(type), value, place); // another name of a type
    } else if (value instanceof Map<?, ?> object) {
      object.forEach(
          (name, field) -> {
            Object known = fields.containsKey(name) ? fields.get(name) : fields.get(name + "!");
            String at = place.isEmpty() ? (String) name : place + "." + name;
            if (known == null) {
              problems.add(at + " is not known");
            } else {
              check((String) known, field, at);
            }
          });
      for (Object field : fields.keySet()) {
        String name = ((String) field).replace("!", "");
        if (!name.equals(field) && !object.containsKey(name)) {
          problems.add(place + " has no " + name);
        }
      }
    } else {
      require(false, type, value, place);
    }
  }

  private void require(boolean holds, String type, Object value, String place) {
    if (!holds) {
      problems.add("%s must be %s, was %s".formatted(place, type, value));
    }
  }
}
