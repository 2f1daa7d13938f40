package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;
import lethe.settings.Section;

/**
 * How chunks are continued, to see how much of them is known by heart.
 *
 * @param promptTokens that are given, from a chunk's first on; of a question's answer, where there
 *     is one
 * @param newTokens that the model writes, and that the chunk must have after those given
 * @param chunks most of a split and domain
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ContinuationSettings(int promptTokens, int newTokens, int chunks)
    implements Serializable {

  /**
   * Reads {@code evaluate.continuations}.
   *
   * @return null where nothing is continued
   */
  static ContinuationSettings read(Section evaluate) {
    Section section = evaluate.section("continuations");
    int written = section.count("new-tokens", 1);
    int chunks = section.count("chunks", 1);
    return section
        .optionalCount("prompt-tokens", 1)
        .map(given -> new ContinuationSettings(given, written, chunks))
        .orElse(null);
  }

  /** Scored tokens that a chunk needs: the first of those given is not scored in a plain text. */
  int scored() {
    return promptTokens + newTokens - 1;
  }
}
