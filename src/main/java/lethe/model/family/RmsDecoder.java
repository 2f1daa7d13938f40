package lethe.model.family;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.checkpoint.NamedShape;
import lethe.model.family.RmsStyle.Part;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;
import lethe.model.torch.ScriptTemplates;

/**
 * The layer that Llama and its descendants share: RMS norms around its blocks, rotary grouped-query
 * attention, and a gated feed-forward block.
 *
 * <pre>
 *   x1 = x  + Wo attention(rope(Wq h), rope(Wk h), Wv h)      h  = rms(x)
 *   x2 = x1 + Wd (act(Wg h1) * Wu h1)                         h1 = rms(x1)
 * </pre>
 *
 * Some families norm what a block adds instead of what it takes, or both ({@link RmsStyle.Norms}).
 *
 * <p>Shapes in the script: x, x1 and normed (which is h and h1 above) B x T x D; qkv B x T x (H +
 * 2K) x E, the heads of queries, keys and values one after another, of which qk are the first H +
 * K; mixed, what attention adds, B x T x D; gate and inner B x T x F, F the width of the
 * feed-forward block, gate_up both halves of 2F, and down, what that block adds, B x T x D. The
 * residual stream x is float32; the inputs of matrix products are in their dtype.
 *
 * @param width of the hidden states
 * @param heads of the queries
 * @param keyHeads of keys and values, a divisor of {@code heads}
 * @param headSize elements per head
 * @param inner width of the feed-forward block
 * @param style how the family departs from Llama
 */
record RmsDecoder(int width, int heads, int keyHeads, int headSize, int inner, RmsStyle style) {
  private static final String SCRIPT =
      """
        def embed(self, ids: Tensor, w: List[Tensor]) -> Tensor:
          return ${EMBEDDED}
        def project(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> List[Tensor]:
          normed = torch.to(${BEFORE_ATTENTION}, ${C})
          qkv = torch.reshape(torch.linear(normed, ${QKV}, ${QKV_BIAS}), [torch.size(x, 0), torch.size(x, 1), ${H} + 2 * ${K}, ${HD}])
          parts = torch.split_with_sizes(qkv, [${H} + ${K}, ${K}], 2)
          qk = parts[0]
      ${QK_NORM}
          turned = torch.split_with_sizes((self).rope(qk, tables, ), [${H}, ${K}], 2)
          return [turned[0], turned[1], parts[1]]
        def finish(self, x: Tensor, a: Tensor, w: List[Tensor]) -> Tensor:
          mixed = torch.linear(a, ${OUTPUT}, ${OUTPUT_BIAS})
          x1 = torch.add(x, ${AFTER_ATTENTION})
          normed = torch.to(${BEFORE_MLP}, ${C})
          gate_up = torch.chunk(torch.linear(normed, ${GATE_UP}, ${GATE_UP_BIAS}), 2, 2)
          gate = gate_up[0]
          inner = torch.mul(${ACT}, gate_up[1])
          down = torch.linear(inner, ${DOWN}, ${DOWN_BIAS})
          return torch.add(x1, ${AFTER_MLP})
        def head(self, h: Tensor, w: List[Tensor]) -> Tensor:
          normed = torch.to((self).rms(h, w[0], ), ${C})
          z = torch.to(torch.linear(normed, w[1]), 6)
          return ${LOGITS}
      """;

  /**
   * x / sqrt(mean x^2 + eps), times the weight: bit-identical to PyTorch's own operator, whose
   * backward pass differentiates a power; this product takes fewer passes.
   */
  private static final String RMS =
      """
        def rms(self, x: Tensor, w: Tensor) -> Tensor:
          r = torch.rsqrt(torch.add(torch.mean(torch.mul(x, x), [-1], True), ${EPS}))
          return torch.mul(torch.mul(x, r), ${NORM_SCALE})
      """;

  private static final String QK_NORM =
      """
          heads = torch.split_with_sizes(torch.to(qk, 6), [${H}, ${K}], 2)
          q = (self).rms(heads[0], ${Q_NORM}, )
          k = (self).rms(heads[1], ${K_NORM}, )
          qk = torch.to(torch.cat([q, k], 2), ${C})
      """;

  private static final String WHOLE_QK_NORM =
      """
          heads = torch.split_with_sizes(torch.to(qk, 6), [${H}, ${K}], 2)
          q = torch.reshape((self).rms(torch.flatten(heads[0], 2, 3), ${Q_NORM}, ), torch.size(heads[0]))
          k = torch.reshape((self).rms(torch.flatten(heads[1], 2, 3), ${K_NORM}, ), torch.size(heads[1]))
          qk = torch.to(torch.cat([q, k], 2), ${C})
      """;

  /** Elements of a head where a family divides the width among the heads. */
  static int headSize(ModelConfig config, int heads) {
    int share = config.size("hidden_size") / heads;
    return config.size("head_dim", share, share);
  }

  /** The network of a config.json, after a Llama-like family has read its own keys. */
  static Architecture of(
      ModelConfig config, int keyHeads, int headSize, ContextLength context, EnumSet<Part> parts) {
    return of(
        config,
        keyHeads,
        headSize,
        context,
        RopeTypes.whole(config, bounded(headSize)),
        RmsStyle.of(config, parts, RmsStyle.Norms.BEFORE, 1e-6));
  }

  /** A head size that tables can be made for, where one is needed before it is refused. */
  static int bounded(int headSize) {
    return Math.min(headSize, Rope.MOST_DIMENSIONS);
  }

