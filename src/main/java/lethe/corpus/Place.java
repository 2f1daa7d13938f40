package lethe.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.List;
import lethe.settings.Section;

/**
 * Where an object of a source may have something.
 *
 * @param paths member names joined with dots; the first that is there counts
 */
record Place(List<String> paths) implements Serializable {

  /** The place a user gives, or any of the usual ones. */
  static Place read(Section section, String key, String... usual) {
    return new Place(section.optionalText(key).map(List::of).orElse(List.of(usual)));
  }

  /** What is there; a missing or null node if nothing is. */
  JsonNode find(JsonNode object) {
    JsonNode first = at(object, paths.get(0));
    for (String path : paths) {
      JsonNode node = at(object, path);
      if (!node.isMissingNode() && !node.isNull()) {
        return node;
      }
    }
    return first;
  }

  private static JsonNode at(JsonNode object, String path) {
    JsonNode node = object;
    for (String name : path.split("\\.")) {
      node = node.path(name);
    }
    return node;
  }

  /** {@code text (or content, raw_content)}. */
  @Override
  public String toString() {
    String others = String.join(", ", paths.subList(1, paths.size()));
    return paths.get(0) + (others.isEmpty() ? "" : " (or " + others + ")");
  }
}
