package lethe.model.family;

import java.util.EnumSet;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.RmsStyle.Part;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;

/**
 * Llama (Touvron et al., arXiv:2302.13971) and the models that kept its layout: Llama 2 and 3, Yi,
 * TinyLlama.
 */
final class Llama {
  private Llama() {}

  static Architecture of(ModelConfig config) {
    EnumSet<Part> parts = RmsStyle.attentionBias(config);
    if (config.flag("mlp_bias", false)) {
      parts.add(Part.MLP_BIAS);
    }
    int heads = config.size("num_attention_heads");
    return RmsDecoder.of(
        config,
        config.size("num_key_value_heads", heads, heads),
        RmsDecoder.headSize(config, heads),
        ContextLength.of(config, "max_position_embeddings", 2048),
        parts);
  }
}
