package lethe.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import lethe.ledger.Draft;
import lethe.ledger.EntryKind;
import lethe.ledger.Ledger;
import lethe.ledger.LedgerKey;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From files in a folder to what the ledger says of each request. */
class DeletionRequestsTest {
  private static final Instant EVENING = Instant.parse("2026-03-01T22:00:00Z");
  private static final Duration TERM = Duration.ofDays(30);

  private final lethe.folder.Files files = new lethe.folder.Files(new Configuration());

  @TempDir Path folder;
  private Ledger ledger;

  @BeforeEach
  void anEmptyLedger() {
    ledger = Ledger.read(path("ledger.jsonl"), files, LedgerKey.kept(path("ledger.key"), files));
  }

  private org.apache.hadoop.fs.Path path(String name) {
    return new org.apache.hadoop.fs.Path(folder.toString(), name);
  }

  private RequestFolder.Content read() {
    return new RequestFolder(path("requests"), new Configuration()).read();
  }

  private void write(String name, String... lines) throws IOException {
    Files.createDirectories(folder.resolve("requests"));
    Files.writeString(folder.resolve("requests").resolve(name), String.join("\n", lines) + "\n");
  }

  /** Reads the folder and records what is new. */
  private List<Draft> receive(Instant now) {
    List<Draft> news = RequestBook.of(ledger).news(read(), now, TERM);
    ledger.append(news, now);
    return news;
  }

  private RequestState state(String request) {
    return RequestBook.of(ledger).request(request).orElseThrow();
  }

  private void assertAside(String line, String reason) throws IOException {
    write("a.jsonl", line, "{\"request\": \"good\", \"document\": 17}");
    RequestFolder.Content content = read();
    assertThat(content.requests()).extracting(DeletionRequest::request).containsExactly("good");
    assertThat(content.setAside()).hasSize(1);
    assertThat(content.setAside().get(0).reason()).isEqualTo(reason);
    assertThat(content.setAside().get(0).line()).isEqualTo(1);
  }

  @Test
  void everyWayToNameDocumentsIsRead() throws IOException {
    write(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": 17, \"domain\": \"paper\", \"received\": \"2026-02-01\", \"due\": \"2026-03-02\", \"notify\": \"a@b\"}",
        "",
        "{\"request\": \"r2\", \"url\": \"https://x\"}",
        "{\"request\": \"r3\", \"sha256\": \"%s\"}".formatted("AB".repeat(32)),
        "{\"request\": \"r4\", \"domain\": \"book\"}",
        "{\"request\": \"r5\", \"where\": \"meta.license = 'none'\"}",
        "{\"request\": \"r1\", \"document\": \"18\"}");
    RequestFolder.Content content = read();
    assertThat(content.setAside()).isEmpty();
    assertThat(content.requests())
        .containsExactly(
            new DeletionRequest(
                "r1",
                List.of(
                    new Wish(NamedBy.DOCUMENT, "17", "paper"),
                    new Wish(NamedBy.DOCUMENT, "18", null)),
                "2026-02-01",
                "2026-03-02",
                "a@b",
                null),
            request("r2", new Wish(NamedBy.URL, "https://x", null)),
            request("r3", new Wish(NamedBy.SHA256, "ab".repeat(32), null)),
            request("r4", new Wish(NamedBy.DOMAIN, "book", null)),
            request("r5", new Wish(NamedBy.WHERE, "meta.license = 'none'", null)));
  }

  private static DeletionRequest request(String id, Wish wish) {
    return new DeletionRequest(id, List.of(wish), null, null, null, null);
  }

  @Test
  void whatIsNoRequestIsSetAsideAndDoesNotStopTheOthers() throws IOException {
    assertAside(
        "{\"request\": \"r\"",
        "it is not JSON: column 16: it ends within a value; an object must be on one line");
    assertAside("[1]", "it is not a JSON object");
    assertAside("{\"document\": \"x\"}", "request is missing");
    assertAside(
        "{\"request\": \"r\"}", "it must have one of document, url, sha256, where and domain");
    assertAside(
        "{\"request\": \"r\", \"documnet\": \"x\"}",
        "it has a member documnet, which is unknown; did you mean document?");
    assertAside(
        "{\"request\": \"r\", \"document\": \"x\", \"url\": \"y\"}",
        "it names documents in two ways, document and url");
    assertAside(
        "{\"request\": \"r\", \"document\": 1.5}",
        "document is 1.5, but an id is text or a whole number");
    assertAside(
        "{\"request\": \"r\", \"sha256\": \"abc\"}",
        "sha256 must be 64 hexadecimal digits, was abc");
    assertAside(
        "{\"request\": \"r\", \"document\": \"x\", \"due\": \"31.3.2026\"}",
        "due must be a day as 2026-03-31, or a time as 2026-03-31T12:00:00Z, was \"31.3.2026\"");
    assertAside(
        "{\"request\": \"r\", \"document\": \"x\", \"received\": \"+1000000000-12-31T23:59:59.999999999Z\"}",
        "received must be a day as 2026-03-31, or a time as 2026-03-31T12:00:00Z, was \"+1000000000-12-31T23:59:59.999999999Z\"");
    assertAside(
        "{\"request\": \"r\", \"domain\": \" \"}",
        "domain must be a text that is not empty, was \" \"");
    write("a.jsonl", "{\"request\": \"r\", \"where\": \"id = \"}");
    assertThat(read().setAside().get(0).reason()).startsWith("where must be a SQL condition: ");
    write("a.jsonl", "{\"request\": \"r\", \"where\": \"rand() < 0.5\"}");
    assertThat(read().setAside().get(0).reason()).startsWith("where must be a SQL condition: ");
  }

