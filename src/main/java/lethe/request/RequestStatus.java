package lethe.request;

/** What has become of a request. */
public enum RequestStatus {
  /** Something that it names is still to be forgotten. */
  OPEN,
  /** Everything that it names is forgotten by a model that is or was in service. */
  FORGOTTEN,
  /** It will not be carried out, for a reason. */
  REFUSED,
  /** Another request came in its place. */
  SUPERSEDED
}
