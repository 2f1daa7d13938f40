package lethe.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lethe.json.Json;
import lethe.run.RunConfig;

/**
 * Whether Java can write the names of files that settings ask for: it encodes them in the encoding
 * of the locale it was started in, and writes question marks for characters that this one lacks.
 */
final class FileNames {
  /** Settings whose texts are not used as names of files. */
  private static final Set<String> TEXTS =
      Set.of("where", "define", "template", "spark", "text", "id", "question", "answer", "url");

  private FileNames() {}

  /**
   * @param encoding {@code sun.jnu.encoding}, which Java takes from the locale
   */
  static List<String> problems(RunConfig config, String encoding) {
    if (encoding == null || !Charset.isSupported(encoding)) {
      return List.of();
    }
    List<String> found = new ArrayList<>();
    collect("", read(config.settings().json()), Charset.forName(encoding).newEncoder(), found);
    return found.stream()
        .map(
            setting ->
                "Cannot use %s: Java was started in a locale whose file names are %s; set LC_ALL=C.UTF-8 in its environment, on every host"
                    .formatted(setting, encoding))
        .toList();
  }

  private static void collect(
      String path, JsonNode node, CharsetEncoder encoder, List<String> found) {
    if (node.isTextual() && !encoder.canEncode(node.textValue())) {
      found.add(path + " = " + node.textValue());
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      collect(path + "[" + i + "]", node.get(i), encoder, found);
    }
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      if (!TEXTS.contains(member.getKey())) {
        String inner = path.isEmpty() ? member.getKey() : path + "." + member.getKey();
        collect(inner, member.getValue(), encoder, found);
      }
    }
  }

  private static JsonNode read(String json) {
    try {
      return Json.LENIENT.readTree(json);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read the settings as JSON", e);
    }
  }
}
