/**
 * Requests to forget: how they come in, and what the ledger says has become of each.
 *
 * <p>{@link lethe.request.RequestFolder} reads files of requests, {@link lethe.request.RequestBook}
 * replays the ledger. This room reads no document and knows no model. Another way to name documents
 * is a constant of {@link lethe.request.NamedBy}, a check in {@code RequestLineReader} and a way to
 * find them in the room {@code corpus}.
 */
package lethe.request;