  /** Else a request would be called forgotten of which a part was never looked at. */
  @Test
  void aRequestWithOneWrongLineIsSetAsideAsAWhole() throws IOException {
    write(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": \"x\"}",
        "{\"request\": \"r1\", \"document\": null}",
        "{\"request\": \"r2\", \"document\": \"x\", \"due\": \"2026-03-02\"}",
        "{\"request\": \"r2\", \"document\": \"y\", \"due\": \"2026-03-03\"}");
    RequestFolder.Content content = read();
    assertThat(content.requests()).isEmpty();
    assertThat(content.setAside())
        .extracting(SetAside::request, SetAside::line, SetAside::reason)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                "r1",
                1L,
                "line 2 of this request: it must have one of document, url, sha256, where and domain"),
            org.assertj.core.groups.Tuple.tuple(
                "r1",
                2L,
                "line 2 of this request: it must have one of document, url, sha256, where and domain"),
            org.assertj.core.groups.Tuple.tuple("r2", 3L, "lines of this request differ in due"),
            org.assertj.core.groups.Tuple.tuple("r2", 4L, "lines of this request differ in due"));
  }

  @Test
  void packedFilesAreReadAndUnreadableOnesSetAside() throws IOException {
    Path requests = Files.createDirectories(folder.resolve("requests"));
    try (GZIPOutputStream out =
        new GZIPOutputStream(Files.newOutputStream(requests.resolve("a.jsonl.gz")))) {
      out.write("{\"request\": \"r1\", \"document\": \"x\"}\n".getBytes(UTF_8));
    }
    byte[] packed = Files.readAllBytes(requests.resolve("a.jsonl.gz"));
    Files.write(requests.resolve("b.jsonl.gz"), java.util.Arrays.copyOf(packed, 20));
    Files.write(requests.resolve("c.jsonl"), new byte[] {(byte) 0xff, 'x', '\n'});
    Files.writeString(requests.resolve(".d.jsonl"), "half a li");
    Files.writeString(requests.resolve("_e.jsonl"), "half a li");
    RequestFolder.Content content = read();
    assertThat(content.requests()).extracting(DeletionRequest::request).containsExactly("r1");
    assertThat(content.setAside())
        .extracting(SetAside::file)
        .containsExactly("b.jsonl.gz", "c.jsonl");
    assertThat(content.setAside().get(0).reason()).startsWith("the file cannot be read: ");
    assertThat(content.setAside().get(1).reason()).isEqualTo("it is not UTF-8");
    assertThat(new RequestFolder(path("nowhere"), new Configuration()).read().requests()).isEmpty();
  }

  @Test
  void eachRequestIsReceivedOnceThoughItsFileStays() throws IOException {
    write(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": \"x\", \"received\": \"2026-02-20\"}",
        "{\"request\": \"r2\", \"document\": \"y\", \"due\": \"2026-03-02\"}",
        "nonsense");
    assertThat(receive(EVENING))
        .extracting(Draft::kind)
        .containsExactly(EntryKind.RECEIVED, EntryKind.RECEIVED, EntryKind.SET_ASIDE);
    assertThat(receive(EVENING.plusSeconds(86_400))).isEmpty();
    assertThat(RequestBook.of(ledger).open())
        .extracting(RequestState::request)
        .containsExactly("r2", "r1");
    assertThat(state("r1").received()).isEqualTo(Instant.parse("2026-02-20T00:00:00Z"));
    assertThat(state("r1").due())
        .as("30 days later")
        .isEqualTo(Instant.parse("2026-03-22T00:00:00Z"));
    assertThat(state("r2").due())
        .as("when the day is over")
        .isEqualTo(Instant.parse("2026-03-03T00:00:00Z"));
    assertThat(state("r2").overdue(EVENING)).isFalse();
    assertThat(state("r2").overdue(Instant.parse("2026-03-03T00:00:01Z"))).isTrue();
  }

  @Test
  void anotherRequestWithTheSameIdIsSetAside() throws IOException {
    write("a.jsonl", "{\"request\": \"r1\", \"document\": \"x\"}");
    receive(EVENING);
    write("b.jsonl", "{\"request\": \"r1\", \"document\": \"y\"}");
    assertThat(receive(EVENING)).extracting(Draft::kind).containsExactly(EntryKind.SET_ASIDE);
    assertThat(receive(EVENING)).isEmpty();
    assertThat(state("r1").content().wishes())
        .containsExactly(new Wish(NamedBy.DOCUMENT, "x", null));
    assertThat(RequestBook.of(ledger).setAside().get(0).reason())
        .startsWith("a request with this id was received before and says something else");
  }

  @Test
  void anOpenRequestCanBeSupersededAndAForgottenOneCannot() throws IOException {
    write(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": \"x\"}",
        "{\"request\": \"r2\", \"document\": \"y\"}");
    receive(EVENING);
    forget("r2", 0, "y");
    write(
        "b.jsonl",
        "{\"request\": \"r3\", \"document\": \"z\", \"supersedes\": \"r1\"}",
        "{\"request\": \"r4\", \"document\": \"z\", \"supersedes\": \"r2\"}",
        "{\"request\": \"r5\", \"document\": \"u\", \"supersedes\": \"r6\"}",
        "{\"request\": \"r6\", \"document\": \"v\"}");
    receive(EVENING);
    assertThat(state("r1").status()).isEqualTo(RequestStatus.SUPERSEDED);
    assertThat(state("r1").reason()).isEqualTo("r3");
    assertThat(state("r2").status()).isEqualTo(RequestStatus.FORGOTTEN);
    assertThat(state("r6").status()).as("in the same file").isEqualTo(RequestStatus.SUPERSEDED);
    assertThat(RequestBook.of(ledger).open())
        .extracting(RequestState::request)
        .containsExactly("r3", "r4", "r5");
  }

  /**
   * A night planned before goes on, and forgets a part of what another request came in place of.
   */
  @Test
  void aSupersededRequestStaysSoWhenANightForgetsAPartOfIt() throws IOException {
    write("a.jsonl", "{\"request\": \"r1\", \"where\": \"true\"}");
    receive(EVENING);
    write("b.jsonl", "{\"request\": \"r2\", \"document\": \"z\", \"supersedes\": \"r1\"}");
    receive(EVENING);
    forget("r1", 5, "x");
    assertThat(state("r1").status()).isEqualTo(RequestStatus.SUPERSEDED);
    assertThat(state("r1").left()).contains(5L);
    assertThat(RequestBook.of(ledger).open())
        .extracting(RequestState::request)
        .containsExactly("r2");
  }

  private void forget(String request, long left, String document) {
    ledger.append(
        List.of(
            Draft.open(EntryKind.FORGOTTEN, request, "2026-03-01", Map.of(RequestBook.LEFT, left))
                .with(
                    Map.of(
                        RequestBook.DOCUMENTS,
                        List.of(new ForgottenName("a", document, null, "ab".repeat(32)))))),
        EVENING);
  }

  @Test
  void whatIsForgottenIsAnsweredFromTheLedgerWhereTheNameLeavesNoDoubt() throws IOException {
    write(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": \"x\", \"domain\": \"a\"}",
        "{\"request\": \"r1\", \"document\": \"y\", \"domain\": \"a\"}");
    receive(EVENING);
    forget("r1", 1, "x");
    assertThat(state("r1").open()).as("one document is left").isTrue();
    assertThat(state("r1").left()).contains(1L);
    forget("r1", 0, "y");
    assertThat(state("r1").status()).isEqualTo(RequestStatus.FORGOTTEN);
    RequestBook book = RequestBook.of(ledger);
    ForgottenName x = new ForgottenName("a", "x", null, "ab".repeat(32));
    assertThat(book.isForgotten(x)).isTrue();
    assertThat(book.isForgotten(new ForgottenName("b", "x", null, x.sha256()))).isFalse();
    assertThat(book.isForgotten(new ForgottenName("a", "x", null, "cd".repeat(32))))
        .as("the id has another text now")
        .isFalse();
    assertThat(book.forgotten(new Wish(NamedBy.DOCUMENT, "x", "a"))).containsExactly(x);
    assertThat(book.answer(request("r2", new Wish(NamedBy.DOCUMENT, "x", "a"))))
        .as("an id may have another text by now")
        .isEmpty();
    assertThat(book.answer(request("r2", new Wish(NamedBy.SHA256, "ab".repeat(32), null))))
        .hasValueSatisfying(found -> assertThat(found).hasSize(2));
    assertThat(book.answer(request("r2", new Wish(NamedBy.DOCUMENT, "x", null))))
        .as("another domain may have the id, too")
        .isEmpty();
    assertThat(book.answer(request("r2", new Wish(NamedBy.DOMAIN, "a", null)))).isEmpty();
    assertThat(book.answer(request("r2", new Wish(NamedBy.DOCUMENT, "z", "a")))).isEmpty();
  }
}
