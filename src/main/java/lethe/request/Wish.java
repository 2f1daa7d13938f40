package lethe.request;

import com.fasterxml.jackson.annotation.JsonInclude;
import lethe.json.OrNull;

/**
 * What one line of a request names.
 *
 * @param by how
 * @param key the id, address, hash or condition; of a whole domain, its name
 * @param domain to which the line is narrowed; null where it is not
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Wish(NamedBy by, String key, @OrNull String domain) {

  /** For a message. */
  @Override
  public String toString() {
    return "%s %s%s".formatted(by.member(), key, domain == null ? "" : " of domain " + domain);
  }
}
