package lethe.corpus;

import java.io.Serializable;
import lethe.settings.Section;

/**
 * One input of documents.
 *
 * @param path a file, a folder or a glob on any Hadoop path; JSON lines, plain or compressed
 * @param domain name of the domain its documents belong to
 * @param text where a row has its text: member names joined with dots
 * @param id where a row has its id: member names joined with dots
 */
record Source(String path, String domain, String text, String id) implements Serializable {

  static Source read(Section section) {
    section.allowOnly("path", "domain", "text", "id");
    return new Source(
        named(section, "path"),
        named(section, "domain"),
        section.optionalText("text").orElse("text"),
        section.optionalText("id").orElse("id"));
  }

  private static String named(Section section, String key) {
    String value = section.text(key);
    if (section.has(key) && value.isBlank()) {
      section.problem(key, "must not be empty");
    }
    return value;
  }
}
