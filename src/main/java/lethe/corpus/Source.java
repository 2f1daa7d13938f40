package lethe.corpus;

import java.io.Serializable;
import lethe.settings.Section;

/**
 * One input of documents.
 *
 * @param path a file, a folder or a glob on any Hadoop path; JSON lines, plain or compressed
 * @param domain name of the domain its documents belong to
 * @param text where a row has its text, or its answer
 * @param id where a row has its id; null to make one from question and answer
 * @param question where a row has its question; null for plain text
 * @param url where a row may have an address that requests can name it by
 */
record Source(String path, String domain, Place text, Place id, Place question, Place url)
    implements Serializable {

  /** Of dolma and of RedPajama's parts, of which some have no id but an address. */
  private static final String[] IDS = {
    "id", "meta.id", "metadata.id", "doc_id", "meta.arxiv_id", "digest", "meta.url", "url"
  };

  static Source read(Section section) {
    section.allowOnly("path", "domain", "text", "id", "question", "answer", "url");
    boolean asked = section.has("question") || section.has("answer");
    if (asked && section.has("text")) {
      section.problem("text", "must not stand beside question and answer");
    }
    return new Source(
        named(section, "path"),
        named(section, "domain"),
        asked
            ? Place.read(section, "answer", "answer")
            : Place.read(section, "text", "text", "content", "raw_content"),
        asked && !section.has("id") ? null : Place.read(section, "id", IDS),
        asked ? Place.read(section, "question", "question") : null,
        Place.read(section, "url", "url", "meta.url", "metadata.url"));
  }

  private static String named(Section section, String key) {
    String value = section.text(key);
    if (section.has(key) && value.isBlank()) {
      section.problem(key, "must not be empty");
    }
    return value;
  }
}
