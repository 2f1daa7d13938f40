package lethe.model.family;

import java.util.EnumSet;
import java.util.OptionalDouble;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.torch.DecoderLayer;

/**
 * How a family departs from Llama in the layer that {@link RmsDecoder} makes.
 *
 * @param parts what it adds
 * @param norms where they are
 * @param epsilon of the norms
 * @param activation of the gate, as a TorchScript expression
 * @param tied whether the output matrix is the embedding
 * @param scores the attention's
 * @param logitCap c of {@code c tanh(z / c)}, z the logits of the vocabulary
 */
record RmsStyle(
    EnumSet<Part> parts,
    Norms norms,
    double epsilon,
    String activation,
    boolean tied,
    Scores scores,
    OptionalDouble logitCap) {
  /** What a family adds to the layer. */
  enum Part {
    /** A bias on query, key and value. */
    QKV_BIAS,
    /** A bias on the attention's output. */
    OUTPUT_BIAS,
    /** A bias on each matrix of the feed-forward block. */
    MLP_BIAS,
    /** An RMS norm on each head of query and key. */
    QK_NORM,
    /** An RMS norm on all heads of the query together, and on all of the key. */
    WHOLE_QK_NORM,
    /** Query, key and value are stored as one tensor, and so are gate and up. */
    STORED_TOGETHER,
    /** Norms multiply by 1 + weight. */
    NORM_FROM_ONE,
    /**
     * The embedding is multiplied by sqrt(D), rounded to the dtype of matrix products as the family
     * does: 55.5 for 3072 in bfloat16.
     */
    SCALED_EMBEDDING
  }

  /** Where the layer's norms are, by the names of their tensors; empty where there is none. */
  enum Norms {
    BEFORE("input_layernorm", "", "post_attention_layernorm", ""),
    AFTER("", "post_attention_layernorm", "", "post_feedforward_layernorm"),
    AROUND(
        "input_layernorm",
        "post_attention_layernorm",
        "pre_feedforward_layernorm",
        "post_feedforward_layernorm");

    final String beforeAttention;
    final String afterAttention;
    final String beforeMlp;
    final String afterMlp;

    Norms(String beforeAttention, String afterAttention, String beforeMlp, String afterMlp) {
      this.beforeAttention = beforeAttention;
      this.afterAttention = afterAttention;
      this.beforeMlp = beforeMlp;
      this.afterMlp = afterMlp;
    }
  }

  /**
   * What becomes of the products of queries and keys before the softmax.
   *
   * @param scale they are multiplied by; empty for 1 / sqrt(E)
   * @param cap c of {@code c tanh(z / c)} after that
   */
  record Scores(OptionalDouble scale, OptionalDouble cap) {
    static final Scores PLAIN = new Scores(OptionalDouble.empty(), OptionalDouble.empty());

    /** The layer's composed methods and its attention. */
    String methods(int headSize) {
      if (cap.isPresent()) {
        return DecoderLayer.capped(scale.orElse(1 / Math.sqrt(headSize)), cap.getAsDouble());
      }
      return DecoderLayer.methods(scale.isPresent() ? String.valueOf(scale.getAsDouble()) : "None");
    }
  }

  /**
   * Llama's, but for some parts.
   *
   * @param epsilon of the norms where config.json has none
   */
  static RmsStyle of(ModelConfig config, EnumSet<Part> parts, Norms norms, double epsilon) {
    return new RmsStyle(
        parts,
        norms,
        config.epsilon("rms_norm_eps", epsilon),
        Activation.of(config, "hidden_act", "silu", "gate"),
        config.flag("tie_word_embeddings", false),
        Scores.PLAIN,
        OptionalDouble.empty());
  }

  /** The biases of the attention's products, where config.json switches them on. */
  static EnumSet<Part> attentionBias(ModelConfig config) {
    return config.flag("attention_bias", false)
        ? EnumSet.of(Part.QKV_BIAS, Part.OUTPUT_BIAS)
        : EnumSet.noneOf(Part.class);
  }

  boolean has(Part part) {
    return parts.contains(part);
  }
}
