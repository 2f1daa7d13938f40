package lethe.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import lethe.folder.Faults;
import lethe.folder.FaultyFileSystem;
import lethe.settings.InvalidSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {
  private static final Instant EVENING = Instant.parse("2026-03-01T22:00:00Z");
  private static final byte[] KEY = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);

  private static final List<Draft> TWO = List.of(received("r4", "x"), received("r5", "y"));

  private final lethe.folder.Files files = new lethe.folder.Files(FaultyFileSystem.configuration());

  @TempDir Path folder;

  @AfterEach
  void noFaults() {
    Faults.none();
  }

  private Path file() {
    return folder.resolve("ledger.jsonl");
  }

  private Ledger read() {
    return Ledger.read(new org.apache.hadoop.fs.Path(file().toString()), files, new LedgerKey(KEY));
  }

  /** Five entries, two of them written together. */
  private Ledger five() {
    Ledger ledger = read();
    ledger.append(List.of(received("r1", "paper-17")), EVENING);
    ledger.append(List.of(received("r2", "paper-18"), received("r3", "\u00e9tude")), EVENING);
    ledger.append(
        List.of(Draft.open(EntryKind.PLANNED, "r1", "2026-03-01", Map.of("left", 0))),
        EVENING.plusSeconds(60));
    ledger.append(
        List.of(
            Draft.open(
                EntryKind.FORGOTTEN,
                "r1",
                "2026-03-01",
                Map.of("documents", List.of(ledger.key().name("paper", "17")), "loss", 2.5))),
        EVENING.plusSeconds(90));
    return ledger;
  }

  private static Draft received(String request, String document) {
    return Draft.open(EntryKind.RECEIVED, request, null, Map.of("due", "2026-03-31"))
        .with(Map.of("document", document));
  }

  @Test
  void whatIsAddedIsReadAgainInOrder() {
    List<LedgerLine> written = five().lines();
    assertThat(read().lines()).isEqualTo(written).hasSize(5);
    assertThat(written)
        .extracting(line -> line.entry().number())
        .containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(written.get(2).secret().path("document").asText()).isEqualTo("\u00e9tude");
  }

  /** Without this program: SHA-256 of the entry as it is in the line. */
  @Test
  void theChainIsCheckedByHand() throws Exception {
    five();
    String previous = "0".repeat(64);
    for (String line : Files.readAllLines(file())) {
      assertThat(line).startsWith("{\"entry\":{").contains("},\"hash\":\"");
      String entry = line.substring("{\"entry\":".length(), line.indexOf(",\"hash\":"));
      JsonNode json = new ObjectMapper().readTree(line);
      assertThat(json.at("/entry/previous").asText()).isEqualTo(previous);
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(entry.getBytes(UTF_8));
      previous = HexFormat.of().formatHex(sha256);
      assertThat(json.path("hash").asText()).isEqualTo(previous);
    }
  }

  @Test
  void aDocumentsNameIsItsHmac() throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
    byte[] expected = mac.doFinal("document\0paper\u000017".getBytes(UTF_8));
    assertThat(new LedgerKey(KEY).name("paper", "17"))
        .isEqualTo(HexFormat.of().formatHex(expected));
  }

  @Test
  void aKeyIsDrawnOnceAndReadAgain() throws IOException {
    org.apache.hadoop.fs.Path path =
        new org.apache.hadoop.fs.Path(folder.resolve("key").toString());
    String name = LedgerKey.kept(path, files).name("a", "b");
    assertThat(LedgerKey.kept(path, files).name("a", "b")).isEqualTo(name);
    Files.writeString(folder.resolve("key"), "abcd");
    assertThatThrownBy(() -> LedgerKey.kept(path, files))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot read the key in %s: it must be at least 64 hexadecimal digits; restore the file, since documents have other names with another key"
                .formatted(path));
  }

  @Test
  void aChangeIsNamedByItsEntry() throws IOException {
    five();
    List<String> lines = Files.readAllLines(file());
    assertBroken(
        replaced(lines, 1, "\"due\":\"2026-03-31\"", "\"due\":\"2027-03-31\""), 2, "its hash is ");
    assertBroken(
        replaced(lines, 1, "\"paper-18\"", "\"paper-19\""), 2, "its private part is another");
    assertBroken(
        replaced(lines, 3, "{\"entry\"", "{ \"entry\""), 4, "it is not written as canonical JSON");
    assertBroken(replaced(lines, 4, "}", ""), 5, "it is not JSON");
    assertBroken(
        replaced(lines, 0, "\"kind\":\"received\"", "\"kind\":\"forgiven\""),
        1,
        "it is not an entry");
    List<String> without = new ArrayList<>(lines);
    without.remove(2);
    assertBroken(without, 3, "in its place is entry 4");
    List<String> head = lines.subList(1, 5);
    assertBroken(head, 1, "in its place is entry 2");
    List<String> twice = new ArrayList<>(lines);
    twice.add(lines.get(4));
    assertBroken(twice, 6, "in its place is entry 5");
  }

  /** Who has changed an entry with its hash must change the next one, too. */
  @Test
  void aChangeWithItsHashIsFoundAtTheNextEntry() throws IOException {
    five();
    List<LedgerLine> lines = read().lines();
    Entry second = lines.get(1).entry();
    Entry other =
        new Entry(
            2,
            second.time(),
            EntryKind.REFUSED,
            second.request(),
            null,
            second.detail(),
            second.sealed(),
            second.previous());
    List<String> texts = new ArrayList<>(Files.readAllLines(file()));
    texts.set(1, LedgerLine.of(other, lines.get(1).secret()).text());
    assertBroken(texts, 3, "it follows an entry with the hash " + second.hash());
  }

  @Test
  void aTornFileIsBrokenAtItsLastEntry() throws IOException {
    five();
    String whole = Files.readString(file());
    Files.writeString(file(), whole.substring(0, whole.length() - 1));
    assertThatThrownBy(this::read).hasMessageContaining("broken at entry 5: its line does not end");
  }

  @Test
  void everyFlippedByteIsFound() throws IOException {
    five();
    byte[] whole = Files.readAllBytes(file());
    Random random = new Random(7);
    for (int i = 0; i < 300; i++) {
      byte[] flipped = whole.clone();
      int at = random.nextInt(whole.length);
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file(), flipped);
      assertThatThrownBy(this::read)
          .as("byte %d of %d", at, whole.length)
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining(" is broken at entry ");
    }
  }

  private static List<String> replaced(List<String> lines, int index, String old, String other) {
    List<String> changed = new ArrayList<>(lines);
    assertThat(lines.get(index)).contains(old);
    changed.set(index, lines.get(index).replace(old, other));
    return changed;
  }

  private void assertBroken(List<String> lines, int entry, String why) throws IOException {
    Files.writeString(file(), String.join("\n", lines) + "\n");
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "The ledger %s is broken at entry %d: %s".formatted(file(), entry, why))
        .hasMessageEndingWith(
            "Restore the file from a copy; nothing is written to a broken ledger");
  }

  @Test
  void aCopyForOthersHasTheSameChainAndNoDocument() throws IOException {
    List<LedgerLine> lines = five().lines();
    Path copy = folder.resolve("copy.jsonl");
    read().export(new org.apache.hadoop.fs.Path(copy.toString()), files);
    assertThat(Ledger.readCopy(new org.apache.hadoop.fs.Path(copy.toString()), files))
        .isEqualTo(lines.stream().map(LedgerLine::entry).toList());
    assertThat(Files.readString(copy)).doesNotContain("paper", "\u00e9tude", "private");
    assertThatThrownBy(() -> read().export(new org.apache.hadoop.fs.Path(file().toString()), files))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("it is the ledger itself; name another file");
    Path own = Files.writeString(folder.resolve("own.txt"), "somebody's notes\n");
    assertThatThrownBy(() -> read().export(new org.apache.hadoop.fs.Path(own.toString()), files))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("what is there is no copy of a ledger; name another file");
    assertThat(own).hasContent("somebody's notes");
    String before = Files.readString(copy);
    read().export(new org.apache.hadoop.fs.Path(copy.toString()), files); // an older copy may go
    assertThat(Files.readString(copy)).isEqualTo(before);
    assertThat(read().lines()).hasSize(5);
    Files.copy(copy, file(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(this::read)
        .hasMessageContaining("broken at entry 1: its private part is missing");
  }

  @Test
  void aClockThatGoesBackIsRefused() {
    Ledger ledger = five();
    assertThatThrownBy(
            () -> ledger.append(List.of(received("r4", "x")), EVENING.minusSeconds(86_400)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "The clock of this host says 2026-02-28T22:00:00Z, and the last entry of %s is of 2026-03-01T22:01:30Z: set the clock right, or, if that entry's was wrong, wait until then"
                .formatted(file()));
    assertThat(read().lines()).hasSize(5);
    ledger.append(List.of(received("r4", "x")), EVENING);
    assertThat(read().head().orElseThrow().time())
        .as("clocks of two hosts")
        .isEqualTo("2026-03-01T22:01:30Z");
  }

  @Test
  void whoReadAnOlderLedgerCannotAdd() {
    Ledger one = five();
    Ledger other = read();
    one.append(List.of(received("r4", "x")), EVENING.plusSeconds(100));
    assertThatThrownBy(() -> other.append(List.of(received("r5", "y")), EVENING.plusSeconds(100)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "Cannot add to %s: somebody else has changed it meanwhile; start again"
                .formatted(file()));
    assertThat(read().lines()).hasSize(6);
  }

  /** On a disk, HDFS's rename, a store and a plain file system: the old entries, or all. */
  @Test
  void aDriverThatDiesLeavesTheOldEntriesOrAll() throws IOException {
    five();
    byte[] before = Files.readAllBytes(file());
    for (String scheme : List.of("crash", "crash-store", "crash-disk")) {
      org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(scheme + ":" + file());
      long calls = calls(path, before);
      assertThat(calls).as(scheme).isPositive();
      for (long n = 1; n <= calls; n++) {
        Files.write(file(), before);
        Ledger ledger = Ledger.read(path, files, new LedgerKey(KEY));
        Faults.plan(n, Faults.How.STOPPED);
        try {
          ledger.append(TWO, EVENING.plusSeconds(99));
        } catch (UncheckedIOException e) {
          assertThat(e).hasMessageContaining("Cannot write ");
        }
        Faults.none();
        assertThat(Ledger.read(path, files, new LedgerKey(KEY)).lines())
            .as("%s, call %d of %d", scheme, n, calls)
            .satisfiesAnyOf(l -> assertThat(l).hasSize(5), l -> assertThat(l).hasSize(7));
        files.settle(path.getParent(), path.suffix(".none"));
      }
    }
  }

  private long calls(org.apache.hadoop.fs.Path path, byte[] before) throws IOException {
    Files.write(file(), before);
    Ledger ledger = Ledger.read(path, files, new LedgerKey(KEY));
    Faults.plan(Long.MAX_VALUE, Faults.How.STOPPED);
    ledger.append(TWO, EVENING.plusSeconds(99));
    return Faults.calls();
  }
}
