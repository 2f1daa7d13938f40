package lethe.request;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a line of a request names documents. */
public enum NamedBy {
  /** By a document's id. */
  @JsonProperty("document")
  DOCUMENT,
  /** By its address. */
  @JsonProperty("url")
  URL,
  /** By the SHA-256 of its text in UTF-8, in hexadecimal. */
  @JsonProperty("sha256")
  SHA256,
  /** All documents of a domain. */
  @JsonProperty("domain")
  DOMAIN,
  /** All documents that meet a SQL condition. */
  @JsonProperty("where")
  WHERE;

  /** The member of a line that names documents in this way. */
  public String member() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
