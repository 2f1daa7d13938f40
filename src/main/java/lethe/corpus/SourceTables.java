package lethe.corpus;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import lethe.corpus.source.SourceTable;
import lethe.folder.Files;
import lethe.folder.RunFolder;

/**
 * {@code corpus-sources.json}: which versions of tables a prepare reads, from the moment at which
 * it writes its first file to that at which {@link Manifest} has them. An attempt that goes on
 * after a crash reads the same.
 */
public record SourceTables(List<SourceTable> tables) {

  /** What an attempt that was interrupted has read; empty if none was. */
  public static List<SourceTable> interrupted(RunFolder folder) {
    String remedy = "run prepare with overwrite=true";
    Optional<ObjectNode> json = folder.files().readObjectIfThere(folder.sourceTables(), remedy);
    return json.map(
            found -> Files.record(folder.sourceTables(), found, SourceTables.class, remedy).tables)
        .orElse(List.of());
  }

  void write(RunFolder folder) {
    if (tables.isEmpty()) {
      folder.files().delete(folder.sourceTables());
    } else {
      folder.files().writeJson(folder.sourceTables(), this);
    }
  }
}
