package lethe.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import lethe.LocalSpark;
import lethe.corpus.CorpusSettings;
import lethe.request.DeletionRequest;
import lethe.request.ForgottenName;
import lethe.request.NamedBy;
import lethe.request.RequestState;
import lethe.request.RequestStatus;
import lethe.request.Wish;
import lethe.settings.Settings;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What requests name, in two sources whose ids overlap. */
class SourceLookupTest {
  @TempDir Path folder;
  private SourceLookup lookup;

  @BeforeEach
  void twoSources() throws IOException {
    List<String> a = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      a.add(
          "{\"id\": \"%d\", \"text\": \"text %1$d of a\", \"url\": \"https://a/%1$d\", \"meta\": {\"author\": \"%s\"}}"
              .formatted(i, i < 3 ? "w" : "v"));
    }
    a.add("{\"id\": \"broken\"}");
    a.add("{\"id\": \"7\", \"text\": \"text 7 of a\", \"url\": \"https://a/7\"}"); // a row twice
    Files.write(folder.resolve("a.jsonl"), a);
    Files.write(
        folder.resolve("b.jsonl"),
        List.of(
            "{\"id\": \"0\", \"text\": \"text 0 of b\"}",
            "{\"id\": \"50\", \"text\": \"text 0 of a\"}"));
    lookup = lookup(folder.toString());
  }

  /**
   * @param place of the two files
   */
  private SourceLookup lookup(String place) throws IOException {
    Path conf =
        Files.writeString(
            folder.resolve("a.conf"),
            """
            corpus {
              sources = [{ path = "%1$s/a.jsonl", domain = a }, { path = "%1$s/b.jsonl", domain = b }]
              splits.forget.where = "true"
            }
            """
                .formatted(place));
    CorpusSettings settings = CorpusSettings.read(Settings.load(conf, List.of()).root());
    return new SourceLookup(LocalSpark.SESSION, settings.sources(), 0.5);
  }

  private static RequestState asks(String request, Wish... wishes) {
    return new RequestState(
        new DeletionRequest(request, Arrays.asList(wishes), null, null, null, null),
        Instant.EPOCH,
        Instant.EPOCH,
        RequestStatus.OPEN,
        Optional.empty(),
        null,
        null);
  }

  private static Wish wish(NamedBy by, String key) {
    return new Wish(by, key, null);
  }

  private static List<String> names(SourceLookup.Found found, String request) {
    return found.documents().get(request).stream()
        .map(d -> d.domain() + "/" + d.document())
        .toList();
  }

  @Test
  void everyWayToNameDocumentsFindsThem() {
    String hash = DigestUtils.sha256Hex("text 0 of a");
    SourceLookup.Found found =
        lookup.find(
            List.of(
                asks("id", wish(NamedBy.DOCUMENT, "0")),
                asks("narrow", new Wish(NamedBy.DOCUMENT, "0", "b")),
                asks("url", wish(NamedBy.URL, "https://a/3")),
                asks("hash", wish(NamedBy.SHA256, hash)),
                asks("narrow-hash", new Wish(NamedBy.SHA256, hash, "b")),
                asks("where", wish(NamedBy.WHERE, "meta.author = 'w'")),
                asks("narrow-where", new Wish(NamedBy.WHERE, "length(text) > 1", "b")),
                asks("domain", wish(NamedBy.DOMAIN, "b")),
                asks("two", wish(NamedBy.DOCUMENT, "7"), wish(NamedBy.DOCUMENT, "no-such")),
                asks("unusable", wish(NamedBy.DOCUMENT, "broken"))),
            List.of());
    assertThat(names(found, "id")).containsExactly("a/0", "b/0");
    assertThat(names(found, "narrow")).containsExactly("b/0");
    assertThat(names(found, "url")).containsExactly("a/3");
    assertThat(names(found, "hash")).containsExactly("a/0", "b/50");
    assertThat(names(found, "narrow-hash")).containsExactly("b/50");
    assertThat(names(found, "where")).containsExactly("a/0", "a/1", "a/2");
    assertThat(names(found, "narrow-where")).containsExactly("b/0", "b/50");
    assertThat(names(found, "domain")).containsExactly("b/0", "b/50");
    assertThat(names(found, "two")).containsExactly("a/7");
    assertThat(found.unknown().get("two")).containsExactly(wish(NamedBy.DOCUMENT, "no-such"));
    assertThat(names(found, "unusable")).isEmpty();
    assertThat(found.refused()).isEmpty();
    assertThat(found.documents().get("url"))
        .containsExactly(
            new ForgottenName("a", "3", "https://a/3", DigestUtils.sha256Hex("text 3 of a")));
  }

  @Test
  void moreThanTheShareIsRefusedAndCountedOncePerDocument() {
    SourceLookup.Found found =
        lookup.find(
            List.of(
                asks("all", wish(NamedBy.WHERE, "true")),
                asks("most", wish(NamedBy.DOMAIN, "a")),
                asks(
                    "half",
                    wish(NamedBy.WHERE, "domain = 'a' AND CAST(id AS INT) < 5"),
                    wish(NamedBy.WHERE, "meta.author = 'w'"))),
            List.of());
    assertThat(found.refused().get("all"))
        .startsWith(
            "it names 10 of the 10 documents in the sources, more than the share that nightly.most-share = 0.5 allows");
    assertThat(found.refused().get("most")).startsWith("it names 8 of the 10 documents");
    assertThat(names(found, "half")).as("five, of which three are named twice").hasSize(5);
  }

  @Test
  void aConditionThatCannotBeAskedRefusesItsRequestAlone() {
    SourceLookup.Found found =
        lookup.find(
            List.of(
                asks("wrong", wish(NamedBy.WHERE, "length(id, domain) > 3")),
                asks("fails", wish(NamedBy.WHERE, "assert_true(id <> '3') IS NULL")),
                asks("right", wish(NamedBy.DOCUMENT, "4"))),
            List.of());
    assertThat(found.refused().get("wrong"))
        .startsWith("where must be a condition on a document, was ");
    assertThat(found.refused().get("fails"))
        .startsWith("where \"assert_true(id <> '3') IS NULL\" fails on a document: ");
    assertThat(names(found, "right")).containsExactly("a/4");
  }

  /** No split takes them, so no run could forget them. */
  @Test
  void severalTextsUnderOneIdAreNoDocument() throws IOException {
    Path b = folder.resolve("b.jsonl");
    Files.writeString(b, Files.readString(b) + "{\"id\": \"50\", \"text\": \"another\"}\n");
    SourceLookup.Found found =
        lookup.find(List.of(asks("id", wish(NamedBy.DOCUMENT, "50"))), List.of());
    assertThat(names(found, "id")).isEmpty();
    assertThat(found.unknown().get("id")).containsExactly(wish(NamedBy.DOCUMENT, "50"));
  }

  @Test
  void aConditionIsMetByADocumentIfAnyOfItsRowsMeetsIt() throws IOException {
    Path a = folder.resolve("a.jsonl");
    String rows = Files.readString(a);
    String other = "{\"id\": \"7\", \"text\": \"text 7 of a\", \"meta\": {\"author\": \"z\"}}\n";
    for (String content : List.of(rows + other, other + rows)) {
      Files.writeString(a, content);
      SourceLookup.Found found =
          lookup.find(List.of(asks("z", wish(NamedBy.WHERE, "meta.author = 'z'"))), List.of());
      assertThat(names(found, "z")).containsExactly("a/7");
    }
  }

  @Test
  void sourcesThatCannotBeReadAreNoRequestsFault() throws IOException {
    byte[] damaged = new byte[4000];
    Arrays.fill(damaged, (byte) '{');
    damaged[0] = (byte) 0x1f; // a packed file that ends early
    damaged[1] = (byte) 0x8b;
    damaged[2] = 8;
    Files.write(folder.resolve("b.jsonl"), damaged);
    assertThatThrownBy(
            () ->
                lookup.find(
                    List.of(asks("right", wish(NamedBy.WHERE, "length(text) > 1"))), List.of()))
        .isInstanceOf(Exception.class);
  }

  /** Whichever read fails, also one while a condition is tried alone. */
  @Test
  void storageThatFailsOnceRefusesNoRequest() throws IOException {
    LocalSpark.SESSION
        .sparkContext()
        .hadoopConfiguration()
        .set("fs.flaky.impl", FlakyReads.class.getName());
    SourceLookup flaky = lookup("flaky:" + folder);
    List<RequestState> requests =
        List.of(
            asks("before", wish(NamedBy.WHERE, "meta.author = 'w'")),
            asks("fails", wish(NamedBy.WHERE, "assert_true(id <> '3', 'three') IS NULL")),
            asks("after", wish(NamedBy.WHERE, "CAST(id AS INT) = 5")));
    FlakyReads.plan(0);
    SourceLookup.Found undisturbed = flaky.find(requests, List.of());
    int reads = FlakyReads.opened();
    assertThat(undisturbed.refused().keySet()).containsExactly("fails");
    int ended = 0;
    for (int nth = 1; nth <= reads; nth++) {
      FlakyReads.plan(nth);
      try {
        assertThat(flaky.find(requests, List.of())).as("read %d", nth).isEqualTo(undisturbed);
      } catch (Exception e) { // Spark's are checked but not declared
        assertThat(e).as("read %d", nth).hasStackTraceContaining("503 Slow Down");
        ended++;
      }
    }
    assertThat(ended).as("looks of %d that have ended", reads).isPositive();
    FlakyReads.plan(0);
  }

  @Test
  void forgottenDocumentsAreLookedForInTheSources() {
    ForgottenName there = new ForgottenName("a", "1", null, null);
    ForgottenName changed = new ForgottenName("a", "2", null, DigestUtils.sha256Hex("text 2 once"));
    ForgottenName unchanged =
        new ForgottenName("a", "3", null, DigestUtils.sha256Hex("text 3 of a"));
    ForgottenName gone = new ForgottenName("a", "100", null, null);
    ForgottenName elsewhere = new ForgottenName("b", "1", null, null);
    assertThat(
            lookup
                .find(
                    List.of(asks("r", wish(NamedBy.DOCUMENT, "4"))),
                    List.of(elsewhere, there, changed, unchanged, gone))
                .there())
        .containsExactly(there, unchanged);
  }
}
