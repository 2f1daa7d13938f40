package lethe.nightly;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import lethe.check.Validation;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.ledger.Entry;
import lethe.ledger.EntryKind;
import lethe.ledger.Ledger;
import lethe.ledger.LedgerLine;
import lethe.request.RequestBook;
import lethe.request.RequestState;
import lethe.settings.InvalidSettings;
import lethe.settings.Section;
import lethe.settings.Settings;

/**
 * What the ledger says, in lines for a terminal. Nothing is written to the folder of the nights.
 */
public final class LedgerQuery {
  private final NightlySettings settings;
  private final NightlyFolder folder;
  private final Clock clock;

  /**
   * An answer.
   *
   * @param met whether all is as it should be
   */
  public record Answer(List<String> lines, boolean met) {}

  /**
   * @param user settings, of which {@code nightly} counts and {@code spark.hadoop}
   * @throws InvalidSettings when they are wrong
   */
  public LedgerQuery(Settings user, Clock clock) {
    this.settings = NightlySettings.read(user.root());
    user.check();
    this.clock = clock;
    RunFolder root =
        RunFolder.of(settings.directory(), Validation.configuration(Validation.hadoop(user)));
    this.folder = new NightlyFolder(root.root(), root.files());
  }

  private Ledger ledger() {
    return folder
        .readLedger(settings)
        .orElseThrow(
            () ->
                new InvalidSettings(
                    "Cannot read the ledger: there is no %s; the first nightly makes it"
                        .formatted(folder.ledger())));
  }

  /** Every request in a line. */
  public Answer all() {
    RequestBook book = RequestBook.of(ledger());
    List<String> lines = new ArrayList<>(table(book.requests()));
    book.setAside()
        .forEach(line -> lines.add("set aside: %s: %s".formatted(line.where(), line.reason())));
    InService.read(folder)
        .ifPresent(
            pointer ->
                lines.add(
                    "in service: %s, of night %s, since %s"
                        .formatted(pointer.model(), pointer.night(), pointer.since())));
    return new Answer(lines, true);
  }

  /** The open requests whose due day is over. */
  public Answer overdue() {
    Instant now = clock.instant();
    List<RequestState> overdue =
        RequestBook.of(ledger()).requests().stream().filter(r -> r.overdue(now)).toList();
    return overdue.isEmpty()
        ? new Answer(List.of("no request is overdue"), true)
        : new Answer(table(overdue), false);
  }

  /**
   * The entries of a request, in order, and those of the nights that planned it or tested it again.
   *
   * @throws InvalidSettings when the ledger has none of this id
   */
  public Answer request(String id) {
    Ledger ledger = ledger();
    RequestState state =
        RequestBook.of(ledger)
            .request(id)
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "The ledger %s has no request %s; without --request, all are listed"
                            .formatted(folder.ledger(), id)));
    List<String> lines = new ArrayList<>(table(List.of(state)));
    state.content().wishes().forEach(wish -> lines.add("  names " + wish));
    Optional.ofNullable(state.content().contact())
        .ifPresent(contact -> lines.add("  notify " + contact));
    boolean forgotten = false;
    for (LedgerLine line : ledger.lines()) {
      Entry entry = line.entry();
      boolean tested = forgotten && entry.kind() == EntryKind.VERIFIED;
      if (id.equals(entry.request()) || planned(entry, id) || tested) {
        lines.add(described(entry));
      }
      forgotten |= id.equals(entry.request()) && entry.kind() == EntryKind.FORGOTTEN;
    }
    return new Answer(lines, true);
  }

  private static boolean planned(Entry entry, String request) {
    return StreamSupport.stream(entry.detail().path("requests").spliterator(), false)
        .anyMatch(other -> other.asText().equals(request));
  }

  private static String described(Entry entry) {
    StringBuilder text =
        new StringBuilder(
            "  %s  entry %d  %s"
                .formatted(entry.time(), entry.number(), Section.spelling(entry.kind())));
    if (entry.night() != null) {
      text.append(", night ").append(entry.night());
    }
    for (String member : List.of("reason", "left", "outcome", "verdict", "model")) {
      if (entry.detail().has(member)) {
        text.append(", ").append(member).append(' ').append(entry.detail().path(member).asText());
      }
    }
    return text.toString();
  }

  /** Says that the chain is whole; reading it refuses a broken one. */
  public Answer verify() {
    return whole(
        folder.ledger().toString(), ledger().lines().stream().map(LedgerLine::entry).toList());
  }

  private static Answer whole(String file, List<Entry> entries) {
    if (entries.isEmpty()) {
      return new Answer(List.of(file + " has no entry yet"), true);
    }
    Entry last = entries.get(entries.size() - 1);
    return new Answer(
        List.of(
            "%s is whole: %d entries, the last of %s with the hash %s"
                .formatted(file, entries.size(), last.time(), last.hash()),
            "Note that hash elsewhere: who owns a ledger can write all of it anew"),
        true);
  }

  /** Writes a copy without what names documents. */
  public Answer export(String copy) {
    Ledger ledger = ledger();
    ledger.export(Files.path(copy), folder.files());
    return new Answer(
        List.of(
            "wrote %s: %d entries without names of documents; --verify-copy checks it"
                .formatted(copy, ledger.lines().size())),
        true);
  }

  /** Checks a copy that {@link #export} wrote. */
  public Answer verifyCopy(String copy) {
    return whole(copy, Ledger.readCopy(Files.path(copy), folder.files()));
  }

  private static List<String> table(Collection<RequestState> requests) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("request", "status", "received", "due", "left", "night", "reason"));
    requests.forEach(
        r ->
            rows.add(
                List.of(
                    r.request(),
                    Section.spelling(r.status()),
                    minute(r.received()),
                    minute(r.due()),
                    r.left().map(String::valueOf).orElse(""),
                    Optional.ofNullable(r.night()).orElse(""),
                    Optional.ofNullable(r.reason()).orElse(""))));
    int[] widths = new int[rows.get(0).size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
    }
    return line.toString().stripTrailing();
  }

  private static String minute(Instant time) {
    return time.toString().substring(0, "2026-03-31T12:00".length());
  }
}
