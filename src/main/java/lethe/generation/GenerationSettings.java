package lethe.generation;

import java.io.Serializable;
import java.util.List;

/**
 * How answers are written.
 *
 * @param maxNewTokens most tokens of an answer, at least 1
 * @param endTokens ids that end an answer; may be empty
 * @param stopStrings texts that end an answer; with any, the model needs a tokenizer
 * @param temperature of the distribution that tokens are drawn from, above 0; 0 takes the likeliest
 * @param seed of the draws; without a temperature it has no effect
 * @param batch most prompts that are answered together, at least 1
 */
public record GenerationSettings(
    int maxNewTokens,
    List<Integer> endTokens,
    List<String> stopStrings,
    double temperature,
    long seed,
    int batch)
    implements Serializable {

  public GenerationSettings {
    endTokens = List.copyOf(endTokens);
    stopStrings = List.copyOf(stopStrings);
  }

  /** The likeliest token each time, as many as asked for. */
  public static GenerationSettings greedy(int tokens, int batch) {
    return new GenerationSettings(tokens, List.of(), List.of(), 0, 0, batch);
  }

  /** The same, also ended by tokens and texts. */
  public GenerationSettings endedBy(List<Integer> tokens, List<String> strings) {
    return new GenerationSettings(maxNewTokens, tokens, strings, temperature, seed, batch);
  }

  /** The same with tokens drawn at random. */
  public GenerationSettings sampled(double atTemperature, long withSeed) {
    return new GenerationSettings(
        maxNewTokens, endTokens, stopStrings, atTemperature, withSeed, batch);
  }

  TokenChoice choice() {
    return temperature == 0 ? new LikeliestToken() : new SampledToken(temperature, seed);
  }
}
