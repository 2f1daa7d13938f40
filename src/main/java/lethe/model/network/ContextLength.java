package lethe.model.network;

import java.util.List;
import lethe.model.checkpoint.ModelConfig;
import lethe.settings.InvalidSettings;

/**
 * The longest sequence that a network can run, and the value of config.json that sets it.
 *
 * @param tokens at least 1
 * @param reason for messages: {@code sliding_window 4096}
 */
public record ContextLength(int tokens, String reason) {
  public static ContextLength of(ModelConfig config, String key, int standIn) {
    int tokens = config.size(key, standIn);
    return new ContextLength(tokens, key + " " + tokens);
  }

  /**
   * This length, limited by another value: while a window covers the whole sequence, attention sees
   * everything.
   */
  public ContextLength within(String key, int most) {
    return most < tokens ? new ContextLength(most, key + " " + most) : this;
  }

  /**
   * Refuses sequences that the network cannot run.
   *
   * @param length tokens
   * @throws InvalidSettings naming the value that is exceeded
   */
  public void check(int length) {
    if (length > tokens) {
      throw new InvalidSettings(
          List.of(
              "Cannot run sequences of %d tokens: the model's config.json has %s"
                  .formatted(length, reason)));
    }
  }
}
