package lethe.model.family;

import java.util.EnumSet;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.RmsStyle.Norms;
import lethe.model.family.RmsStyle.Part;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;

/**
 * Phi-3 (arXiv:2404.14219), Phi-3.5 and Phi-4: Llama's layer with its matrices stored together, of
 * whose heads a part may turn. A window limits the context as in {@link Mistral}.
 */
final class Phi3 {
  private Phi3() {}

  static Architecture of(ModelConfig config) {
    ContextLength context = ContextLength.of(config, "max_position_embeddings", 4096);
    if (!config.isAbsent("sliding_window")) {
      context = context.within("sliding_window", config.size("sliding_window"));
    }
    int heads = config.size("num_attention_heads");
    int headSize = config.size("head_dim", config.size("hidden_size") / heads);
    return RmsDecoder.of(
        config,
        config.size("num_key_value_heads", heads, heads),
        headSize,
        context,
        RopeTypes.phi3(config, RmsDecoder.bounded(headSize)),
        RmsStyle.of(config, EnumSet.of(Part.STORED_TOGETHER), Norms.BEFORE, 1e-5));
  }
}
