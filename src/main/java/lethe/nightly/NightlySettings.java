package lethe.nightly;

import java.time.Duration;
import java.util.Optional;
import lethe.settings.Section;

/**
 * Settings of the nights.
 *
 * @param directory of the ledger, the nights and the pointer
 * @param requests folder of requests; empty for the one in the directory
 * @param requestsTable table of requests beside the folder, by a name that Spark knows
 * @param documents most that one night forgets, at least 1
 * @param mostShare of all documents, above 0 and at most 1, that a request may name
 * @param dueAfter term of a request without a due day
 * @param keyFile of the names of documents; empty for the one in the directory
 * @param again whether a date may have one more night
 */
public record NightlySettings(
    String directory,
    Optional<String> requests,
    Optional<String> requestsTable,
    int documents,
    double mostShare,
    Duration dueAfter,
    Optional<String> keyFile,
    boolean again) {

  /** Reads {@code nightly}. */
  public static NightlySettings read(Section root) {
    Section nightly = root.section("nightly");
    return new NightlySettings(
        nightly.string("directory"),
        nightly.optionalText("requests"),
        nightly.optionalText("requests-table"),
        nightly.count("documents", 1),
        nightly.doubleInRange("most-share", 1e-9, 1),
        nightly.duration("due-after", Duration.ofDays(1)),
        nightly.optionalText("key-file"),
        nightly.bool("again"));
  }
}
