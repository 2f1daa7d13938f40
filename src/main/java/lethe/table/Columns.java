package lethe.table;

/**
 * Names of the columns of tables that more than one stage reads: the documents, their chunks, the
 * scores of chunks, and the outcome of requests. A column that only one room uses is named beside
 * its table.
 */
public final class Columns {
  /** Split a document is in: forget, retain, approximate, general, holdout or earlier. */
  public static final String SPLIT = "split";

  /** Domain of a document's source. */
  public static final String DOMAIN = "domain";

  /** Id of a document; with its domain it names one document. */
  public static final String DOCUMENT = "document";

  /** Place of a chunk among its document's, from 0. */
  public static final String ORDINAL = "ordinal";

  /** Place of a chunk's first character in the text, from 0. */
  public static final String START = "start";

  /** Place after a chunk's last character. */
  public static final String END = "end";

  /** Token ids of a chunk; where tokens were counted, how many. */
  public static final String TOKENS = "tokens";

  /** Tokens of a question before its answer; null in plain text. */
  public static final String PROMPT = "prompt";

  /** SHA-256 of a document's text, of a question with its answer of both; hexadecimal. */
  public static final String SHA256 = "sha256";

  /** Number of the source that a document was read from, from 0. */
  public static final String SOURCE = "source";

  /** The file that a document was read from. */
  public static final String FILE = "file";

  /** Place of a document's row in its file; grows along the file. */
  public static final String ROW = "row";

  /** Id of a request to forget. */
  public static final String REQUEST = "request";

  /** How a request names a document: document, url or sha256. */
  public static final String BY = "by";

  /** The document id, address or hash that a request gives. */
  public static final String KEY = "key";

  /** Why something is missing or cannot be used; null if it is not. */
  public static final String REASON = "reason";

  private Columns() {}
}
