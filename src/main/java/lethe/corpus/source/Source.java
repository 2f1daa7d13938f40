package lethe.corpus.source;

import static lethe.table.TableFormat.DELTA;
import static lethe.table.TableFormat.ICEBERG;

import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;
import lethe.folder.Files;
import lethe.settings.Section;
import lethe.table.TableFormat;

/**
 * One input of documents.
 *
 * @param path a file, a folder or a glob on any Hadoop path, or the name of a table, or the folder
 *     of a Delta table
 * @param format json (lines or an array, plain or compressed), text (every file a document), table,
 *     iceberg, delta, or any format of {@code spark.read()}
 * @param version of an Iceberg or Delta table that is read; null for the one that is current when
 *     it is first read, see {@link TableVersions}
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
    String version,
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
        "path",
        "format",
        ICEBERG.version(),
        DELTA.version(),
        "glob",
        "options",
        "domain",
        "text",
        "id",
        "question",
        "answer",
        "url");
    boolean asked = section.has("question") || section.has("answer");
    if (asked && section.has("text")) {
      section.problem("text", "cannot be combined with question and answer");
    }
    String format = format(section);
    String path = section.string("path");
    if (format.equals(ICEBERG.provider()) && path.contains("/")) {
      section.problem("path", "must be a table's name, as catalog.namespace.table, was " + path);
    }
    return new Source(
        path,
        format,
        version(section, format),
        options(section, format),
        domain(section),
        asked
            ? MemberPath.read(section, "answer", "answer")
            : MemberPath.read(section, "text", "text", "content", "raw_content"),
        asked && !section.has("id") ? null : MemberPath.read(section, "id", IDS),
        asked ? MemberPath.read(section, "question", "question") : null,
        MemberPath.read(section, "url", "url", "meta.url", "metadata.url"));
  }

  /** Those that this program reads in a way of its own have one spelling. */
  private static String format(Section section) {
    String format = section.optionalText("format").orElse(JSON);
    return TableFormat.of(format).map(TableFormat::provider).orElse(format);
  }

  private static String version(Section section, String format) {
    String version = null;
    for (TableFormat known : TableFormat.values()) {
      String key = known.version();
      if (section.has(key) && !format.equals(known.provider())) {
        section.problem(key, "needs format = " + known.provider());
      } else if (section.has(key)) {
        version = String.valueOf(section.longInRange(key, 0, Long.MAX_VALUE));
      }
    }
    return version;
  }

  /** Whether its path leads to files, and is no name of a table in a catalog. */
  public boolean hasFiles() {
    return !format.equals(TABLE) && (TableFormat.of(format).isEmpty() || path.contains("/"));
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
    boolean table = isTable(format);
    if ((table || format.equals(JSON) || format.equals(TEXT)) && !options.isEmpty()) {
      section.problem("options", "cannot be combined with format = " + format);
    }
    if (table && section.has("glob")) {
      section.problem("glob", "cannot be combined with format = " + format);
    }
    section.optionalText("glob").ifPresent(glob -> options.put(GLOB, glob));
    return options;
  }

  private static boolean isTable(String format) {
    return format.equals(TABLE) || TableFormat.of(format).isPresent();
  }

  /** Whether it is a table by its name or, if it is Delta's, by its folder. */
  public boolean isTable() {
    return isTable(format);
  }

  /** The same of one of its files. */
  Source at(String file) {
    return new Source(file, format, version, options, domain, text, id, question, url);
  }

  /**
   * The same of what its table was found to be.
   *
   * @param found format
   * @param read version; null if it has none
   */
  Source as(String found, String read) {
    return new Source(path, found, read, options, domain, text, id, question, url);
  }

  /** Whether it is of a format of files that Spark reads without classes of another program. */
  public boolean ofPlainFiles() {
    return format.matches("json|text|csv|parquet|orc|avro");
  }

  /**
   * The files it has.
   *
   * @throws lethe.settings.InvalidSettings when its path is no file and cannot be a pattern
   */
  public Listing listing(Files files) {
    return Listing.of(path, options.getOrDefault(GLOB, "*"), files);
  }
}
