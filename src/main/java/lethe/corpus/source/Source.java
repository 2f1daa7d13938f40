package lethe.corpus.source;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lethe.folder.Files;
import lethe.settings.Section;

/**
 * One input of documents.
 *
 * @param path a file, a folder or a glob on any Hadoop path, or the name of a table
 * @param format json (lines or an array, plain or compressed), text (every file a document), table,
 *     or any format of {@code spark.read()}
 * @param options of {@code spark.read()}
 * @param domain name of the domain its documents belong to
 * @param text where a row has its text, or its answer
 * @param id where a row has its id; null to make one from question and answer
 * @param question where a row has its question; null for plain text
 * @param url where a row may have an address that requests can name it by
 */
public record Source(
    String path,
    String format,
    Map<String, String> options,
    String domain,
    MemberPath text,
    MemberPath id,
    MemberPath question,
    MemberPath url)
    implements Serializable {
  static final String JSON = "json";
  static final String TEXT = "text";
  static final String TABLE = "table";

  /** Spark's name of a pattern for the names of files. */
  private static final String GLOB = "pathGlobFilter";

  /** Those of dolma and of RedPajama's parts, some of which have an address instead of an id. */
  private static final String[] IDS = {
    "id", "meta.id", "metadata.id", "doc_id", "meta.arxiv_id", "digest", "meta.url", "url"
  };

  public static Source read(Section section) {
    section.allowOnly(
        "path", "format", "glob", "options", "domain", "text", "id", "question", "answer", "url");
    boolean asked = section.has("question") || section.has("answer");
    if (asked && section.has("text")) {
      section.problem("text", "cannot be combined with question and answer");
    }
    String format = section.optionalText("format").orElse(JSON);
    return new Source(
        section.string("path"),
        format,
        options(section, format),
        domain(section),
        asked
            ? MemberPath.read(section, "answer", "answer")
            : MemberPath.read(section, "text", "text", "content", "raw_content"),
        asked && !section.has("id") ? null : MemberPath.read(section, "id", IDS),
        asked ? MemberPath.read(section, "question", "question") : null,
        MemberPath.read(section, "url", "url", "meta.url", "metadata.url"));
  }

  private static String domain(Section section) {
    String domain = section.string("domain");
    if (section.has("domain")) {
      DomainName.problem(domain).ifPresent(problem -> section.problem("domain", problem));
    }
    return domain;
  }

  /** Reader options; {@code glob}, which names of files must match, is one of them to Spark. */
  private static Map<String, String> options(Section section, String format) {
    Map<String, String> options = new TreeMap<>();
    if (section.has("options")) {
      Section given = section.section("options");
      given.keys().forEach(key -> options.put(key, given.textOrEmpty(Section.quoted(key))));
    }
    if (List.of(JSON, TEXT, TABLE).contains(format) && !options.isEmpty()) {
      section.problem("options", "cannot be combined with format = " + format);
    }
    if (format.equals(TABLE) && section.has("glob")) {
      section.problem("glob", "cannot be combined with format = table");
    }
    section.optionalText("glob").ifPresent(glob -> options.put(GLOB, glob));
    return options;
  }

  /** The same of one of its files. */
  Source at(String file) {
    return new Source(file, format, options, domain, text, id, question, url);
  }

  /** The files it has. */
  Listing listing(Files files) {
    return Listing.of(path, options.getOrDefault(GLOB, "*"), files);
  }
}
