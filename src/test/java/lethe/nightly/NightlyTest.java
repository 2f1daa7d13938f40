package lethe.nightly;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import lethe.corpus.NothingToForget;
import lethe.folder.Faults;
import lethe.folder.FaultyFileSystem;
import lethe.folder.Lease;
import lethe.folder.LeaseLostException;
import lethe.folder.RunFolder;
import lethe.ledger.Entry;
import lethe.ledger.EntryKind;
import lethe.ledger.LedgerLine;
import lethe.request.ForgottenName;
import lethe.request.RequestState;
import lethe.request.RequestStatus;
import lethe.request.SetAside;
import lethe.settings.InvalidSettings;
import lethe.settings.NotReady;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order of a night's steps, with a stand-in for the run. */
class NightlyTest {
  private static final String SCHEME = System.getProperty("lethe.nights.scheme", "crash-disk");

  private static final String MOMENTS = System.getProperty("lethe.nights.kills", "6");

  @TempDir Path folder;
  private SmallNights nights;
  private QuickStages stages;

  @BeforeEach
  void emptyNights() throws IOException {
    SmallNights small = SmallNights.in(folder, SCHEME);
    stages = QuickStages.over(folder.resolve("data/paper.jsonl"));
    nights = small.with(stages);
  }

  @AfterEach
  void noFaults() {
    Faults.none();
  }

  @Test
  void aNightForgetsWhatIsDueFirstAndMovesThePointer() throws IOException {
    nights.ask(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": \"paper-forget-01\", \"due\": \"2026-04-01\"}",
        "{\"request\": \"r2\", \"document\": \"paper-forget-02\", \"due\": \"2026-03-05\"}",
        "{\"request\": \"r3\", \"where\": \"id LIKE 'paper-forget-1%'\", \"due\": \"2026-03-09\"}");
    assertThat(nights.night("2026-03-01")).isEmpty();
    assertThat(planned("2026-03-01"))
        .containsExactly("paper-forget-02", "paper-forget-10", "paper-forget-11");
    assertThat(state("r1").status()).as("the night is full").isEqualTo(RequestStatus.OPEN);
    assertThat(state("r2").night()).isEqualTo("2026-03-01");
    InService pointer = InService.read(nights.nights()).orElseThrow();
    assertThat(pointer.night()).isEqualTo("2026-03-01");
    assertThat(pointer.model()).endsWith("/nights/nights/2026-03-01/model");
    String first = nights.weights();
    assertThat(nights.night("2026-03-02")).isEmpty();
    assertThat(planned("2026-03-02")).containsExactly("paper-forget-01");
    assertThat(start("2026-03-02")).isEqualTo(pointer.model());
    assertThat(Files.readString(folder.resolve("nights/nights/2026-03-02/earlier.jsonl")).lines())
        .hasSize(3);
    assertThat(nights.weights()).isNotEqualTo(first);
    assertThat(nights.book().open()).isEmpty();
    assertThat(Files.readString(folder.resolve("nights/drift.html")))
        .contains("<svg ", "2026-03-01", "+0.100", "+0.200", "in service");
  }

  @Test
  void requestsInATableAreTakenBesideThoseInFiles() throws IOException {
    Path table = folder.resolve("requests-table");
    String pair = "nightly.requests-table=\"" + table + "\"";
    Files.writeString(
        table,
        """
        {"request": "t1", "document": "paper-forget-03"}
        {"request": "t2"}
        """);
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    assertThat(nights.nightly("2026-03-01T01:17:00Z", pair).idle()).isFalse();
    assertThat(nights.night("2026-03-01", pair)).isEmpty();
    assertThat(planned("2026-03-01")).containsExactly("paper-forget-01", "paper-forget-03");
    assertThat(nights.said())
        .contains(
            "nightly: received 2 requests", "nightly: set aside " + table + "; ledger says why");
    assertThat(nights.book().setAside())
        .singleElement()
        .extracting(SetAside::request, SetAside::text)
        .containsExactly("t2", "{\"request\": \"t2\"}");
    // Nothing new is in the table, so nothing is recorded again.
    int entries = nights.ledger().size();
    assertThat(nights.night("2026-03-02", pair)).isEmpty();
    assertThat(nights.ledger()).hasSize(entries);
    assertThat(nights.said()).singleElement().asString().contains("nothing to do");
  }

