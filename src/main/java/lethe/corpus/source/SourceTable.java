package lethe.corpus.source;

import lethe.json.OrNull;
import lethe.settings.Secrets;
import lethe.table.TableFormat;

/**
 * A source that is a table, as a run reads it: a member of {@code corpus/manifest.json}.
 *
 * @param source its number, from 0
 * @param path its name in the settings, or the folder of a Delta table, without credentials
 * @param format iceberg or delta; table for one of another kind
 * @param version snapshot of Iceberg or version of Delta, in digits; null for a table of another
 *     kind, which has no versions: what it has was read as it was
 */
public record SourceTable(int source, String path, String format, @OrNull String version) {
  public SourceTable {
    path = shown(path);
  }

  static SourceTable of(int number, Source pinned) {
    return new SourceTable(number, pinned.path(), pinned.format(), pinned.version());
  }

  /** Whether a source names this table. */
  boolean isOf(Source source) {
    return path.equals(shown(source.path()));
  }

  /** As people may read it, such as in a log. */
  public String sentence() {
    return "source %s is read %s"
        .formatted(
            path,
            TableFormat.of(format)
                .map(known -> "at %s %s of %s".formatted(known.version(), version, format))
                .orElse("as it is: the table has no versions"));
  }

  private static String shown(String path) {
    return Secrets.ofNothing().masked(path);
  }
}
