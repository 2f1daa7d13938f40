package lethe.model.family;

import java.util.EnumSet;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.RmsStyle.Part;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;

/**
 * Mistral (Jiang et al., arXiv:2310.06825): Llama's layer whose attention sees a sliding window. A
 * window that covers the whole sequence is no window, and longer sequences are refused.
 */
final class Mistral {
  private Mistral() {}

  static Architecture of(ModelConfig config) {
    ContextLength context = ContextLength.of(config, "max_position_embeddings", 131072);
    if (!config.isNull("sliding_window")) {
      context = context.within("sliding_window", config.size("sliding_window", 4096));
    }
    int heads = config.size("num_attention_heads");
    return RmsDecoder.of(
        config,
        config.size("num_key_value_heads", 8, heads),
        RmsDecoder.headSize(config, heads),
        context,
        EnumSet.noneOf(Part.class));
  }
}