  /** Terms that stay near the first model would teach again what was forgotten since. */
  @Test
  void fromTheSecondNightOnTermsCompareWithTheModelInService() throws IOException {
    List<String> references = new ArrayList<>();
    NightStages listens =
        new NightStages() {
          @Override
          public lethe.request.RequestFolder.Content requests(String table) {
            return stages.requests(table);
          }

          @Override
          public SourceLookup.Found find(
              List<RequestState> requests, List<lethe.request.ForgottenName> forgotten) {
            return stages.find(requests, forgotten);
          }

          @Override
          public Optional<String> run(lethe.run.RunConfig night) {
            references.add(
                night.unlearn().reference() + " " + night.unlearn().initialWeights().isPresent());
            assertThat(night.model()).isEqualTo(folder + "/model");
            assertThat(night.report().requiresUnseenText()).isEqualTo(references.size() > 1);
            return stages.run(night);
          }
        };
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"where\": \"id LIKE 'paper-forget-0%'\"}");
    nights.with(listens).night("2026-03-01");
    nights.with(listens).night("2026-03-02");
    assertThat(references).containsExactly("ORIGINAL false", "START true");
  }

  @Test
  void aLargeRequestTakesSeveralNightsAndSaysWhatIsLeft() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"where\": \"id LIKE 'paper-forget-0%'\"}");
    nights.night("2026-03-01");
    assertThat(state("r1").left()).contains(7L);
    nights.night("2026-03-02");
    nights.night("2026-03-03");
    assertThat(state("r1").left()).contains(1L);
    assertThat(state("r1").open()).isTrue();
    nights.night("2026-03-04");
    assertThat(state("r1").status()).isEqualTo(RequestStatus.FORGOTTEN);
    assertThat(state("r1").night()).isEqualTo("2026-03-04");
  }

  /** Nobody asks Spark, which a stand-in that throws would show. */
  @Test
  void nothingToDoIsSaidWithoutALook() throws IOException {
    SmallNights blind = nights.with(new Blind());
    assertThat(blind.nightly("2026-03-01T01:00:00Z").idle()).isTrue();
    assertThat(folder.resolve("nights/ledger.jsonl")).as("nothing is written").doesNotExist();
    assertThat(blind.night("2026-03-01")).isEmpty();
    assertThat(blind.said())
        .containsExactly(
            "nightly: nothing to do: no request is open in %s:%s/nights".formatted(SCHEME, folder));
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}", "nonsense");
    assertThat(nights.nightly("2026-03-01T01:00:00Z").idle()).isFalse();
    nights.night("2026-03-01");
    assertThat(nights.nightly("2026-03-02T01:00:00Z").idle()).isTrue();
    assertThat(blind.night("2026-03-02")).isEmpty();
  }

  /** Can neither look nor run. */
  private record Blind() implements NightStages {
    @Override
    public SourceLookup.Found find(
        List<RequestState> requests, List<lethe.request.ForgottenName> forgotten) {
      throw new AssertionError("asked for " + requests);
    }

    @Override
    public lethe.request.RequestFolder.Content requests(String table) {
      throw new AssertionError("asked for " + table);
    }

    @Override
    public Optional<String> run(lethe.run.RunConfig night) {
      throw new AssertionError("ran " + night.runDir());
    }
  }

  @Test
  void aModelThatDoesNotPassItsGatesIsNotServedAndItsRequestsStayOpen() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-01");
    String served = nights.weights();
    nights.ask("b.jsonl", "{\"request\": \"r2\", \"document\": \"paper-forget-02\"}");
    stages.unmet().put("2026-03-02", "report.limits.damage is 0.3, the loss on retain rose by 0.4");
    assertThat(nights.night("2026-03-02"))
        .contains(
            "The night of 2026-03-02 changes nothing: report.limits.damage is 0.3, the loss on retain rose by 0.4");
    assertThat(nights.weights()).isEqualTo(served);
    assertThat(state("r2").open()).isTrue();
    assertThat(Files.readString(folder.resolve("nights/drift.html")))
        .contains("not served: report.limits.damage is 0.3");
    assertThat(nights.night("2026-03-02")).as("once per date").isPresent();
    assertThat(stages.runs()).containsEntry("2026-03-02", 1);
    assertThat(nights.night("2026-03-03")).isEmpty();
    assertThat(start("2026-03-03")).as("the model in service").contains("2026-03-01");
    assertThat(state("r2").night()).isEqualTo("2026-03-03");
  }

  @Test
  void aDateHasOneNightUnlessAnotherIsAskedFor() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"where\": \"id LIKE 'paper-forget-0%'\"}");
    nights.night("2026-03-01");
    assertThat(nights.night("2026-03-01")).isEmpty();
    assertThat(nights.said())
        .containsExactly(
            "nightly: the night of 2026-03-01 is over, and 1 requests are open; the next night takes them (nightly.again=true: one more night on this date)");
    assertThat(state("r1").left()).contains(7L);
    nights.night("2026-03-01", "nightly.again=true");
    assertThat(state("r1").left()).contains(4L);
    assertThat(state("r1").night()).isEqualTo("2026-03-01-2");
  }

  @Test
  void whatWasForgottenLongAgoIsAnsweredFromTheLedger() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-01");
    String text = text("paper-forget-01");
    FileUtils.write(folder.resolve("data/paper.jsonl").toFile(), "", UTF_8); // the text is gone
    nights.ask(
        "b.jsonl",
        "{\"request\": \"r2\", \"sha256\": \"%s\"}".formatted(DigestUtils.sha256Hex(text)));
    assertThat(nights.with(new Blind()).night("2026-03-02")).isEmpty();
    assertThat(nights.said())
        .contains(
            "nightly: request r2: everything that it names was forgotten before; see the ledger");
    assertThat(state("r2").status()).isEqualTo(RequestStatus.FORGOTTEN);
    nights.ask("c.jsonl", "{\"request\": \"r3\", \"document\": \"paper-forget-01\"}");
    assertThat(nights.night("2026-03-03")).isEmpty();
    assertThat(state("r3").status())
        .as("by its id, after a look")
        .isEqualTo(RequestStatus.FORGOTTEN);
    assertThat(stages.runs()).hasSize(1);
  }

  /** An id is no text: what is under it now is still known. */
  @Test
  void aDocumentWhoseTextChangedIsForgottenAgain() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-01");
    String before = text("paper-forget-01");
    Path paper = folder.resolve("data/paper.jsonl");
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(paper)) {
      ObjectNode json = (ObjectNode) new ObjectMapper().readTree(line);
      if (json.path("id").asText().equals("paper-forget-01")) {
        json.put("text", "Another text altogether.");
      }
      lines.add(json.toString());
    }
    Files.write(paper, lines);
    assertThat(text("paper-forget-01")).isEqualTo("Another text altogether.");
    nights.ask(
        "b.jsonl",
        "{\"request\": \"r2\", \"document\": \"paper-forget-01\", \"domain\": \"paper\"}");
    nights.night("2026-03-02");
    assertThat(state("r2").night()).as("a night of its own").isEqualTo("2026-03-02");
    assertThat(folder.resolve("nights/nights/2026-03-02/earlier.jsonl"))
        .as("the text of the first night is not there any more")
        .doesNotExist();
    assertThat(nights.book().forgotten())
        .extracting(ForgottenName::sha256)
        .containsExactly(
            DigestUtils.sha256Hex(before), DigestUtils.sha256Hex("Another text altogether."));
  }

  @Test
  void whatCouldNotBeTrainedOnIsNotCalledForgotten() throws IOException {
    stages.shorts().add("paper-forget-01");
    nights.ask(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}",
        "{\"request\": \"r1\", \"document\": \"paper-forget-02\"}");
    assertThat(nights.night("2026-03-01")).isEmpty();
    assertThat(nights.said())
        .contains(
            "nightly: 1 documents of request r1 could not be trained on and stay known; ledger --request r1 shows it");
    assertThat(last(EntryKind.FORGOTTEN).detail().path("not_trained").asInt()).isEqualTo(1);
    assertThat(nights.book().forgotten())
        .extracting(ForgottenName::document)
        .containsExactly("paper-forget-02");
    assertThat(state("r1").open()).isTrue();
    assertThat(state("r1").left()).contains(1L);
    // What is left of it is not tried again, and nothing says that it is done.
    nights.ask("b.jsonl", "{\"request\": \"r2\", \"document\": \"paper-forget-01\"}");
    assertThat(nights.night("2026-03-02")).isEmpty();
    for (String id : List.of("r1", "r2")) {
      assertThat(state(id).status()).isEqualTo(RequestStatus.REFUSED);
      assertThat(state(id).reason())
          .startsWith("what is left of it cannot be trained on")
          .endsWith(": [paper/paper-forget-01]");
    }
    assertThat(nights.said())
        .as("a log names no document")
        .noneMatch(line -> line.contains("paper-forget"));
    assertThat(stages.runs()).hasSize(1);
  }

  @Test
  void theFileOfEarlierDocumentsIsMadeAgainIfItIsDamaged() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.ask("a2.jsonl", "{\"request\": \"r2\", \"document\": \"paper-forget-02\"}");
    nights.night("2026-03-01");
    Path paper = folder.resolve("data/paper.jsonl");
    List<String> lines = Files.readAllLines(paper);
    Files.write(paper, lines.stream().filter(l -> !l.contains("paper-forget-02\"")).toList());
    nights.ask("b.jsonl", "{\"request\": \"r3\", \"document\": \"paper-forget-03\"}");
    assertThatThrownBy(() -> nights.with(full()).night("2026-03-02")).isInstanceOf(NotReady.class);
    Path earlier = folder.resolve("nights/nights/2026-03-02/earlier.jsonl");
    String planned = Files.readString(earlier);
    assertThat(planned).contains("paper-forget-01").doesNotContain("paper-forget-02");
    Files.writeString(earlier, "{}");
    assertThat(nights.night("2026-03-02")).isEmpty();
    assertThat(Files.readString(earlier)).isEqualTo(planned);
    assertThat(nights.said())
        .anySatisfy(
            line -> assertThat(line).endsWith("was not as it was planned, and is made again"));
    assertThat(state("r3").night()).isEqualTo("2026-03-02");
  }

  @Test
  void aRequestThatSupersedesNothingIsReceivedWithAWord() throws IOException {
    nights.ask(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": \"paper-forget-01\", \"supersedes\": \"r0\"}");
    nights.night("2026-03-01");
    assertThat(nights.said())
        .contains(
            "nightly: request r1 is to supersede one that is not open, or unknown; both stay as they are");
    assertThat(state("r1").status()).isEqualTo(RequestStatus.FORGOTTEN);
  }

  private String text(String id) throws IOException {
    for (String line : Files.readAllLines(folder.resolve("data/paper.jsonl"))) {
      JsonNode json = new ObjectMapper().readTree(line);
      if (json.path("id").asText().equals(id)) {
        return json.path("text").asText();
      }
    }
    throw new IllegalArgumentException(id);
  }

  @Test
  void whatNeverExistedAndEverythingAreRefusedAndTheOthersAreDone() throws IOException {
    nights.ask(
        "a.jsonl",
        "{\"request\": \"r1\", \"document\": \"no-such\"}",
        "{\"request\": \"r2\", \"domain\": \"paper\"}",
        "{\"request\": \"r3\", \"document\": \"paper-forget-03\"}",
        "{\"request\": \"r3\", \"document\": \"no-such-either\"}");
    assertThat(nights.night("2026-03-01")).isEmpty();
    assertThat(state("r1").status()).isEqualTo(RequestStatus.REFUSED);
    assertThat(state("r1").reason())
        .isEqualTo("no usable document of the sources has what it names: [document no-such]");
    assertThat(state("r2").reason()).isEqualTo("it names everything");
    assertThat(state("r3").status()).isEqualTo(RequestStatus.FORGOTTEN);
    Entry forgotten = last(EntryKind.FORGOTTEN);
    assertThat(forgotten.detail().path("unknown").asInt()).isEqualTo(1);
    assertThat(forgotten.detail().toString()).doesNotContain("paper-forget-03");
  }

  @Test
  void documentsThatAreGoneFromTheSourcesAreNotTestedAgain() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-01");
    Path paper = folder.resolve("data/paper.jsonl");
    List<String> lines = Files.readAllLines(paper);
    Files.write(paper, lines.stream().filter(l -> !l.contains("paper-forget-01")).toList());
    nights.ask("b.jsonl", "{\"request\": \"r2\", \"document\": \"paper-forget-02\"}");
    nights.night("2026-03-02");
    assertThat(nights.said())
        .contains(
            "nightly: 1 documents that were forgotten before are no longer in the sources as they were and cannot be tested again");
    assertThat(last(EntryKind.PLANNED).detail().path("gone").asInt()).isEqualTo(1);
    assertThat(folder.resolve("nights/nights/2026-03-02/earlier.jsonl")).doesNotExist();
  }

  @Test
  void aClockThatGoesBackIsRefused() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-02");
    nights.ask("b.jsonl", "{\"request\": \"r2\", \"document\": \"paper-forget-02\"}");
    assertThatThrownBy(() -> nights.night("2026-03-01"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "The clock of this host says 2026-03-01T01:17:00Z, and the last entry of crash-disk:%s/nights/ledger.jsonl is of 2026-03-02T01:17:00Z: "
                .formatted(folder));
    assertThatThrownBy(() -> nights.nightly("2026-03-01T01:17:00Z").idle())
        .as("before Spark is started, too")
        .isInstanceOf(InvalidSettings.class);
    assertThat(nights.book().request("r2")).isEmpty();
  }

  @Test
  void aPointerToAModelThatIsGoneIsNamed() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-01");
    Path model = folder.resolve("nights/nights/2026-03-01/model");
    Files.move(model, folder.resolve("elsewhere"));
    assertThat(nights.nightly("2026-03-02T01:00:00Z").idle()).isFalse();
    assertThatThrownBy(() -> nights.night("2026-03-02"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            "crash-disk:%1$s/nights/in-service.json names the model of night 2026-03-01, and crash-disk:%1$s/nights/nights/2026-03-01/model is gone: there is no config.json in it; restore the folder from a copy, since without it everything that was ever requested would have to be forgotten again"
                .formatted(folder));
    FileUtils.copyDirectory(folder.resolve("elsewhere").toFile(), model.toFile());
    Files.writeString(folder.resolve("nights/in-service.json"), "{\"night\": 3");
    assertThatThrownBy(() -> nights.night("2026-03-02"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("in-service.json: it is not JSON")
        .hasMessageEndingWith("; restore it from a copy");
  }

  @Test
  void aModelThatWasExchangedAndALedgerThatWasCutAreNamed() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-01");
    byte[] ledger = Files.readAllBytes(folder.resolve("nights/ledger.jsonl"));
    nights.ask("b.jsonl", "{\"request\": \"r2\", \"document\": \"paper-forget-02\"}");
    Files.write(
        folder.resolve("nights/ledger.jsonl"),
        new String(ledger, UTF_8).lines().findFirst().orElseThrow().concat("\n").getBytes(UTF_8));
    assertThatThrownBy(() -> nights.night("2026-03-02"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("was written when the ledger had entry 2 with the hash ")
        .hasMessageEndingWith("(its last is 2): restore the ledger from a copy");
    Files.write(folder.resolve("nights/ledger.jsonl"), ledger);
    Path weights = folder.resolve("nights/nights/2026-03-01/model/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    assertThatThrownBy(() -> nights.night("2026-03-02")).isInstanceOf(InvalidSettings.class);
    assertThat(state("r2").open()).isTrue();
  }

  @Test
  void aLedgerEditedByHandIsRefusedByEntry() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-01");
    Path ledger = folder.resolve("nights/ledger.jsonl");
    Files.writeString(
        ledger, Files.readString(ledger).replaceFirst("\"due\":\"2026", "\"due\":\"2027"));
    assertThatThrownBy(() -> nights.night("2026-03-02"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("ledger.jsonl is broken at entry 1: its hash is ");
  }

  @Test
  void twoAtOnceAreRefused() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    Lease other =
        new Lease(
            RunFolder.of(folder.resolve("nights").toString(), new Configuration()),
            new Lease.Listener() {
              @Override
              public void notice(String sentence) {
                // nothing is wrong
              }

              @Override
              public void lost(LeaseLostException why) {
                throw new AssertionError(why);
              }
            });
    other.take();
    try (other) {
      assertThatThrownBy(() -> nights.night("2026-03-01"))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining(folder + "/nights is in use by process ");
      assertThat(folder.resolve("nights/ledger.jsonl")).doesNotExist();
    }
    assertThat(nights.night("2026-03-01")).isEmpty();
  }

  @Test
  void anOldNightWithoutAnOutcomeIsEndedBeforeTonights() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    assertThatThrownBy(() -> nights.with(new Dies(stages)).night("2026-03-01"))
        .hasMessage("the process dies");
    nights.ask("b.jsonl", "{\"request\": \"r2\", \"document\": \"paper-forget-02\"}");
    assertThat(nights.night("2026-03-03")).isEmpty();
    assertThat(nights.said()).contains("nightly: going on with the night of 2026-03-01");
    assertThat(state("r1").night()).isEqualTo("2026-03-01");
    assertThat(state("r2").night()).isEqualTo("2026-03-03");
  }

  /** Looks and then dies. */
  private record Dies(QuickStages stages) implements NightStages {
    @Override
    public lethe.request.RequestFolder.Content requests(String table) {
      return stages.requests(table);
    }

    @Override
    public SourceLookup.Found find(
        List<RequestState> requests, List<lethe.request.ForgottenName> forgotten) {
      return stages.find(requests, forgotten);
    }

    @Override
    public Optional<String> run(lethe.run.RunConfig night) {
      throw new IllegalStateException("the process dies");
    }
  }

  /** Nothing would change the next night, or with other documents beside them. */
  @Test
  void aNightOfNothingButUntrainableDocumentsEndsTheirRequestsAndTakesOthers() throws IOException {
    stages.shorts().addAll(List.of("paper-forget-01", "paper-forget-02", "paper-forget-03"));
    NightStages real =
        new Other(stages) {
          @Override
          public Optional<String> run(lethe.run.RunConfig night) {
            List<String> asked = planned(Path.of(night.runDir()).getFileName().toString());
            if (stages.shorts().containsAll(asked)) {
              throw new NothingToForget("Split forget has no chunk");
            }
            return super.run(night);
          }
        };
    nights.ask(
        "a.jsonl",
        "{\"request\": \"short\", \"document\": \"paper-forget-01\", \"due\": \"2026-03-02\"}",
        "{\"request\": \"large\", \"document\": \"paper-forget-02\", \"due\": \"2026-03-03\"}",
        "{\"request\": \"large\", \"document\": \"paper-forget-03\", \"due\": \"2026-03-03\"}",
        "{\"request\": \"large\", \"document\": \"paper-forget-04\", \"due\": \"2026-03-03\"}",
        "{\"request\": \"other\", \"document\": \"paper-forget-05\"}");
    assertThat(nights.with(real).night("2026-03-01")).isEmpty();
    assertThat(state("short").status()).isEqualTo(RequestStatus.REFUSED);
    assertThat(state("short").reason())
        .isEqualTo(
            "what is left of it cannot be trained on: texts too short for a chunk, questions that fill one, or several texts under one id: [paper/paper-forget-01]");
    assertThat(nights.said())
        .contains(
            "nightly: the night of 2026-03-01 ends without a model: none of its 3 documents can be trained on")
        .noneMatch(line -> line.contains("paper-forget"));
    Entry vain =
        nights.ledger().stream()
            .map(LedgerLine::entry)
            .filter(entry -> entry.kind() == EntryKind.NOT_SERVED)
            .findFirst()
            .orElseThrow();
    assertThat(vain.detail().toString())
        .as("without names of documents")
        .isEqualTo(
            "{\"nothing_to_train\":true,\"reason\":\"none of its documents can be trained on\"}");
    assertThat(planned("2026-03-01-2"))
        .as("the rest, in the same call")
        .containsExactly("paper-forget-04", "paper-forget-05");
    assertThat(state("large").left()).as("two that stay known").contains(2L);
    assertThat(state("large").open()).isTrue();
    assertThat(state("other").night()).isEqualTo("2026-03-01-2");
    assertThat(nights.with(real).night("2026-03-02")).isEmpty();
    assertThat(state("large").status()).isEqualTo(RequestStatus.REFUSED);
    assertThat(state("large").reason())
        .endsWith(": [paper/paper-forget-02, paper/paper-forget-03]");
    assertThat(nights.book().open()).isEmpty();

    // Where there is nothing else, it is over, and is so for a later request for the same, too.
    nights.ask("b.jsonl", "{\"request\": \"again\", \"document\": \"paper-forget-01\"}");
    assertThat(nights.with(real).night("2026-03-03")).isEmpty();
    assertThat(nights.said()).contains("nightly: nothing is left to forget");
    assertThat(state("again").status()).isEqualTo(RequestStatus.REFUSED);
    assertThat(nights.nightly("2026-03-04T01:00:00Z").idle()).isTrue();
  }

  /** A driver that dies after the run was refused plans nothing twice. */
  @Test
  void aNightWithNothingToTrainOnThatWasInterruptedIsGoneOnWith() throws IOException {
    stages.shorts().add("paper-forget-01");
    nights.ask("a.jsonl", "{\"request\": \"short\", \"document\": \"paper-forget-01\"}");
    NightStages dies =
        new Other(stages) {
          @Override
          public Optional<String> run(lethe.run.RunConfig night) {
            throw new IllegalStateException("killed");
          }
        };
    assertThatThrownBy(() -> nights.with(dies).night("2026-03-01")).hasMessage("killed");
    nights.ask("b.jsonl", "{\"request\": \"other\", \"document\": \"paper-forget-05\"}");
    NightStages real =
        new Other(stages) {
          @Override
          public Optional<String> run(lethe.run.RunConfig night) {
            if (planned(Path.of(night.runDir()).getFileName().toString())
                .equals(List.of("paper-forget-01"))) {
              throw new NothingToForget("Split forget has no chunk");
            }
            return super.run(night);
          }
        };
    assertThat(nights.with(real).night("2026-03-01")).isEmpty();
    assertThat(state("short").status()).isEqualTo(RequestStatus.REFUSED);
    assertThat(state("other").night()).isEqualTo("2026-03-01-2");
  }

  /** The look at the sources fails, and not what is asked for. */
  @Test
  void aClusterThatFailsWhileTheNightIsPlannedLeavesTheLedgerAsItWas() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"where\": \"id LIKE 'paper-forget-01%'\"}");
    NightStages fails =
        new Other(stages) {
          @Override
          public SourceLookup.Found find(
              List<RequestState> requests, List<lethe.request.ForgottenName> forgotten) {
            throw new IllegalStateException("Job aborted: ExecutorLostFailure");
          }
        };
    assertThatThrownBy(() -> nights.with(fails).night("2026-03-01"))
        .hasMessage("Job aborted: ExecutorLostFailure");
    assertThat(nights.ledger())
        .extracting(line -> line.entry().kind())
        .containsExactly(EntryKind.RECEIVED);
    assertThat(nights.night("2026-03-01")).isEmpty();
    assertThat(state("r1").status()).isEqualTo(RequestStatus.FORGOTTEN);
  }

  /** A run that is refused must not keep all later requests waiting. */
  @Test
  void aRunThatIsRefusedEndsItsNight() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    NightStages refuses =
        new NightStages() {
          @Override
          public lethe.request.RequestFolder.Content requests(String table) {
            return stages.requests(table);
          }

          @Override
          public SourceLookup.Found find(
              List<RequestState> requests, List<lethe.request.ForgottenName> forgotten) {
            return stages.find(requests, forgotten);
          }

          @Override
          public Optional<String> run(lethe.run.RunConfig night) {
            throw new InvalidSettings("train.steps is wrong");
          }
        };
    assertThatThrownBy(() -> nights.with(refuses).night("2026-03-01"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("train.steps is wrong");
    assertThat(state("r1").open()).isTrue();
    assertThat(nights.night("2026-03-01")).as("with better settings, the same night").isEmpty();
    assertThat(state("r1").night()).isEqualTo("2026-03-01-2");
  }

  /** Eight requests, of which the sixth makes every run impossible. */
  @Test
  void aRequestThatMakesRunsImpossibleDoesNotKeepTheOthersWaiting() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      lines.add("{\"request\": \"r%d\", \"document\": \"paper-forget-0%1$d\"}".formatted(i));
    }
    nights.ask("a.jsonl", lines.toArray(String[]::new));
    List<Integer> sizes = new ArrayList<>();
    NightStages refuses =
        new NightStages() {
          @Override
          public lethe.request.RequestFolder.Content requests(String table) {
            return stages.requests(table);
          }

          @Override
          public SourceLookup.Found find(
              List<RequestState> requests, List<lethe.request.ForgottenName> forgotten) {
            return stages.find(requests, forgotten);
          }

          @Override
          public Optional<String> run(lethe.run.RunConfig night) {
            String name = Path.of(night.runDir()).getFileName().toString();
            List<String> planned = planned(name);
            sizes.add(planned.size());
            if (planned.contains("paper-forget-05")) {
              throw new InvalidSettings("paper-forget-05 is of a domain without approximate text");
            }
            return stages.run(night);
          }
        };
    for (int day = 1; day <= 6; day++) {
      try {
        nights.with(refuses).night("2026-03-0" + day, "nightly.documents=8");
      } catch (InvalidSettings e) {
        assertThat(e).hasMessageStartingWith("paper-forget-05 ");
      }
      if (day == 2) {
        nights.ask("b.jsonl", "{\"request\": \"new\", \"document\": \"paper-forget-08\"}");
      }
    }
    assertThat(sizes)
        .as("all; half; the new one; half of four; half of two; alone")
        .containsExactly(8, 4, 1, 2, 1, 1);
    assertThat(nights.book().open()).extracting(RequestState::request).containsExactly("r4", "r5");
    nights.with(refuses).night("2026-03-07");
    assertThatThrownBy(() -> nights.with(refuses).night("2026-03-08"))
        .hasMessageStartingWith("paper-forget-05 ");
    assertThat(nights.book().open()).extracting(RequestState::request).containsExactly("r5");
  }

  /** One new request a day must not keep those waiting that were in a refused run. */
  @Test
  void whatWasInARefusedRunIsDoneThoughNewRequestsArriveEveryDay() throws IOException {
    nights.ask(
        "a.jsonl",
        "{\"request\": \"good\", \"document\": \"paper-forget-00\"}",
        "{\"request\": \"bad\", \"document\": \"paper-forget-05\"}");
    NightStages refuses =
        new Other(stages) {
          @Override
          public Optional<String> run(lethe.run.RunConfig night) {
            if (planned(Path.of(night.runDir()).getFileName().toString())
                .contains("paper-forget-05")) {
              throw new InvalidSettings("paper-forget-05 is of no use");
            }
            return super.run(night);
          }
        };
    for (int day = 1; day <= 4; day++) {
      try {
        nights.with(refuses).night("2026-03-0" + day);
      } catch (InvalidSettings e) {
        assertThat(e).hasMessage("paper-forget-05 is of no use");
      }
      nights.ask(
          "b%d.jsonl".formatted(day),
          "{\"request\": \"new%1$d\", \"document\": \"paper-forget-1%2$d\"}"
              .formatted(day, day % 2));
    }
    assertThat(state("good").status()).isEqualTo(RequestStatus.FORGOTTEN);
    assertThat(state("new1").status()).isEqualTo(RequestStatus.FORGOTTEN);
    assertThat(state("bad").open()).isTrue();
  }

  /** Room in a cluster is no request's fault. */
  @Test
  void aRunForWhichNothingIsReadyIsGoneOnWith() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    assertThatThrownBy(() -> nights.with(full()).night("2026-03-01"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("0 of 2 executors came");
    assertThat(last(EntryKind.PLANNED).night()).isEqualTo("2026-03-01");
    assertThat(nights.ledger()).noneMatch(l -> l.entry().kind() == EntryKind.NOT_SERVED);
    nights.ask("b.jsonl", "{\"request\": \"r2\", \"document\": \"paper-forget-02\"}");
    assertThat(nights.night("2026-03-02")).isEmpty();
    assertThat(state("r1").night()).isEqualTo("2026-03-01");
    assertThat(state("r2").night()).isEqualTo("2026-03-02");
  }

  /** Those of a cluster without room for a run. */
  private NightStages full() {
    return new Other(stages) {
      @Override
      public Optional<String> run(lethe.run.RunConfig night) {
        throw new NotReady("0 of 2 executors came");
      }
    };
  }

  /** As another one, if nothing is said. */
  private static class Other implements NightStages {
    private final NightStages real;

    Other(NightStages real) {
      this.real = real;
    }

    @Override
    public lethe.request.RequestFolder.Content requests(String table) {
      return real.requests(table);
    }

    @Override
    public SourceLookup.Found find(
        List<RequestState> requests, List<lethe.request.ForgottenName> forgotten) {
      return real.find(requests, forgotten);
    }

    @Override
    public Optional<String> run(lethe.run.RunConfig night) {
      return real.run(night);
    }
  }

  /** What is in service was let in; the ledger must not say otherwise. */
  @Test
  void aNightThatThePointerNamesIsServedWhateverTheGatesAreByNow() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    Faults.plan(1, Faults.How.STOPPED, this::ledgerAfterPointer);
    assertThatThrownBy(() -> nights.night("2026-03-01")).isNotInstanceOf(InvalidSettings.class);
    Faults.none();
    assertThat(InService.read(nights.nights()).orElseThrow().night()).isEqualTo("2026-03-01");
    assertThat(nights.ledger()).noneMatch(l -> l.entry().kind() == EntryKind.VERIFIED);
    String served = nights.weights();
    stages.unmet().put("2026-03-01", "report.limits.damage is 0.01 by now");
    assertThat(nights.night("2026-03-02")).isEmpty();
    assertThat(state("r1").night()).isEqualTo("2026-03-01");
    assertThat(nights.ledger()).noneMatch(l -> l.entry().kind() == EntryKind.NOT_SERVED);
    assertThat(nights.weights()).isEqualTo(served);
  }

  private boolean ledgerAfterPointer(org.apache.hadoop.fs.Path path) {
    return path.getName().contains("ledger.jsonl")
        && Files.exists(folder.resolve("nights/in-service.json"));
  }

  /** A driver on YARN must start Spark, though the ledger alone has all the answers. */
  @Test
  void aNightThatOnlyAnswersEndsAsOneWithNothingToDo() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-01");
    nights.ask(
        "b.jsonl",
        "{\"request\": \"r2\", \"sha256\": \"%s\"}"
            .formatted(nights.book().forgotten().get(0).sha256()));
    List<String> none = new ArrayList<>();
    NightStages counts =
        new Other(new Blind()) {
          @Override
          public void none() {
            none.add("none");
          }
        };
    assertThat(nights.with(counts).night("2026-03-02")).isEmpty();
    assertThat(state("r2").status()).isEqualTo(RequestStatus.FORGOTTEN);
    assertThat(none).hasSize(1);
  }

  @Test
  void aKeyThatIsLostIsNamedAndNoneIsDrawnInItsPlace() throws IOException {
    nights.ask("a.jsonl", "{\"request\": \"r1\", \"document\": \"paper-forget-01\"}");
    nights.night("2026-03-01");
    Files.delete(folder.resolve("nights/ledger.key"));
    assertThatThrownBy(() -> nights.night("2026-03-02"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(
            "Cannot read the ledger's key: there is no crash-disk:%s/nights/ledger.key; restore it"
                .formatted(folder));
    assertThat(folder.resolve("nights/ledger.key")).doesNotExist();
  }

  @Test
  void whatARunFileForNightsMustNotHaveIsSaidTogether() {
    assertThatThrownBy(
            () ->
                nights.nightly(
                    "2026-03-01T01:00:00Z",
                    "corpus.splits.forget.where=true",
                    "corpus.duplicates.action=list",
                    "dry-run=true",
                    "train.lora.rank=2",
                    "train.lora.write=adapter",
                    "nightly.documents=0"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("nightly.documents must be at least 1, was 0")
        .hasMessageContaining(
            "corpus.splits.forget must not be set for nightly, which fills it from the requests")
        .hasMessageContaining("corpus.duplicates.action must be drop for nightly")
        .hasMessageContaining("dry-run must be false for nightly, which writes its plan down")
        .hasMessageContaining("train.lora.write must be merged or both for nightly");
    assertThatThrownBy(() -> nights.nightly("2026-03-01T01:00:00Z", "nightly.directory=null"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("nightly.directory")
        .hasMessageNotContaining("run.dir");
  }

  /**
   * The driver dies at a call that changes a file, in each of five nights, and the same command is
   * given again. The gate tries some calls of each night; with {@code -Dlethe.nights.kills=all},
   * every one.
   */
  @Test
  void aDriverThatDiesAtAnyCallOfAnyNightChangesNothing() throws IOException {
    List<String> days = NightlyIT.DAYS;
    List<Long> calls = new ArrayList<>();
    List<Path> before = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (String day : days) {
      Path copy = folder.resolve("before-" + day);
      FileUtils.copyDirectory(folder.resolve("nights").toFile(), copy.toFile());
      before.add(copy);
      ask(nights, day);
      Faults.plan(Long.MAX_VALUE, Faults.How.STOPPED);
      nights.night(day);
      calls.add(Faults.calls());
      Faults.none();
      expected.add(outcome());
    }
    int kills = 0;
    int planned = 0;
    for (int night = 0; night < days.size(); night++) {
      for (long n : moments(calls.get(night), night)) {
        FileUtils.deleteDirectory(folder.resolve("nights").toFile());
        FileUtils.copyDirectory(before.get(night).toFile(), folder.resolve("nights").toFile());
        ask(nights, days.get(night));
        Faults.plan(n, Faults.How.STOPPED);
        planned++;
        try {
          nights.night(days.get(night));
        } catch (Exception | AssertionError e) { // whatever a dead disk makes of it
          kills++;
        }
        assertThat(Faults.first()).as("call %d of %s", n, days.get(night)).isNotNull();
        String crash =
            "%s, call %d of %d, %s".formatted(days.get(night), n, calls.get(night), Faults.first());
        Faults.none();
        servesAWholeModel();
        nights.night(days.get(night));
        assertThat(outcome()).as(crash).isEqualTo(expected.get(night));
        assertThat(twice()).as(crash).isEmpty();
      }
    }
    System.out.println(
        "nightly: killed at %d of %d calls"
            .formatted(kills, calls.stream().mapToLong(c -> c).sum()));
    assertThat(kills).as("the last calls only tidy up").isGreaterThan(planned / 2);
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

  /** Some calls of a night, drawn with a seed; all with the system property. */
  private static List<Long> moments(long calls, int night) {
    return MOMENTS.equals("all")
        ? LongStream.rangeClosed(1, calls).boxed().toList()
        : new Random(night)
            .longs(1, calls + 1)
            .distinct()
            .limit(Long.parseLong(MOMENTS))
            .boxed()
            .toList();
  }

  /** Whatever the moment, the pointer names a model with all of its files. */
  private void servesAWholeModel() {
    NightlyFolder whole = nights.nights();
    InService.read(whole)
        .ifPresent(
            pointer ->
                pointer.check(
                    whole,
                    whole.readLedger(NightlySettings.read(nights.settings().root())).orElseThrow(),
                    hadoop()));
  }

  private static Map<String, String> hadoop() {
    Map<String, String> settings = new TreeMap<>();
    FaultyFileSystem.configuration()
        .getPropsWithPrefix("fs.crash")
        .forEach((key, value) -> settings.put("fs.crash" + key, value));
    return settings;
  }

  /** The weights, and what became of each request. */
  private String outcome() {
    return nights.weights()
        + nights.book().requests().stream()
            .map(s -> "\n" + s.request() + " " + s.status() + " " + s.night() + " " + s.left())
            .sorted()
            .collect(Collectors.joining());
  }

  /** Documents that more than one night forgot. */
  private List<String> twice() {
    Map<String, Set<String>> by = new TreeMap<>();
    for (LedgerLine line : nights.ledger()) {
      if (line.entry().kind() == EntryKind.FORGOTTEN && line.entry().night() != null) {
        StreamSupport.stream(line.secret().path("documents").spliterator(), false)
            .map(d -> d.path("domain").asText() + "/" + d.path("document").asText())
            .forEach(d -> by.computeIfAbsent(d, n -> new TreeSet<>()).add(line.entry().night()));
      }
    }
    return by.entrySet().stream()
        .filter(e -> e.getValue().size() > 1)
        .map(Map.Entry::getKey)
        .toList();
  }

  private RequestState state(String request) {
    return nights.book().request(request).orElseThrow();
  }

  private Entry last(EntryKind kind) {
    return nights.ledger().stream()
        .map(LedgerLine::entry)
        .filter(e -> e.kind() == kind)
        .reduce((a, b) -> b)
        .orElseThrow();
  }

  private LedgerLine plan(String night) {
    return nights.ledger().stream()
        .filter(l -> l.entry().kind() == EntryKind.PLANNED && l.entry().night().equals(night))
        .findFirst()
        .orElseThrow();
  }

  private String start(String night) {
    return plan(night).secret().at("/start/model").asText();
  }

  private List<String> planned(String night) {
    return NightPlan.of(plan(night)).documents().stream().map(d -> d.document()).toList();
  }
}
