package lethe.nightly;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Map;
import java.util.Optional;
import lethe.folder.Files;
import lethe.ledger.Entry;
import lethe.ledger.Ledger;
import lethe.ledger.LedgerLine;
import lethe.model.ModelFingerprint;
import lethe.model.ModelSource;
import lethe.model.checkpoint.HfFolder;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The pointer: which model is in service. It is one small file, so that one write changes the
 * model.
 *
 * @param version of this file's members
 * @param night whose model it is
 * @param model Hugging Face folder
 * @param fingerprint of the model, see {@link ModelFingerprint}
 * @param since when it was put in service, ISO 8601 in UTC
 * @param entry number of the ledger's entry that planned the night
 * @param hash of that entry
 */
@JsonNaming(SnakeCaseStrategy.class)
public record InService(
    int version,
    String night,
    String model,
    String fingerprint,
    String since,
    long entry,
    String hash) {
  static final int VERSION = 1;

  /**
   * The pointer; empty before the first night.
   *
   * @throws InvalidSettings when the file is damaged
   */
  public static Optional<InService> read(NightlyFolder folder) {
    Path file = folder.pointer();
    String remedy = "restore it from a copy";
    return folder
        .files()
        .readObjectIfThere(file, remedy)
        .map(json -> Files.record(file, json, InService.class, remedy));
  }

  /** Puts this model in service, by one write. */
  void write(NightlyFolder folder) {
    folder.files().writeJson(folder.pointer(), this);
  }

  /**
   * Looks whether the model is there and is the one that was put in service, and whether the ledger
   * is the one of that time or a later one.
   *
   * @param hadoop settings of file systems
   * @throws InvalidSettings saying what is gone
   */
  void check(NightlyFolder folder, Ledger ledger, Map<String, String> hadoop) {
    if (!folder.files().exists(new Path(model, HfFolder.CONFIG))) {
      throw new InvalidSettings(
          "%s names the model of night %s, and %s is gone: there is no %s in it; restore the folder from a copy, since without it everything that was ever requested would have to be forgotten again"
              .formatted(folder.pointer(), night, model, HfFolder.CONFIG));
    }
    String now = ModelFingerprint.of(new ModelSource(model, hadoop));
    if (!now.equals(fingerprint)) {
      throw new InvalidSettings(
          "%s names the model of night %s with the fingerprint %s, and %s has %s: it is another model; restore the folder from a copy"
              .formatted(folder.pointer(), night, fingerprint, model, now));
    }
    boolean known =
        ledger.lines().stream()
            .map(LedgerLine::entry)
            .anyMatch(e -> e.number() == entry && e.hash().equals(hash));
    if (!known) {
      throw new InvalidSettings(
          "%s was written when the ledger had entry %d with the hash %s, and %s has no such entry (its last is %d): restore the ledger from a copy"
              .formatted(
                  folder.pointer(),
                  entry,
                  hash,
                  folder.ledger(),
                  ledger.head().map(Entry::number).orElse(0L)));
    }
  }
}
