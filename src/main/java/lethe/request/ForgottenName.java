package lethe.request;

import com.fasterxml.jackson.annotation.JsonInclude;
import lethe.json.OrNull;

/**
 * A document of the sources, by all its names.
 *
 * @param domain of the document
 * @param document its id
 * @param url its address; null where it has none
 * @param sha256 of its text; null where a request did not need it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ForgottenName(
    String domain, String document, @OrNull String url, @OrNull String sha256) {

  /**
   * A document as it was when it was looked at.
   *
   * @param sha256 of its text; null where it is not known
   */
  public record Text(String domain, String document, @OrNull String sha256) {}

  public Text text() {
    return new Text(domain, document, sha256);
  }

  /** Whether a line names this document; a condition or a domain as a whole is not known here. */
  boolean meant(Wish wish) {
    boolean within = wish.domain() == null || wish.domain().equals(domain);
    return within
        && switch (wish.by()) {
          case DOCUMENT -> wish.key().equals(document);
          case URL -> wish.key().equals(url);
          case SHA256 -> wish.key().equals(sha256);
          case DOMAIN, WHERE -> false;
        };
  }
}
