package lethe.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lethe.evaluate.Evaluation;
import lethe.evaluate.ForgottenDocument;
import lethe.evaluate.RequestScore;
import lethe.folder.Files;
import lethe.ledger.LedgerKey;
import org.apache.hadoop.fs.Path;

/**
 * Takes the ids of documents out of a report: each document has the name that it has in copies of a
 * ledger under the same key, an HMAC-SHA256 of its domain and id.
 */
public final class KeyedIds {
  /** In the place of what a request names and no document is. */
  private static final String HIDDEN = "(hidden)";

  private static final String WARNINGS = "warnings";

  private final LedgerKey key;

  private KeyedIds(LedgerKey key) {
    this.key = key;
  }

  /**
   * Reads a key file.
   *
   * @param file of 64 or more hexadecimal digits
   * @throws lethe.settings.InvalidSettings when it is not there, or holds something else
   */
  public static KeyedIds read(String file, Files files) {
    return new KeyedIds(LedgerKey.read(new Path(file), files));
  }

  Evaluation in(Evaluation evaluation) {
    return evaluation.with(
        evaluation.requests().stream().map(KeyedIds::in).toList(),
        evaluation.documents().stream().map(this::in).toList());
  }

  private ForgottenDocument in(ForgottenDocument document) {
    return new ForgottenDocument(
        document.domain(),
        key.name(document.domain(), document.document()),
        document.requests(),
        document.chunks(),
        document.tokens(),
        document.nll(),
        document.unseen(),
        document.outcomes());
  }

  /** A line such as {@code document ID: reason} keeps its first word. */
  private static RequestScore in(RequestScore request) {
    return new RequestScore(
        request.request(),
        request.documents(),
        request.tokens(),
        request.nll(),
        request.outcome(),
        request.outcomes(),
        request.unmet().stream().map(line -> line.split(" ", 2)[0] + " " + HIDDEN).toList());
  }

  /** The manifest of a corpus, whose warnings may name documents. */
  static ObjectNode in(ObjectNode manifest) {
    ObjectNode without = manifest.deepCopy();
    int warnings = manifest.path(WARNINGS).size();
    ArrayNode said = without.putArray(WARNINGS);
    if (warnings > 0) {
      said.add(
          "%d warnings, which may name documents, are in corpus/manifest.json".formatted(warnings));
    }
    return without;
  }
}
