package lethe.corpus;

import java.io.Serializable;
import lethe.settings.Section;

/**
 * One input of documents.
 *
 * @param path a file, a folder or a glob on any Hadoop path; JSON lines, plain or compressed
 * @param domain name of the domain its documents belong to
 * @param text where a row has its text, or its answer: member names joined with dots
 * @param id where a row has its id: member names joined with dots; null to make one from question
 *     and answer
 * @param question where a row has its question: member names joined with dots; null for plain text
 */
record Source(String path, String domain, String text, String id, String question)
    implements Serializable {

  /** Plain text. */
  Source(String path, String domain, String text, String id) {
    this(path, domain, text, id, null);
  }

  static Source read(Section section) {
    section.allowOnly("path", "domain", "text", "id", "question", "answer");
    boolean asked = section.has("question") || section.has("answer");
    if (asked && section.has("text")) {
      section.problem("text", "must not stand beside question and answer");
    }
    return new Source(
        named(section, "path"),
        named(section, "domain"),
        section.optionalText(asked ? "answer" : "text").orElse(asked ? "answer" : "text"),
        section.optionalText("id").orElse(asked ? null : "id"),
        asked ? section.optionalText("question").orElse("question") : null);
  }

  private static String named(Section section, String key) {
    String value = section.text(key);
    if (section.has(key) && value.isBlank()) {
      section.problem(key, "must not be empty");
    }
    return value;
  }
}
