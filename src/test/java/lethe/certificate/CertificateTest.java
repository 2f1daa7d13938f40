package lethe.certificate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import lethe.badinput.FinishedRun;
import lethe.folder.RunFolder;
import lethe.ledger.CanonicalJson;
import lethe.ledger.Draft;
import lethe.ledger.EntryKind;
import lethe.ledger.Ledger;
import lethe.ledger.LedgerKey;
import lethe.settings.InvalidSettings;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateTest {
  private static final int FLIPS = 200;

  @TempDir Path folder;
  private RunFolder run;
  private Path privateKey;
  private Path publicKey;

  @BeforeEach
  void aRunThatHasEndedAndAKey() throws Exception {
    FinishedRun.in(folder);
    run = RunFolder.of(folder.resolve("finished").toString(), new Configuration());
    ObjectMapper json = new ObjectMapper();
    ObjectNode record = (ObjectNode) json.readTree(folder.resolve("finished/run.json").toFile());
    record.putObject("environments").put("unlearn", "a processor, 1 threads");
    Files.writeString(folder.resolve("finished/run.json"), record.toString());
    Path scores = Files.createDirectories(folder.resolve("finished/scores/unlearned"));
    Files.writeString(scores.resolve("part-0.parquet"), "stands for a table of scores");
    Files.writeString(folder.resolve("finished/retrain-steps.jsonl"), "{}\n");
    KeyPair pair = key();
    privateKey = pem("private.pem", "PRIVATE KEY", pair.getPrivate().getEncoded());
    publicKey = pem("public.pem", "PUBLIC KEY", pair.getPublic().getEncoded());
  }

  private static KeyPair key() throws NoSuchAlgorithmException {
    return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
  }

  private Path pem(String name, String kind, byte[] der) throws IOException {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.writeString(
        folder.resolve(name),
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(kind, lines));
  }

  private static org.apache.hadoop.fs.Path path(Path file) {
    return new org.apache.hadoop.fs.Path(file.toUri());
  }

  private Path file() {
    return folder.resolve("finished/certificate.json");
  }

  private Certificate certificate(Optional<Path> ledger) {
    return new Certificate(run, path(file()), ledger.map(CertificateTest::path), Optional.empty());
  }

  private Certificate certificate() {
    return certificate(Optional.empty());
  }

  private Certificate.Finding check() {
    return certificate().check(Optional.of(path(publicKey)));
  }

  private JsonNode statement() throws IOException {
    JsonNode envelope = new ObjectMapper().readTree(file().toFile());
    return new ObjectMapper()
        .readTree(Base64.getDecoder().decode(envelope.path("payload").asText()));
  }

  @Test
  void itNamesTheModelsFilesTheEvidenceAndWhatWasFound() throws IOException {
    assertThat(certificate().write(Optional.of(path(privateKey))).get(0)).endsWith("signed");
    JsonNode statement = statement();
    assertThat(statement.path("_type").asText()).isEqualTo("https://in-toto.io/Statement/v1");
    Map<String, String> digests = new HashMap<>();
    statement
        .path("subject")
        .forEach(f -> digests.put(f.path("name").asText(), f.at("/digest/sha256").asText()));
    assertThat(digests).containsKeys("model/config.json", "model/lethe.json");
    for (Map.Entry<String, String> one : digests.entrySet()) {
      byte[] content = Files.readAllBytes(folder.resolve("finished").resolve(one.getKey()));
      assertThat(one.getValue()).isEqualTo(DigestUtils.sha256Hex(content));
    }
    JsonNode predicate = statement.path("predicate");
    assertThat(predicate.path("evidence").findValuesAsText("name"))
        .contains(
            "run.json",
            "corpus/manifest.json",
            "steps.jsonl",
            "scores/evaluation.json",
            "scores/unlearned/part-0.parquet",
            "retrain-steps.jsonl",
            "report/report.json",
            "coverage.json",
            "stop.json");
    JsonNode report =
        new ObjectMapper().readTree(folder.resolve("finished/report/report.json").toFile());
    assertThat(predicate.at("/verdict/outcome")).isEqualTo(report.at("/verdict/outcome"));
    assertThat(predicate.path("domain_verdicts")).isNotEmpty();
    assertThat(CanonicalJson.bytes(predicate.path("domain_verdicts")))
        .isEqualTo(CanonicalJson.bytes(report.path("domain_verdicts")));
    assertThat(predicate.path("gates")).hasSameSizeAs(report.path("conditions"));
    assertThat(predicate.at("/made/processor").asText()).contains(System.getProperty("os.arch"));
    JsonNode record = new ObjectMapper().readTree(folder.resolve("finished/run.json").toFile());
    JsonNode made = predicate.path("made");
    assertThat(made.at("/settings/unlearn/method"))
        .isEqualTo(record.at("/settings/unlearn/method"));
    assertThat(DigestUtils.sha256Hex(CanonicalJson.bytes(record.path("settings"))))
        .isEqualTo(DigestUtils.sha256Hex(CanonicalJson.bytes(made.path("settings"))))
        .isEqualTo(made.path("settings_sha256").asText());
    assertThat(made.at("/settings/spark/driver/extraJavaOptions").asText())
        .as("withheld, as in run.json")
        .isEqualTo("(hidden)");
    assertThat(made.at("/environments/unlearn").asText()).isEqualTo("a processor, 1 threads");
    assertThat(predicate.path("out_of_scope")).hasSize(5);
    assertThat(statement.toString().toLowerCase(java.util.Locale.ROOT))
        .doesNotContain("proof of deletion");
    Certificate.Finding found = check();
    assertThat(found.problems()).isEmpty();
    assertThat(found.remarks()).contains("signed with the key of " + path(publicKey));
  }

  /** DSSE's own definition, written out. */
  @Test
  void theSignatureIsOverTypeAndPayloadWithTheirLengths() throws Exception {
    certificate().write(Optional.of(path(privateKey)));
    byte[] payload = CanonicalJson.bytes(statement());
    byte[] expected =
        ("DSSEv1 28 application/vnd.in-toto+json "
                + payload.length
                + " "
                + new String(payload, UTF_8))
            .getBytes(UTF_8);
    assertThat(Envelope.signed(payload)).isEqualTo(expected);
    JsonNode envelope = new ObjectMapper().readTree(file().toFile());
    byte[] signature = Base64.getDecoder().decode(envelope.at("/signatures/0/sig").asText());
    assertThat(signature).hasSize(64);
    assertThat(Ed25519.verify(expected, signature, path(publicKey), run.files())).isTrue();
    Path other = pem("other.pem", "PUBLIC KEY", key().getPublic().getEncoded());
    assertThat(certificate().check(Optional.of(path(other))).problems())
        .containsExactly(
            "its signature is not one of the key in %s over it".formatted(path(other)));
  }

  @Test
  void anyFlippedBitIsFound() throws IOException {
    Path ledger = ledger("finished");
    certificate(Optional.of(ledger)).write(Optional.of(path(privateKey)));
    Certificate certificate = certificate(Optional.of(ledger));
    assertThat(certificate.check(Optional.of(path(publicKey))).problems()).isEmpty();
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder.resolve("finished"))) {
      all.filter(Files::isRegularFile)
          .filter(f -> !f.getFileName().toString().startsWith("."))
          .filter(
              f -> !f.startsWith(folder.resolve("finished/report")) || f.endsWith("report.json"))
          .sorted()
          .forEach(files::add);
    }
    files.add(ledger);
    assertThat(files).hasSizeGreaterThan(8);
    Random random = new Random(200);
    int found = 0;
    for (int i = 0; i < FLIPS; i++) {
      Path file = files.get(i % files.size());
      byte[] whole = Files.readAllBytes(file);
      byte[] flipped = whole.clone();
      int at = random.nextInt(whole.length);
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, flipped);
      Certificate.Finding finding = certificate.check(Optional.of(path(publicKey)));
      assertThat(finding.problems()).as("%s, byte %d", file, at).isNotEmpty();
      found++;
      Files.write(file, whole);
    }
    assertThat(found).isEqualTo(FLIPS);
    assertThat(certificate.check(Optional.of(path(publicKey))).problems()).isEmpty();
  }

  /** Whoever changes what it says can write another envelope, but not this signature. */
  @Test
  void whatSaysMoreThanTheRunDoesIsFoundWithoutASignatureToo() throws IOException {
    certificate().write(Optional.empty());
    assertThat(certificate().check(Optional.empty()).problems()).isEmpty();
    assertThat(certificate().check(Optional.empty()).remarks())
        .contains("it is unsigned: anybody could have written it");
    ObjectNode better = (ObjectNode) statement();
    ((ObjectNode) better.path("predicate")).put("level", Level.ROBUST.words());
    Files.write(file(), new Envelope(CanonicalJson.bytes(better), Optional.empty()).bytes());
    assertThat(certificate().check(Optional.empty()).problems())
        .containsExactly("it says of level something else than the files of the run do");
    assertThat(check().problems()).contains("it is unsigned: anybody could have written it");
  }

  @Test
  void filesThatAreAddedMissingOrChangedAreNamed() throws IOException {
    certificate().write(Optional.of(path(privateKey)));
    Files.writeString(folder.resolve("finished/model/more.safetensors"), "x");
    Files.delete(folder.resolve("finished/stop.json"));
    Files.writeString(folder.resolve("finished/steps.jsonl"), "{}\n");
    assertThat(check().problems())
        .containsExactly(
            "model/more.safetensors was added",
            "steps.jsonl is not the file that was certified",
            "stop.json is missing");
  }

  @Test
  void aLedgerWithoutTheEntryIsNotTheOne() throws IOException {
    certificate(Optional.of(ledger("finished"))).write(Optional.empty());
    assertThat(certificate().check(Optional.empty()).remarks())
        .contains(
            "it names entry 2 of a ledger, which was not checked: --ledger names it, or a copy");
    Path other = folder.resolve("other.jsonl");
    Files.writeString(
        other, Files.readString(folder.resolve("copy.jsonl")).lines().findFirst().get() + "\n");
    assertThat(certificate(Optional.of(other)).check(Optional.empty()).problems())
        .singleElement()
        .asString()
        .contains("has no entry 2 with the hash ");
    assertThatThrownBy(() -> certificate(Optional.of(ledger("2026-03-01"))).write(Optional.empty()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("it has no outcome of a night finished");
  }

  @Test
  void whatCannotBeUsedIsNamed() throws IOException {
    Path none = Files.writeString(folder.resolve("none.pem"), "nothing");
    assertThatThrownBy(() -> certificate().write(Optional.of(path(none))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("none.pem: it is no private Ed25519 key in PEM; openssl genpkey");
    assertThatThrownBy(() -> certificate().write(Optional.of(path(publicKey))))
        .hasMessageContaining("it is no private Ed25519 key");
    assertThat(file()).doesNotExist();
    assertThatThrownBy(() -> check()).hasMessageContaining("certificate.json; certify writes one");
    certificate().write(Optional.of(path(privateKey)));
    assertThatThrownBy(() -> certificate().check(Optional.of(path(privateKey))))
        .hasMessageContaining("it is no public Ed25519 key in PEM");
    Files.delete(folder.resolve("finished/report/report.json"));
    assertThatThrownBy(() -> certificate().write(Optional.empty()))
        .hasMessageContaining("there is no ")
        .hasMessageEndingWith("report.json; let the run end first");
  }

  @Test
  void theLevelIsWhatTheReportHasShown() throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode drops = json.readTree("{\"corpus\": {\"duplicates\": {\"action\": \"drop\"}}}");
    JsonNode lists = json.readTree("{\"corpus\": {\"duplicates\": {\"action\": \"list\"}}}");
    String all =
        "{\"coverage\": {\"asked\": {\"documents\": 3, \"unmet\": 0}, \"trained\": {\"documents\": 3}},"
            + "\"verdict\": {\"outcome\": \"matched\"}, \"conditions\": [{\"name\": \"damage\", \"state\": \"passed\"},"
            + " {\"name\": \"robustness\", \"state\": \"passed\"}]}";
    assertThat(Level.of(json.readTree(all), drops)).isEqualTo(Level.ROBUST);
    assertThat(Level.of(json.readTree(all), lists)).isEqualTo(Level.REQUESTED);
    String beside =
        all.replaceFirst(
            "\\{",
            "{\"truths\": [{\"model\": \"original\", \"nll\": 1, \"truth\": 3}, {\"model\": \"unlearned\", \"nll\": 2.875, \"truth\": 3,"
                + " \"splits\": [{\"split\": \"forget\", \"domain\": \"*\", \"nearer\": {\"outcome\": \"nearer\"}}]}],");
    String retrains =
        "{\"corpus\": {\"duplicates\": {\"action\": \"drop\"}}, \"stop\": {\"band\": 0.15}, \"evaluate\": {\"retrain\": true, \"retrained\": null}}";
    JsonNode own = json.readTree(retrains);
    assertThat(Level.of(json.readTree(beside), own)).isEqualTo(Level.RETRAINED);
    assertThat(Level.of(json.readTree(beside), drops)).as("not retrained").isEqualTo(Level.ROBUST);
    JsonNode given = json.readTree(retrains.replace("\"retrained\": null", "\"retrained\": \"x\""));
    assertThat(Level.of(json.readTree(beside), given)).as("another's").isEqualTo(Level.ROBUST);
    for (String other :
        List.of(
            beside.replace("2.875", "2.75"),
            beside.replace("2.875", "null"),
            beside.replace("\"nearer\"}", "\"undecided\"}"),
            beside.replace("\"*\"", "\"book\""))) {
      assertThat(Level.of(json.readTree(other), own)).as(other).isEqualTo(Level.ROBUST);
    }
    String weak =
        beside.replace("robustness\", \"state\": \"passed", "robustness\", \"state\": \"failed");
    assertThat(Level.of(json.readTree(weak), own)).isEqualTo(Level.FORGOTTEN);
    String fragile =
        all.replace("robustness\", \"state\": \"passed", "robustness\", \"state\": \"not_measured");
    assertThat(Level.of(json.readTree(fragile), drops)).isEqualTo(Level.FORGOTTEN);
    assertThat(Level.of(json.readTree(fragile.replace("matched", "undecided")), drops))
        .isEqualTo(Level.EXCLUDED);
    String damaged =
        fragile.replace("damage\", \"state\": \"passed", "damage\", \"state\": \"failed");
    assertThat(Level.of(json.readTree(damaged), drops)).isEqualTo(Level.EXCLUDED);
    String part = all.replace("\"trained\": {\"documents\": 3}", "\"trained\": {\"documents\": 2}");
    assertThat(Level.of(json.readTree(part), drops)).isEqualTo(Level.REQUESTED);
    String unmet = all.replace("\"unmet\": 0", "\"unmet\": 1");
    assertThat(Level.of(json.readTree(unmet), drops)).isEqualTo(Level.REQUESTED);
  }

  /** A copy of a ledger with an outcome of a night. */
  private Path ledger(String night) {
    lethe.folder.Files files = run.files();
    org.apache.hadoop.fs.Path own = path(folder.resolve("ledger-" + night + ".jsonl"));
    Ledger ledger =
        Ledger.read(own, files, LedgerKey.kept(path(folder.resolve("ledger.key")), files));
    ledger.append(
        List.of(
            Draft.open(EntryKind.PLANNED, null, night, Map.of("earlier", 0)).with(Map.of("a", 1)),
            Draft.open(EntryKind.VERIFIED, null, night, Map.of("verdict", "matched"))),
        Instant.parse("2026-03-01T01:00:00Z"));
    Path copy = folder.resolve("copy.jsonl");
    ledger.export(path(copy), files);
    return copy;
  }
}
