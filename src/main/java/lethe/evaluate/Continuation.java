package lethe.evaluate;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * What a model writes after the first half of a forget chunk, beside the true text. Contains text
 * that was to be forgotten, so none are made unless the settings ask for them.
 *
 * @param model its name
 * @param domain of the chunk
 * @param document of the chunk
 * @param ordinal of the chunk
 * @param before the end of the first half
 * @param truth what follows
 * @param written by the model, as many tokens
 * @param same tokens that are the same, from the first on
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Continuation(
    String model,
    String domain,
    String document,
    int ordinal,
    String before,
    String truth,
    String written,
    int same) {}
