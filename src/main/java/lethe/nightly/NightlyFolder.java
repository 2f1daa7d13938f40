package lethe.nightly;

import java.util.Optional;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.ledger.Ledger;
import lethe.ledger.LedgerKey;
import lethe.request.RequestFolder;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The paths of everything that outlives a night.
 *
 * @param root {@code nightly.directory}
 * @param files access to it
 */
public record NightlyFolder(Path root, Files files) {
  /** The ledger. */
  public Path ledger() {
    return new Path(root, "ledger.jsonl");
  }

  /** The model in service. */
  public Path pointer() {
    return new Path(root, "in-service.json");
  }

  /** A picture of what the nights did to the model. */
  public Path drift() {
    return new Path(root, "drift.html");
  }

  /** The run folder of a night. */
  public RunFolder night(String name) {
    return new RunFolder(new Path(new Path(root, "nights"), name), files);
  }

  /** The requests for the documents that a night forgets. */
  Path forget(String night) {
    return new Path(night(night).root(), "forget.jsonl");
  }

  /** The requests for the documents that were forgotten before. */
  Path earlier(String night) {
    return new Path(night(night).root(), "earlier.jsonl");
  }

  /** The requests that users have put down. */
  RequestFolder requests(NightlySettings settings, Configuration hadoop) {
    return new RequestFolder(
        settings
            .requests()
            .map(folder -> files.qualified(Files.path(folder)))
            .orElse(new Path(root, "requests")),
        hadoop);
  }

  private Path key(NightlySettings settings) {
    return settings
        .keyFile()
        .map(file -> files.qualified(Files.path(file)))
        .orElse(new Path(root, "ledger.key"));
  }

  /** Reads the ledger to add to it; draws a key for a new one where none is given. */
  Ledger openLedger(NightlySettings settings) {
    LedgerKey key =
        settings.keyFile().isPresent() || files.exists(ledger())
            ? LedgerKey.read(key(settings), files)
            : LedgerKey.kept(key(settings), files);
    return Ledger.read(ledger(), files, key);
  }

  /** Reads the ledger and writes nothing; empty where there is none. */
  public Optional<Ledger> readLedger(NightlySettings settings) {
    return files.exists(ledger())
        ? Optional.of(Ledger.read(ledger(), files, LedgerKey.read(key(settings), files)))
        : Optional.empty();
  }
}
