package lethe.request;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import lethe.json.OrNull;

/**
 * A request to forget documents.
 *
 * @param request its id, given by whoever sent it
 * @param wishes what it names, at least one
 * @param received day or time, ISO 8601, as the request has it; null where it has none
 * @param due the last day, ISO 8601; null where it has none
 * @param contact {@code notify}: whom to tell; null where nobody
 * @param supersedes the id of an earlier request in whose place this one comes; null where none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeletionRequest(
    String request,
    List<Wish> wishes,
    @OrNull String received,
    @OrNull String due,
    @OrNull @JsonProperty("notify") String contact,
    @OrNull String supersedes) {}
