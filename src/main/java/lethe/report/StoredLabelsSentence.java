package lethe.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** What a report says of labels that were made before training. */
final class StoredLabelsSentence {
  private StoredLabelsSentence() {}

  /**
   * @param made stored-labels.json
   */
  static String of(JsonNode made) {
    return String.format(
        Locale.ROOT,
        "Labels were made once before training (%s): %d positions, loss %.3f as they were made; %.4f of the probability, at most %.3f, is on tokens that are not told apart, which hides %.4f nats a token of the original's divergence from the labels",
        made.path("labels").asText(),
        made.path("positions").asLong(),
        made.path("nll").asDouble(),
        made.path("rest_mean").asDouble(),
        made.path("rest_most").asDouble(),
        made.path("error_mean").asDouble());
  }
}
