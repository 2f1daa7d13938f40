package lethe.ledger;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What an entry of the ledger says. */
public enum EntryKind {
  /** A request came and can be read. */
  @JsonProperty("received")
  RECEIVED,
  /** Lines of a request file were left out, since they are no request. */
  @JsonProperty("set-aside")
  SET_ASIDE,
  /** A night took a request's documents, some or all. */
  @JsonProperty("planned")
  PLANNED,
  /** A night's model did not pass its gates; the one before it stays in service. */
  @JsonProperty("not-served")
  NOT_SERVED,
  /** Documents of a request are forgotten by a model that is in service. */
  @JsonProperty("forgotten")
  FORGOTTEN,
  /** A model in service was tested on what was forgotten, that night and before. */
  @JsonProperty("verified")
  VERIFIED,
  /** A request will not be carried out. */
  @JsonProperty("refused")
  REFUSED,
  /** Another request came in place of this one. */
  @JsonProperty("superseded")
  SUPERSEDED
}
