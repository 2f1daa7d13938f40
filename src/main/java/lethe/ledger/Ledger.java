package lethe.ledger;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import lethe.folder.Files;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The record of every request's life: one file of JSON lines, to which entries are only added.
 *
 * <p>Entries are added together, by writing the file anew as a whole ({@link Files#write}). That is
 * atomic on local disks, HDFS and object stores, where nothing can be appended; a reader sees none
 * of the new entries or all; and a night reads one object, however many entries there are, where a
 * file for each entry would be thousands of calls. Ten thousand entries are some four megabytes.
 * Who adds must hold the lease of the folder, so that there is one writer; the file is read again
 * before it is replaced, and must be what it was.
 */
public final class Ledger {
  /** By how much a clock may be behind the last entry's: two hosts never agree exactly. */
  private static final Duration TOLERANCE = Duration.ofMinutes(5);

  private final Path file;
  private final Files files;
  private final LedgerKey key;
  private byte[] content;
  private final List<LedgerLine> lines;

  private Ledger(Path file, Files files, LedgerKey key, byte[] content, List<LedgerLine> lines) {
    this.file = file;
    this.files = files;
    this.key = key;
    this.content = content;
    this.lines = new ArrayList<>(lines);
  }

  /**
   * Reads a ledger and checks it; an absent file is an empty one.
   *
   * @param files of the driver that holds the lease, if entries are to be added
   * @throws InvalidSettings naming the entry at which it is broken
   */
  public static Ledger read(Path file, Files files, LedgerKey key) {
    byte[] content = content(file, files);
    Chain chain = new Chain(file);
    List<LedgerLine> lines = chain.read(content);
    chain.checkSecrets(lines, key);
    return new Ledger(file, files, key, content, lines);
  }

  private static byte[] content(Path file, Files files) {
    return files.exists(file) ? files.read(file) : new byte[0];
  }

  /**
   * Checks a copy without the private parts, for which no key is needed.
   *
   * @return its entries
   * @throws InvalidSettings naming the entry at which it is broken
   */
  public static List<Entry> readCopy(Path file, Files files) {
    return new Chain(file).read(files.read(file)).stream().map(LedgerLine::entry).toList();
  }

  /** All entries with their private parts, in order. */
  public List<LedgerLine> lines() {
    return List.copyOf(lines);
  }

  /** The key that names documents here. */
  public LedgerKey key() {
    return key;
  }

  /** The last entry; empty in an empty ledger. */
  public Optional<Entry> head() {
    return lines.isEmpty() ? Optional.empty() : Optional.of(lines.get(lines.size() - 1).entry());
  }

  /**
   * The time that new entries get: no earlier than the last one's.
   *
   * @throws InvalidSettings when the clock has gone back by more than clocks differ
   */
  public Instant time(Instant now) {
    Optional<Instant> last = head().map(entry -> Instant.parse(entry.time()));
    if (last.isPresent() && now.plus(TOLERANCE).isBefore(last.get())) {
      throw new InvalidSettings(
          "The clock of this host says %s, and the last entry of %s is of %s: set the clock right, or, if that entry's was wrong, wait until then"
              .formatted(now, file, last.get()));
    }
    return last.filter(now::isBefore).orElse(now);
  }

  /**
   * Adds entries, all or none.
   *
   * @param now what the clock says
   * @throws InvalidSettings when the clock has gone back, or somebody else has written to the file
   */
  public void append(List<Draft> drafts, Instant now) {
    if (drafts.isEmpty()) {
      return;
    }
    if (!Arrays.equals(content(file, files), content)) {
      throw new InvalidSettings(
          "Cannot add to %s: somebody else has changed it meanwhile; start again".formatted(file));
    }
    String time = time(now).toString();
    List<LedgerLine> added = new ArrayList<>();
    Optional<Entry> last = head();
    for (Draft draft : drafts) {
      Entry entry =
          new Entry(
              last.map(Entry::number).orElse(0L) + 1,
              time,
              draft.kind(),
              draft.request(),
              draft.night(),
              draft.detail(),
              draft.secret() == null ? null : key.seal(draft.secret()),
              last.map(Entry::hash).orElse(Entry.FIRST));
      added.add(LedgerLine.of(entry, draft.secret()));
      last = Optional.of(entry);
    }
    byte[] more = text(added).getBytes(StandardCharsets.UTF_8);
    byte[] whole = Arrays.copyOf(content, content.length + more.length);
    System.arraycopy(more, 0, whole, content.length, more.length);
    files.write(file, whole);
    content = whole;
    lines.addAll(added);
  }

  /**
   * Writes a copy for readers outside of the house: the same chain without the private parts.
   *
   * @param other files that the copy is written with
   * @throws InvalidSettings when another file than such a copy is there
   */
  public void export(Path copy, Files other) {
    if (other.qualified(copy).equals(files.qualified(file))) {
      throw new InvalidSettings(
          "Cannot write the copy to %s: it is the ledger itself; name another file"
              .formatted(copy));
    }
    if (other.exists(copy) && !isCopy(copy, other)) {
      throw new InvalidSettings(
          "Cannot write the copy to %s: what is there is no copy of a ledger; name another file"
              .formatted(copy));
    }
    other.writeText(copy, text(lines.stream().map(LedgerLine::withoutSecret).toList()));
  }

  private static boolean isCopy(Path file, Files files) {
    try {
      return new Chain(file)
          .read(files.read(file)).stream().allMatch(line -> line.secret() == null);
    } catch (InvalidSettings e) { // no ledger at all
      return false;
    }
  }

  private static String text(List<LedgerLine> lines) {
    return lines.stream().map(line -> line.text() + "\n").collect(Collectors.joining());
  }
}
