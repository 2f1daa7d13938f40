package lethe.generation;

import java.util.Locale;

/** Why an answer ends. */
public enum StopReason {
  /** The model wrote a token that ends an answer; the token is not part of it. */
  END,
  /** The model wrote one of the stop strings; the text ends before it. */
  STRING,
  /** It has as many tokens as an answer may have. */
  LENGTH,
  /** Prompt and answer fill the model's context. */
  CONTEXT,
  /** The prompt alone fills the model's context, so there is no answer. */
  PROMPT;

  /** As tables have it. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
