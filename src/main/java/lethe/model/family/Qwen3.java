package lethe.model.family;

import java.util.EnumSet;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.RmsStyle.Part;
import lethe.model.network.Architecture;

/**
 * Qwen3 (arXiv:2505.09388): Llama's layer with an RMS norm on each head of query and key before
 * they turn.
 */
final class Qwen3 {
  private Qwen3() {}

  static Architecture of(ModelConfig config) {
    EnumSet<Part> parts = RmsStyle.attentionBias(config);
    parts.add(Part.QK_NORM);
    int heads = config.size("num_attention_heads");
    return RmsDecoder.of(
        config,
        config.size("num_key_value_heads", 32, heads),
        config.size("head_dim", 128),
        Qwen2.context(config),
        parts);
  }
}
