package lethe.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lethe.folder.Files;
import lethe.folder.Text;
import lethe.json.Json;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * The rule that the lines of a ledger follow: entry k has the number k, the hash of entry k - 1, no
 * earlier time than that one, and is written as canonical JSON. Whoever changes, removes or inserts
 * an entry must write all later ones anew, and then the hash of the last one, which others may have
 * noted, is another.
 *
 * @param file of the lines, for messages
 */
record Chain(Path file) {
  private static final ObjectReader ONE_VALUE =
      Json.MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * The lines of a ledger.
   *
   * @throws InvalidSettings naming the first entry at which the chain is broken
   */
  List<LedgerLine> read(byte[] content) {
    String text = decoded(content);
    if (!text.isEmpty() && !text.endsWith("\n")) {
      throw broken(text.lines().count(), "its line does not end; something is missing there");
    }
    List<LedgerLine> lines = new ArrayList<>();
    for (String line :
        text.isEmpty() ? new String[0] : text.substring(0, text.length() - 1).split("\n", -1)) {
      LedgerLine read = parsed(lines.size() + 1, line);
      if (!read.text().equals(line)) {
        throw broken(lines.size() + 1, "it is not written as canonical JSON");
      }
      if (!read.entry().hash().equals(read.hash())) {
        throw broken(
            lines.size() + 1,
            "its hash is %s, and the file says %s".formatted(read.entry().hash(), read.hash()));
      }
      follow(lines.isEmpty() ? null : lines.get(lines.size() - 1), read.entry());
      lines.add(read);
    }
    return lines;
  }

  private String decoded(byte[] content) {
    try {
      return Text.decode(content);
    } catch (CharacterCodingException e) {
      String before = new String(content, StandardCharsets.UTF_8);
      int bad = before.indexOf('\uFFFD');
      throw broken(
          1 + before.substring(0, Math.max(bad, 0)).chars().filter(c -> c == '\n').count(),
          "it is not UTF-8");
    }
  }

  private LedgerLine parsed(long number, String line) {
    JsonNode json;
    try {
      json = ONE_VALUE.readTree(line);
    } catch (JsonProcessingException e) {
      throw broken(number, "it is not JSON");
    }
    try {
      return Files.record(file, json, LedgerLine.class, "");
    } catch (InvalidSettings e) {
      throw broken(number, "it is not an entry of a ledger");
    }
  }

  /**
   * @param before the line before; null for the first
   */
  private void follow(LedgerLine before, Entry entry) {
    long number = before == null ? 1 : before.entry().number() + 1;
    if (entry.number() != number) {
      throw broken(number, "in its place is entry " + entry.number());
    }
    String hash = before == null ? Entry.FIRST : before.hash();
    if (!entry.previous().equals(hash)) {
      throw broken(
          number,
          "it follows an entry with the hash %s, and the one before has %s"
              .formatted(entry.previous(), hash));
    }
    Optional<Instant> time = time(entry);
    if (time.isEmpty()) {
      throw broken(number, "its time is \"%s\"".formatted(entry.time()));
    }
    if (before != null && time.get().isBefore(time(before.entry()).orElseThrow())) {
      throw broken(number, "it is of %s, earlier than the entry before".formatted(entry.time()));
    }
  }

  private static Optional<Instant> time(Entry entry) {
    try {
      return Optional.of(Instant.parse(entry.time()));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /**
   * Looks whether the private parts are those that the entries were written with.
   *
   * @throws InvalidSettings naming the first entry of which it is another one, or is missing
   */
  void checkSecrets(List<LedgerLine> lines, LedgerKey key) {
    for (LedgerLine line : lines) {
      String sealed = line.secret() == null ? null : key.seal(line.secret());
      String expected = line.entry().sealed();
      if (expected == null ? sealed != null : !expected.equals(sealed)) {
        throw broken(
            line.entry().number(),
            line.secret() == null
                ? "its private part is missing"
                : "its private part is another, or was written with another key");
      }
    }
  }

  InvalidSettings broken(long number, String why) {
    return new InvalidSettings(
        "The ledger %s is broken at entry %d: %s. Restore the file from a copy; nothing is written to a broken ledger"
            .formatted(file, number, why));
  }
}
