package lethe.model.family;

import java.util.EnumSet;
import java.util.OptionalDouble;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.family.RmsStyle.Norms;
import lethe.model.family.RmsStyle.Part;
import lethe.model.family.RmsStyle.Scores;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;

/**
 * Gemma (arXiv:2403.08295): Llama's layer with norms that multiply by 1 + weight, a scaled
 * embedding, which is the output matrix too, and a gate by the tanh form of GELU.
 */
final class Gemma {
  private static final String TANH = "gelu_pytorch_tanh";

  private Gemma() {}

  static Architecture of(ModelConfig config) {
    int headSize = config.size("head_dim", 256);
    return RmsDecoder.of(
        config,
        config.size("num_key_value_heads", 16),
        headSize,
        ContextLength.of(config, "max_position_embeddings", 8192),
        RopeTypes.whole(config, RmsDecoder.bounded(headSize)),
        new RmsStyle(
            parts(config),
            Norms.BEFORE,
            config.epsilon("rms_norm_eps", 1e-6),
            activation(config),
            config.flag("tie_word_embeddings", true),
            Scores.PLAIN,
            OptionalDouble.empty()));
  }

  /** What both generations add to Llama's layer. */
  static EnumSet<Part> parts(ModelConfig config) {
    config.refuseUnless(
        config.isAbsent("use_bidirectional_attention")
            || !config.flag("use_bidirectional_attention", false),
        "use_bidirectional_attention true is not supported");
    EnumSet<Part> parts = RmsStyle.attentionBias(config);
    parts.addAll(EnumSet.of(Part.NORM_FROM_ONE, Part.SCALED_EMBEDDING));
    return parts;
  }

  /** The first checkpoints say {@code gelu} and mean its tanh form, as transformers knows. */
  private static String activation(ModelConfig config) {
    boolean meant = config.text("hidden_act", TANH).equals("gelu");
    String activation =
        meant ? Activation.of(TANH, "gate") : Activation.of(config, "hidden_act", TANH, "gate");
    config.passOver("hidden_activation", meant ? TANH : config.text("hidden_act", TANH));
    return activation;
  }
}
