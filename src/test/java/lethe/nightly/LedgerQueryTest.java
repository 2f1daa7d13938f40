package lethe.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import lethe.settings.InvalidSettings;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerQueryTest {
  @TempDir Path folder;
  private SmallNights nights;

  @BeforeEach
  void twoNights() throws IOException {
    SmallNights small = SmallNights.in(folder, "crash-disk");
    nights = small.with(QuickStages.over(folder.resolve("data/paper.jsonl")));
  }

  private void ask() throws IOException {
    nights.ask(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": \"paper-forget-01\", \"due\": \"2026-03-02\", \"notify\": \"desk@example\"}",
        "{\"request\": \"r2\", \"where\": \"id LIKE 'paper-forget-1%'\", \"due\": \"2026-03-03\"}",
        "{\"request\": \"r3\", \"where\": \"id LIKE 'paper-forget-0%'\", \"due\": \"2026-03-03\"}",
        "{\"request\": \"r4\", \"document\": \"no-such\", \"due\": \"2026-03-09\"}",
        "nonsense");
    nights.night("2026-03-01");
  }

  private LedgerQuery query(String now) {
    return new LedgerQuery(nights.settings(), Clock.fixed(Instant.parse(now), ZoneOffset.UTC));
  }

  @Test
  void allRequestsAreListedWithWhatBecameOfThem() throws IOException {
    ask();
    LedgerQuery.Answer all = query("2026-03-02T09:00:00Z").all();
    assertThat(all.met()).isTrue();
    assertThat(all.lines())
        .containsExactly(
            "request  status     received          due               left  night       reason",
            "r1       forgotten  2026-03-01T01:17  2026-03-03T00:00  0     2026-03-01",
            "r2       forgotten  2026-03-01T01:17  2026-03-04T00:00  0     2026-03-01",
            "r3       open       2026-03-01T01:17  2026-03-04T00:00  9     2026-03-01", // it names
            // 01, too
            "r4       refused    2026-03-01T01:17  2026-03-10T00:00                    no usable document of the sources has what it names: [document no-such]",
            "set aside: a.jsonl, line 5: it is not JSON: column 1: Unrecognized token 'nonsense'",
            "in service: crash-disk:%s/nights/nights/2026-03-01/model, of night 2026-03-01, since 2026-03-01T01:17:00Z"
                .formatted(folder));
  }

  @Test
  void overdueRequestsAreNamedAndAreACondition() throws IOException {
    ask();
    assertThat(query("2026-03-03T23:00:00Z").overdue())
        .isEqualTo(new LedgerQuery.Answer(java.util.List.of("no request is overdue"), true));
    LedgerQuery.Answer overdue = query("2026-03-04T00:00:01Z").overdue();
    assertThat(overdue.met()).isFalse();
    assertThat(overdue.lines()).hasSize(2).last().asString().startsWith("r3 ");
  }

  @Test
  void oneRequestIsToldFromItsReceiptToTheLastTest() throws IOException {
    ask();
    nights.night("2026-03-02");
    assertThat(query("2026-03-02T09:00:00Z").request("r1").lines())
        .anyMatch(line -> line.equals("  names document paper-forget-01"))
        .anyMatch(line -> line.equals("  notify desk@example"))
        .anyMatch(line -> line.matches("  2026-03-01T01:17:00Z  entry 1  received"))
        .anyMatch(line -> line.matches(".* entry \\d+  planned, night 2026-03-01"))
        .anyMatch(
            line ->
                line.matches(
                    ".* forgotten, night 2026-03-01, left 0, outcome matched, model [0-9a-f]{64}"))
        .anyMatch(line -> line.matches(".* verified, night 2026-03-01, verdict matched, model .*"))
        .anyMatch(line -> line.matches(".* verified, night 2026-03-02, verdict matched, model .*"));
    assertThatThrownBy(() -> query("2026-03-02T09:00:00Z").request("r17"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "The ledger crash-disk:%s/nights/ledger.jsonl has no request r17; without --request, all are listed"
                .formatted(folder));
  }

  @Test
  void theChainIsVerifiedAndACopyHasNoNamesOfDocuments() throws IOException {
    ask();
    LedgerQuery query = query("2026-03-02T09:00:00Z");
    String last = nights.ledger().get(nights.ledger().size() - 1).hash();
    assertThat(query.verify().lines().get(0))
        .contains(" is whole: ")
        .endsWith(" with the hash " + last);
    Path copy = folder.resolve("copy.jsonl");
    query.export(copy.toString());
    assertThat(Files.readString(copy))
        .contains("\"r1\"", last)
        .doesNotContain("paper-forget", "desk@example", "no-such", "nonsense", folder.toString());
    assertThat(query.verifyCopy(copy.toString()).lines().get(0)).endsWith(last);
    Files.writeString(copy, Files.readString(copy).replaceFirst("\"forgotten\"", "\"verified\""));
    assertThatThrownBy(() -> query.verifyCopy(copy.toString()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("copy.jsonl is broken at entry ");
  }

  @Test
  void withoutALedgerItSaysWhatMakesOne() {
    assertThatThrownBy(() -> query("2026-03-02T09:00:00Z").all())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("Cannot read the ledger: there is no ")
        .hasMessageEndingWith("ledger.jsonl; the first nightly makes it");
  }
}
