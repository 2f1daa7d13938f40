package lethe.corpus.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.util.List;
import lethe.settings.Section;

/**
 * Where an object of a source may have something.
 *
 * @param paths member names joined with dots; the first that is there counts
 * @param asked whether a user named it
 */
public record MemberPath(List<String> paths, boolean asked) implements Serializable {

  /** The place a user gives, or any of the usual ones. */
  static MemberPath read(Section section, String key, String... usual) {
    return section
        .optionalText(key)
        .map(path -> new MemberPath(List.of(path), true))
        .orElse(new MemberPath(List.of(usual), false));
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
