package lethe.request;

import java.time.Instant;
import java.util.Optional;

/**
 * A request as the ledger has it.
 *
 * @param content as it was received
 * @param received when it came; as the request says, else when it was read
 * @param due by when it is to be carried out
 * @param status what has become of it
 * @param left documents still to forget, after the last night that forgot some; empty before
 * @param night that forgot the last of its documents; null where none has
 * @param reason of a refusal, or the request that came in its place; null otherwise
 */
public record RequestState(
    DeletionRequest content,
    Instant received,
    Instant due,
    RequestStatus status,
    Optional<Long> left,
    String night,
    String reason) {

  public String request() {
    return content.request();
  }

  public boolean open() {
    return status == RequestStatus.OPEN;
  }

  /** Whether it is open and its due day is over. */
  public boolean overdue(Instant now) {
    return open() && due.isBefore(now);
  }

  RequestState ended(RequestStatus how, String why) {
    return new RequestState(content, received, due, how, left, night, why);
  }

  RequestState forgotten(long leftNow, String by) {
    return new RequestState(
        content,
        received,
        due,
        leftNow == 0 ? RequestStatus.FORGOTTEN : status, // one that has ended stays so
        Optional.of(leftNow),
        by,
        reason);
  }
}