  /** The network of a config.json, after a family has read its own keys. */
  static Architecture of(
      ModelConfig config,
      int keyHeads,
      int headSize,
      ContextLength context,
      Rope rope,
      RmsStyle style) {
    RmsDecoder layer =
        new RmsDecoder(
            config.size("hidden_size"),
            config.size("num_attention_heads"),
            keyHeads,
            headSize,
            config.size("intermediate_size"),
            style);
    config.refuseUnless(
        headSize >= 1 && headSize <= Rope.MOST_DIMENSIONS,
        "head_dim must be from 1 to %d, was %d".formatted(Rope.MOST_DIMENSIONS, headSize));
    config.refuseUnless(
        layer.heads % keyHeads == 0,
        "num_attention_heads %d must be a multiple of num_key_value_heads %d"
            .formatted(layer.heads, keyHeads));
    return layer.network(config, context, rope);
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
    if (style.tied()) {
      builder.addEmbedding();
    } else {
      builder.add("lm_head.weight", vocabulary, width);
    }
    names.put("H", heads);
    names.put("K", keyHeads);
    names.put("HD", headSize);
    names.put("EPS", style.epsilon());
    names.put("ACT", style.activation());
    names.put("NORM_SCALE", style.has(Part.NORM_FROM_ONE) ? "torch.add(w, 1)" : "w");
    names.put("EMBEDDED", embedded());
    names.put("LOGITS", logits());
    String text = SCRIPT.replace("${QK_NORM}\n", qkNorm());
    return builder.architecture(
        config,
        width,
        context,
        new Architecture.Heads(heads, keyHeads, headSize, style.scores().cap().isPresent()),
        rope,
        ScriptTemplates.fill(text + RMS, names)
            + style.scores().methods(headSize)
            + ScriptTemplates.ROPE);
  }

  private String embedded() {
    String rows = "torch.embedding(w[0], ids)";
    return style.has(Part.SCALED_EMBEDDING)
        ? "torch.mul(%s, torch.tensor(%s, dtype=${C}))".formatted(rows, Math.sqrt(width))
        : rows;
  }

  /** Written over the logits but for the last step, since they are the largest tensor of a pass. */
  private String logits() {
    return style.logitCap().isPresent()
        ? "torch.mul(torch.tanh_(torch.div_(z, %1$s)), %1$s)"
            .formatted(style.logitCap().getAsDouble())
        : "z";
  }

  private String qkNorm() {
    return style.has(Part.QK_NORM) ? QK_NORM : style.has(Part.WHOLE_QK_NORM) ? WHOLE_QK_NORM : "";
  }

  private void attention(ArchitectureBuilder builder, String layer, Map<String, Object> names) {
    String p = layer + "self_attn.";
    long queries = (long) heads * headSize;
    long keys = (long) keyHeads * headSize;
    names.put("BEFORE_ATTENTION", norm(builder, layer, style.norms().beforeAttention, "x"));
    names.put(
        "QKV",
        style.has(Part.STORED_TOGETHER)
            ? builder.add(p + "qkv_proj.weight", queries + 2 * keys, width)
            : builder.add(
                NamedShape.of(p + "q_proj.weight", queries, width),
                NamedShape.of(p + "k_proj.weight", keys, width),
                NamedShape.of(p + "v_proj.weight", keys, width)));
    names.put(
        "QKV_BIAS",
        style.has(Part.QKV_BIAS)
            ? builder.addBias(
                NamedShape.of(p + "q_proj.bias", queries),
                NamedShape.of(p + "k_proj.bias", keys),
                NamedShape.of(p + "v_proj.bias", keys))
            : "None");
    if (!qkNorm().isEmpty()) {
      boolean whole = style.has(Part.WHOLE_QK_NORM);
      names.put("Q_NORM", builder.add(p + "q_norm.weight", whole ? queries : headSize));
      names.put("K_NORM", builder.add(p + "k_norm.weight", whole ? keys : headSize));
    }
    names.put("OUTPUT", builder.add(p + "o_proj.weight", width, queries));
    names.put(
        "OUTPUT_BIAS",
        style.has(Part.OUTPUT_BIAS)
            ? builder.addBias(NamedShape.of(p + "o_proj.bias", width))
            : "None");
    names.put("AFTER_ATTENTION", norm(builder, layer, style.norms().afterAttention, "mixed"));
  }

  private void feedForward(ArchitectureBuilder builder, String layer, Map<String, Object> names) {
    String p = layer + "mlp.";
    boolean biased = style.has(Part.MLP_BIAS);
    names.put("BEFORE_MLP", norm(builder, layer, style.norms().beforeMlp, "x1"));
    names.put(
        "GATE_UP",
        style.has(Part.STORED_TOGETHER)
            ? builder.add(p + "gate_up_proj.weight", 2L * inner, width)
            : builder.add(
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
    names.put("AFTER_MLP", norm(builder, layer, style.norms().afterMlp, "down"));
  }

  /**
   * A variable of the script behind a norm of its own, in float32; the variable itself where there
   * is none.
   *
   * @param name of the norm among the layer's, or empty
   */
  private String norm(ArchitectureBuilder builder, String layer, String name, String variable) {
    return name.isEmpty()
        ? variable
        : "(self).rms(torch.to(%s, 6), %s, )"
            .formatted(variable, builder.add(layer + name + ".weight", width));
  }
}
