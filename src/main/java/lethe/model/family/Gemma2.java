package lethe.model.family;

import java.util.List;
import java.util.OptionalDouble;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.RmsStyle.Norms;
import lethe.model.family.RmsStyle.Scores;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;

/**
 * Gemma 2 (arXiv:2408.00118): {@link Gemma} with norms around each block, bounded logits in the
 * attention and of the vocabulary, and a window in every other layer, which limits the context as
 * in {@link Mistral}.
 */
final class Gemma2 {
  private static final String TANH = "gelu_pytorch_tanh";

  private Gemma2() {}

  static Architecture of(ModelConfig config) {
    int headSize = config.size("head_dim", 256);
    double scale = 1 / Math.sqrt(config.positive("query_pre_attn_scalar", 256));
    RmsStyle style =
        new RmsStyle(
            Gemma.parts(config),
            Norms.AROUND,
            config.epsilon("rms_norm_eps", 1e-6),
            Activation.of(config, "hidden_activation", TANH, "gate"),
            config.flag("tie_word_embeddings", true),
            new Scores(OptionalDouble.of(scale), cap(config, "attn_logit_softcapping", 50)),
            cap(config, "final_logit_softcapping", 30));
    config.passOver("hidden_act", config.text("hidden_activation", TANH));
    return RmsDecoder.of(
        config,
        config.size("num_key_value_heads", 4),
        headSize,
        context(config),
        RopeTypes.whole(config, RmsDecoder.bounded(headSize)),
        style);
  }

  /** No cap where the key is null. */
  private static OptionalDouble cap(ModelConfig config, String key, double absent) {
    return config.isNull(key)
        ? OptionalDouble.empty()
        : OptionalDouble.of(config.positive(key, absent));
  }

  private static ContextLength context(ModelConfig config) {
    ContextLength context = ContextLength.of(config, "max_position_embeddings", 8192);
    int window = config.size("sliding_window", 4096);
    List<String> types = config.layerTypes("num_hidden_layers");
    for (String type : types) {
      config.refuseUnless(
          type.equals("full_attention") || type.equals("sliding_attention"),
          "layer_types \"%s\" is not supported; supported: full_attention, sliding_attention"
              .formatted(type));
    }
    boolean slides = types.isEmpty() || types.contains("sliding_attention");
    return slides ? context.within("sliding_window", window) : context;
  }
}
