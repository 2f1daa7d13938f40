package lethe.certificate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import lethe.folder.Files;
import lethe.folder.RunFolder;
import lethe.ledger.CanonicalJson;
import lethe.ledger.Entry;
import lethe.ledger.EntryKind;
import lethe.ledger.Ledger;
import lethe.ledger.LedgerKey;
import lethe.ledger.LedgerLine;
import lethe.settings.InvalidSettings;
import org.apache.hadoop.fs.Path;

/**
 * Writes and checks the certificate of a run: what it has shown of its model, over the SHA-256 of
 * the model's files and of all evidence. It states what was found, and no more than that.
 *
 * @param run the folder of a run that has ended
 * @param file of the certificate
 * @param ledger the run is a night of; empty for none
 * @param ledgerKey of the ledger; without it, its private parts are not checked
 */
public record Certificate(
    RunFolder run, Path file, Optional<Path> ledger, Optional<Path> ledgerKey) {

  /**
   * What a check found.
   *
   * @param problems why the certificate does not hold; empty where it does
   * @param remarks what else a reader should know
   */
  public record Finding(List<String> problems, List<String> remarks) {}

  /** The name of a certificate in the folder of its run. */
  public static final String FILE = "certificate.json";

  /**
   * Writes it.
   *
   * @param key file of a private key to sign with
   * @return what was certified, in sentences
   * @throws InvalidSettings when the run has not ended, or key or ledger cannot be used
   */
  public List<String> write(Optional<Path> key) {
    Optional<Entry> entry = ledger.map(l -> lastOf(run.root().getName(), entries(l)));
    JsonNode statement = Statement.of(run, entry);
    byte[] payload = CanonicalJson.bytes(statement);
    Optional<byte[]> signature =
        key.map(own -> Ed25519.sign(Envelope.signed(payload), own, run.files()));
    run.files().write(file, new Envelope(payload, signature).bytes());
    return List.of(
        "%s: level \"%s\", %d files of the model and %d of evidence, %s"
            .formatted(
                file,
                statement.at("/predicate/level").asText(),
                statement.path("subject").size(),
                statement.at("/predicate/evidence").size(),
                signature.isPresent()
                    ? "signed"
                    : "unsigned: anybody could have written it; --key signs it"));
  }

  /**
   * Checks it against the files of the run, and the entry of the ledger.
   *
   * @param publicKey file of the key that must have signed it
   * @throws InvalidSettings when there is no certificate, or a key cannot be used
   */
  public Finding check(Optional<Path> publicKey) {
    if (!run.files().exists(file)) {
      throw new InvalidSettings(
          "Cannot verify %s: there is no %s; certify writes one, and --certificate names another file"
              .formatted(run.root(), file));
    }
    Optional<Envelope> envelope = Envelope.read(run.files().read(file));
    Optional<JsonNode> statement = envelope.flatMap(Envelope::statement);
    if (statement.isEmpty()) {
      return new Finding(
          List.of("%s is damaged: it is not as certify writes it".formatted(file)), List.of());
    }
    List<String> problems = new ArrayList<>();
    List<String> remarks = new ArrayList<>();
    signature(envelope.get(), publicKey, problems, remarks);
    files(statement.get(), problems);
    JsonNode said = statement.get().at("/predicate/" + Statement.LEDGER);
    Optional<Entry> entry =
        said.isMissingNode() ? Optional.empty() : entry(said, problems, remarks);
    if (problems.isEmpty() && (said.isMissingNode() || entry.isPresent())) {
      JsonNode again = Statement.of(run, entry);
      if (!same(again, statement.get())) {
        problems.add(
            "it says of %s something else than the files of the run do"
                .formatted(differs(statement.get(), again)));
      }
    }
    remarks.add("level \"%s\"".formatted(statement.get().at("/predicate/level").asText()));
    return new Finding(List.copyOf(problems), List.copyOf(remarks));
  }

  /**
   * The SHA-256 of each file of the model that it names, by its name below the run's folder.
   *
   * @throws InvalidSettings when it is not there, or damaged
   */
  public SortedMap<String, String> model() {
    SortedMap<String, String> model = new TreeMap<>();
    Envelope.read(run.files().read(file))
        .flatMap(Envelope::statement)
        .orElseThrow(
            () ->
                new InvalidSettings(
                    "%s is damaged: it is not as certify writes it".formatted(file)))
        .path("subject")
        .forEach(f -> model.put(name(f), digest(f)));
    return model;
  }

  private void signature(
      Envelope envelope, Optional<Path> key, List<String> problems, List<String> remarks) {
    if (envelope.signature().isEmpty()) {
      (key.isPresent() ? problems : remarks).add("it is unsigned: anybody could have written it");
    } else if (key.isEmpty()) {
      remarks.add("it is signed, and by whom was not checked: --public-key names the key");
    } else if (Ed25519.verify(
        Envelope.signed(envelope.payload()), envelope.signature().get(), key.get(), run.files())) {
      remarks.add("signed with the key of " + key.get());
    } else {
      problems.add("its signature is not one of the key in %s over it".formatted(key.get()));
    }
  }

  /** Compares the digests, so that each file that differs is named. */
  private void files(JsonNode statement, List<String> problems) {
    SortedMap<String, String> said = new TreeMap<>();
    statement.path("subject").forEach(f -> said.put(name(f), digest(f)));
    statement.at("/predicate/" + Statement.EVIDENCE).forEach(f -> said.put(name(f), digest(f)));
    Evidence evidence = new Evidence(run);
    SortedMap<String, String> found = new TreeMap<>();
    try {
      found.putAll(evidence.model());
      found.putAll(evidence.others());
    } catch (InvalidSettings e) {
      problems.add(e.getMessage());
      return;
    }
    TreeSet<String> all = new TreeSet<>(said.keySet());
    all.addAll(found.keySet());
    for (String name : all) {
      if (!found.containsKey(name)) {
        problems.add(name + " is missing");
      } else if (!said.containsKey(name)) {
        problems.add(name + " was added");
      } else if (!said.get(name).equals(found.get(name))) {
        problems.add(name + " is not the file that was certified");
      }
    }
  }

  private static String name(JsonNode file) {
    return file.path("name").asText();
  }

  private static String digest(JsonNode file) {
    return file.at("/digest/sha256").asText();
  }

  /** The entry of the ledger that the certificate names. */
  private Optional<Entry> entry(JsonNode said, List<String> problems, List<String> remarks) {
    if (ledger.isEmpty()) {
      remarks.add(
          "it names entry %d of a ledger, which was not checked: --ledger names it, or a copy"
              .formatted(said.path("entry").asLong()));
      return Optional.empty();
    }
    try {
      Optional<Entry> entry =
          entries(ledger.get()).stream()
              .filter(e -> e.number() == said.path("entry").asLong())
              .filter(e -> e.hash().equals(said.path("hash").asText()))
              .findFirst();
      if (entry.isEmpty()) {
        problems.add(
            "the ledger %s has no entry %d with the hash %s"
                .formatted(ledger.get(), said.path("entry").asLong(), said.path("hash").asText()));
      }
      return entry;
    } catch (InvalidSettings e) { // broken, as it says
      problems.add(e.getMessage());
      return Optional.empty();
    }
  }

  private List<Entry> entries(Path of) {
    Files files = run.files();
    return ledgerKey.isPresent()
        ? Ledger.read(of, files, LedgerKey.read(ledgerKey.get(), files)).lines().stream()
            .map(LedgerLine::entry)
            .toList()
        : Ledger.readCopy(of, files);
  }

  private Entry lastOf(String night, List<Entry> entries) {
    return entries.stream()
        .filter(e -> e.kind() == EntryKind.VERIFIED || e.kind() == EntryKind.NOT_SERVED)
        .filter(e -> night.equals(e.night()))
        .reduce((first, second) -> second)
        .orElseThrow(
            () ->
                new InvalidSettings(
                    "Cannot certify %s with the ledger %s: it has no outcome of a night %s; name the ledger of the night, or none"
                        .formatted(run.root(), ledger.orElseThrow(), night)));
  }

  /** The first member of the predicate that differs. */
  private static String differs(JsonNode said, JsonNode found) {
    var names = said.path("predicate").fieldNames();
    while (names.hasNext()) {
      String name = names.next();
      if (!same(said.path("predicate").path(name), found.path("predicate").path(name))) {
        return name;
      }
    }
    return "its kind";
  }

  /** Whether two values are written in the same way: a number may be of another class. */
  private static boolean same(JsonNode one, JsonNode other) {
    return Arrays.equals(CanonicalJson.bytes(one), CanonicalJson.bytes(other));
  }
}
