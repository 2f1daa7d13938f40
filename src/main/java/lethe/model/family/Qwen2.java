package lethe.model.family;

import java.util.EnumSet;
import java.util.List;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.RmsStyle.Part;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;

/** Qwen2 and Qwen2.5 (arXiv:2407.10671): Llama's layer with biases on query, key and value. */
final class Qwen2 {
  private Qwen2() {}

  static Architecture of(ModelConfig config) {
    int heads = config.size("num_attention_heads");
    return RmsDecoder.of(
        config,
        config.size("num_key_value_heads", 32, heads),
        RmsDecoder.headSize(config, heads),
        context(config),
        EnumSet.of(Part.QKV_BIAS));
  }

  /**
   * The context, which ends at the window if any layer's attention slides; as in {@link Mistral}.
   */
  static ContextLength context(ModelConfig config) {
    ContextLength context = ContextLength.of(config, "max_position_embeddings", 32768);
    boolean slides = config.flag("use_sliding_window", false);
    boolean windowed = slides && !config.isNull("sliding_window");
    int window = config.size("sliding_window", 4096, 4096);
    int fullLayers = config.count("max_window_layers", 28);
    List<String> types = config.layerTypes("num_hidden_layers");
    for (String type : types) {
      config.refuseUnless(
          type.equals("full_attention") || (windowed && type.equals("sliding_attention")),
          "layer_types \"%s\" with use_sliding_window %s and sliding_window %s is not supported"
              .formatted(type, slides, windowed ? window : null));
    }
    boolean any =
        types.isEmpty()
            ? fullLayers < config.layers("num_hidden_layers")
            : types.contains("sliding_attention");
    return windowed && any ? context.within("sliding_window", window) : context;
  }
}
