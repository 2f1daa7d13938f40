package lethe.model.family;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;
import lethe.model.torch.DecoderLayer;
import lethe.model.torch.ScriptTemplates;

/**
 * The layer that Llama, Mistral and Qwen share: an RMS norm before each block, rotary grouped-query
 * attention, and a gated feed-forward block.
 *
 * <pre>
 *   x1 = x  + Wo attention(rope(Wq h), rope(Wk h), Wv h)      h  = rms(x)
 *   x2 = x1 + Wd (act(Wg h1) * Wu h1)                         h1 = rms(x1)
 * </pre>
 *
 * <p>Shapes in the script: x, x1 and normed (which is h and h1 above) B x T x D; qkv B x T x (H +
 * 2K) x E, the heads of queries, keys and values one after another, of which qk are the first H +
 * K; gate and inner B x T x F, F the width of the feed-forward block, and gate_up both halves of
 * 2F. The residual stream x is float32; the inputs of matrix products are in their dtype.
 *
 * @param width of the hidden states
 * @param heads of the queries
 * @param keyHeads of keys and values, a divisor of {@code heads}
 * @param headSize elements per head
 * @param inner width of the feed-forward block
 * @param parts what a family adds
 */
record RmsDecoder(
    int width, int heads, int keyHeads, int headSize, int inner, EnumSet<Part> parts) {
  private static final String SCRIPT =
      """
        def embed(self, ids: Tensor, w: List[Tensor]) -> Tensor:
          return torch.embedding(w[0], ids)
        def project(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> List[Tensor]:
          normed = torch.to((self).rms(x, ${NORM1}, ), ${C})
          qkv = torch.reshape(torch.linear(normed, ${QKV}, ${QKV_BIAS}), [torch.size(x, 0), torch.size(x, 1), ${H} + 2 * ${K}, ${HD}])
          parts = torch.split_with_sizes(qkv, [${H} + ${K}, ${K}], 2)
          qk = parts[0]
      ${QK_NORM}
          turned = torch.split_with_sizes((self).rope(qk, tables, ), [${H}, ${K}], 2)
          return [turned[0], turned[1], parts[1]]
        def finish(self, x: Tensor, a: Tensor, w: List[Tensor]) -> Tensor:
          x1 = torch.add(x, torch.linear(a, ${OUTPUT}, ${OUTPUT_BIAS}))
          normed = torch.to((self).rms(x1, ${NORM2}, ), ${C})
          gate_up = torch.chunk(torch.linear(normed, ${GATE_UP}, ${GATE_UP_BIAS}), 2, 2)
          gate = gate_up[0]
          inner = torch.mul(${ACT}, gate_up[1])
          return torch.add(x1, torch.linear(inner, ${DOWN}, ${DOWN_BIAS}))
        def head(self, h: Tensor, w: List[Tensor]) -> Tensor:
          normed = torch.to((self).rms(h, w[0], ), ${C})
          return torch.to(torch.linear(normed, w[1]), 6)
      """;

  /**
   * x / sqrt(mean x^2 + eps), times the weight: bit-identical to PyTorch's own operator, whose
   * backward pass differentiates a power; this product takes fewer passes.
   */
  private static final String RMS =
      """
        def rms(self, x: Tensor, w: Tensor) -> Tensor:
          r = torch.rsqrt(torch.add(torch.mean(torch.mul(x, x), [-1], True), ${EPS}))
          return torch.mul(torch.mul(x, r), w)
      """;

  private static final String QK_NORM =
      """
          heads = torch.split_with_sizes(torch.to(qk, 6), [${H}, ${K}], 2)
          q = (self).rms(heads[0], ${Q_NORM}, )
          k = (self).rms(heads[1], ${K_NORM}, )
          qk = torch.to(torch.cat([q, k], 2), ${C})
      """;

  /** What a family adds to the layer. */
  enum Part {
    /** A bias on query, key and value. */
    QKV_BIAS,
    /** A bias on the attention's output. */
    OUTPUT_BIAS,
    /** A bias on each matrix of the feed-forward block. */
    MLP_BIAS,
    /** An RMS norm on each head of query and key. */
    QK_NORM
  }

  /** Elements of a head where a family divides the width among the heads. */
  static int headSize(ModelConfig config, int heads) {
    int share = config.size("hidden_size") / heads;
    return config.size("head_dim", share, share);
  }

  /** The network of a config.json, after a family has read its own keys. */
  static Architecture of(
      ModelConfig config, int keyHeads, int headSize, ContextLength context, EnumSet<Part> parts) {
    RmsDecoder layer =
        new RmsDecoder(
            config.size("hidden_size"),
            config.size("num_attention_heads"),
            keyHeads,
            headSize,
            config.size("intermediate_size"),
            parts);
    config.refuseUnless(
        headSize >= 1 && headSize <= Rope.MOST_DIMENSIONS,
        "head_dim must be from 1 to %d, was %d".formatted(Rope.MOST_DIMENSIONS, headSize));
    config.refuseUnless(
        layer.heads % keyHeads == 0,
        "num_attention_heads %d must be a multiple of num_key_value_heads %d"
            .formatted(layer.heads, keyHeads));
    return layer.network(
        config, context, RopeTypes.whole(config, Math.min(headSize, Rope.MOST_DIMENSIONS)));
  }

  private Architecture network(ModelConfig config, ContextLength context, Rope rope) {
    int vocabulary = config.size("vocab_size");
    Map<String, Object> names = new HashMap<>();
    ArchitectureBuilder builder = new ArchitectureBuilder();
    builder.begin();
    builder.add("model.embed_tokens.weight", vocabulary, width);
    for (int i = 0; i < config.layers("num_hidden_layers"); i++) {
      builder.begin();
      attention(builder, "model.layers." + i + ".", names);
      feedForward(builder, "model.layers." + i + ".", names);
    }
    builder.begin();
    builder.add("model.norm.weight", width);
    if (config.flag("tie_word_embeddings", false)) {
      builder.addEmbedding();
    } else {
      builder.add("lm_head.weight", vocabulary, width);
    }
    names.put("D", width);
    names.put("H", heads);
    names.put("K", keyHeads);
    names.put("HD", headSize);
    names.put("F", inner);
    names.put("EPS", config.epsilon("rms_norm_eps", 1e-6));
    names.put("ACT", Activation.of(config, "hidden_act", "silu", "gate"));
    String text = SCRIPT.replace("${QK_NORM}\n", parts.contains(Part.QK_NORM) ? QK_NORM : "");
    return builder.architecture(
        config,
        width,
        context,
        new Architecture.Heads(heads, keyHeads, headSize),
        rope,
        ScriptTemplates.fill(text + RMS, names)
            + DecoderLayer.methods("None")
            + ScriptTemplates.ROPE);
  }

  private void attention(ArchitectureBuilder builder, String layer, Map<String, Object> names) {
    String p = layer + "self_attn.";
    long queries = (long) heads * headSize;
    long keys = (long) keyHeads * headSize;
    names.put("NORM1", builder.add(layer + "input_layernorm.weight", width));
    names.put(
        "QKV",
        builder.add(
            NamedShape.of(p + "q_proj.weight", queries, width),
            NamedShape.of(p + "k_proj.weight", keys, width),
            NamedShape.of(p + "v_proj.weight", keys, width)));
    names.put(
        "QKV_BIAS",
        parts.contains(Part.QKV_BIAS)
            ? builder.addBias(
                NamedShape.of(p + "q_proj.bias", queries),
                NamedShape.of(p + "k_proj.bias", keys),
                NamedShape.of(p + "v_proj.bias", keys))
            : "None");
    if (parts.contains(Part.QK_NORM)) {
      names.put("Q_NORM", builder.add(p + "q_norm.weight", headSize));
      names.put("K_NORM", builder.add(p + "k_norm.weight", headSize));
    }
    names.put("OUTPUT", builder.add(p + "o_proj.weight", width, queries));
    names.put(
        "OUTPUT_BIAS",
        parts.contains(Part.OUTPUT_BIAS)
            ? builder.addBias(NamedShape.of(p + "o_proj.bias", width))
            : "None");
  }

  private void feedForward(ArchitectureBuilder builder, String layer, Map<String, Object> names) {
    String p = layer + "mlp.";
    boolean biased = parts.contains(Part.MLP_BIAS);
    names.put("NORM2", builder.add(layer + "post_attention_layernorm.weight", width));
    names.put(
        "GATE_UP",
        builder.add(
            NamedShape.of(p + "gate_proj.weight", inner, width),
            NamedShape.of(p + "up_proj.weight", inner, width)));
    names.put(
        "GATE_UP_BIAS",
        biased
            ? builder.addBias(
                NamedShape.of(p + "gate_proj.bias", inner),
                NamedShape.of(p + "up_proj.bias", inner))
            : "None");
    names.put("DOWN", builder.add(p + "down_proj.weight", width, inner));
    names.put(
        "DOWN_BIAS", biased ? builder.addBias(NamedShape.of(p + "down_proj.bias", width)) : "None");
  }
}
