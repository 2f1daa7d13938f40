package lethe.nightly;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import lethe.folder.Faults;
import lethe.ledger.Entry;
import lethe.ledger.EntryKind;
import lethe.ledger.LedgerLine;
import lethe.request.RequestState;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Five nights of overlapping requests, undisturbed and with a driver that dies in every night. */
class NightlyIT {
  static final List<String> DAYS =
      List.of("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05");

  @TempDir Path folder;

  @BeforeAll
  static void inThisProcess() {
    SmallNights.spark(true);
  }

  @AfterAll
  static void asBefore() {
    SmallNights.spark(false);
  }

  @AfterEach
  void noFaults() {
    Faults.none();
  }

  static void ask(SmallNights nights, String day) throws IOException {
    switch (day) {
      case "2026-03-01" ->
          nights.ask(
              "1.jsonl",
              "{\"request\": \"r1\", \"document\": \"paper-forget-00\"}",
              "{\"request\": \"r2\", \"document\": \"paper-forget-01\", \"domain\": \"paper\"}",
              "{\"request\": \"r2\", \"document\": \"paper-forget-02\", \"domain\": \"paper\"}",
              "{\"request\": \"r2b\"");
      case "2026-03-02" ->
          nights.ask(
              "2.jsonl",
              "{\"request\": \"r3\", \"document\": \"paper-forget-02\"}",
              "{\"request\": \"r3\", \"document\": \"paper-forget-03\"}",
              "{\"request\": \"r4\", \"document\": \"paper-forget-01\", \"domain\": \"paper\"}");
      case "2026-03-03" ->
          nights.ask("3.jsonl", "{\"request\": \"r5\", \"where\": \"id LIKE 'paper-forget-0%'\"}");
      case "2026-03-04" ->
          nights.ask(
              "4.jsonl",
              "{\"request\": \"r6\", \"document\": \"paper-forget-10\", \"due\": \"2026-03-05\"}",
              "{\"request\": \"r7\", \"document\": \"no-such\"}");
      default ->
          nights.ask(
              "5.jsonl",
              "{\"request\": \"r8\", \"document\": \"paper-forget-10\"}",
              "{\"request\": \"r9\", \"domain\": \"paper\"}");
    }
  }

  @Test
  void nightsWithADriverThatDiesEndWithTheSameModel() throws IOException {
    SmallNights whole = SmallNights.in(folder.resolve("whole"), "crash-disk");
    Map<String, Long> calls = new HashMap<>();
    for (String day : DAYS) {
      ask(whole, day);
      Faults.plan(Long.MAX_VALUE, Faults.How.STOPPED);
      long start = System.nanoTime();
      assertThat(whole.night(day)).isEmpty();
      calls.put(day, Faults.calls());
      System.out.println(String.join("\n", whole.said()));
      System.out.println(day + " " + (System.nanoTime() - start) / 1e9 + " " + Faults.calls());
    }
    System.out.println(String.join("\n", whole.said()));
    System.out.println(
        whole.ledger().stream().map(l -> l.toString()).collect(Collectors.joining("\n")));
    Random random = new Random(11);
    SmallNights killed = SmallNights.in(folder.resolve("killed"), "crash-disk");
    for (String day : DAYS) {
      ask(killed, day);
      long n = 1 + (long) (random.nextDouble() * calls.get(day));
      Faults.plan(n, Faults.How.STOPPED);
      String how = "ended";
      try {
        killed.night(day);
      } catch (Exception | AssertionError e) { // Spark's are checked but not declared
        how = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      }
      System.out.println(
          "nightly: "
              + day
              + ", call "
              + n
              + " of "
              + calls.get(day)
              + ", "
              + Faults.first()
              + ": "
              + how);
      Faults.none();
      servesAWholeModel(killed);
      assertThat(killed.night(day)).isEmpty();
    }
    assertThat(killed.weights()).isEqualTo(whole.weights());
    assertThat(forgotten(killed)).isEqualTo(forgotten(whole));
    assertThat(states(killed)).isEqualTo(states(whole));
  }

  /** Whatever the moment, the pointer names a model with all of its files. */
  private static void servesAWholeModel(SmallNights nights) {
    NightlySettings settings = NightlySettings.read(nights.settings().root());
    nights
        .nights()
        .readLedger(settings)
        .ifPresent(
            ledger ->
                InService.read(nights.nights())
                    .ifPresent(
                        pointer ->
                            pointer.check(
                                nights.nights(),
                                ledger,
                                Map.of(
                                    "fs.crash-disk.impl",
                                    lethe.folder.FaultyFileSystem.class.getName() + "$Disk"))));
  }

  /** How often each document was forgotten, by its name in the ledger. */
  private static Map<String, Long> forgotten(SmallNights nights) {
    List<String> names = new ArrayList<>();
    Map<String, Long> nightsOf = new TreeMap<>();
    for (LedgerLine line : nights.ledger()) {
      Entry entry = line.entry();
      if (entry.kind() == EntryKind.PLANNED) {
        StreamSupport.stream(line.secret().path("asked").spliterator(), false)
            .flatMap(part -> StreamSupport.stream(part.path("documents").spliterator(), false))
            .map(document -> document.path("document").asText())
            .distinct()
            .forEach(names::add);
      }
    }
    names.forEach(name -> nightsOf.merge(name, 1L, Long::sum));
    return nightsOf;
  }

  private static Map<String, String> states(SmallNights nights) {
    return nights.book().requests().stream()
        .collect(
            Collectors.toMap(
                RequestState::request,
                state ->
                    state.status()
                        + " "
                        + state.night()
                        + " "
                        + state.left()
                        + " "
                        + state.reason(),
                (a, b) -> a,
                TreeMap::new));
  }
}
