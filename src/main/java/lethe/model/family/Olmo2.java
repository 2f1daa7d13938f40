package lethe.model.family;

import java.util.EnumSet;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.RmsStyle.Norms;
import lethe.model.family.RmsStyle.Part;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;

/**
 * OLMo 2 (arXiv:2501.00656): Llama's layer with a norm on what each block adds instead of what it
 * takes, and one on the whole query and the whole key before their heads turn.
 */
final class Olmo2 {
  private Olmo2() {}

  static Architecture of(ModelConfig config) {
    int heads = config.size("num_attention_heads");
    int headSize = config.size("head_dim", config.size("hidden_size") / heads);
    EnumSet<Part> parts = RmsStyle.attentionBias(config);
    parts.add(Part.WHOLE_QK_NORM);
    return RmsDecoder.of(
        config,
        config.size("num_key_value_heads", heads, heads),
        headSize,
        ContextLength.of(config, "max_position_embeddings", 2048),
        RopeTypes.whole(config, RmsDecoder.bounded(headSize)),
        RmsStyle.of(config, parts, Norms.AFTER, 1e-5));
  }
}
