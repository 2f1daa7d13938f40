package lethe.model.family;

import java.util.HashMap;
import java.util.Map;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.checkpoint.NamedShape;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;
import lethe.model.torch.DecoderLayer;
import lethe.model.torch.ScriptTemplates;

/**
 * GPT-NeoX (Black et al., arXiv:2204.06745) and Pythia: layer norm, rotary attention on part of
 * each head, and a feed-forward block that reads the layer's input (parallel residual) or the
 * attention's result (sequential). Query, key and value of one head follow one another in {@code
 * query_key_value}.
 *
 * <pre>
 *   x1 = x + Wo attention(rope(Wq h), rope(Wk h), Wv h)      h = norm1(x)
 *   x2 = x1 + W2 act(W1 norm2(x or x1))
 * </pre>
 *
 * <p>Shapes in the script: x, x1 and normed B x T x D; qkv B x T x H x 3E, of which parts are
 * queries, keys and values; up B x T x F, F the width of the feed-forward block.
 */
final class GptNeoX {
  private static final String SCRIPT =
      """
        def embed(self, ids: Tensor, w: List[Tensor]) -> Tensor:
          return torch.embedding(w[0], ids)
        def project(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> List[Tensor]:
          normed = torch.to(torch.layer_norm(x, [${D}], ${NORM1}, ${NORM1_BIAS}, ${EPS}), ${C})
          qkv = torch.reshape(torch.linear(normed, ${QKV}, ${QKV_BIAS}), [torch.size(x, 0), torch.size(x, 1), ${H}, 3 * ${HD}])
          parts = torch.chunk(qkv, 3, 3)
          return [(self).rope(parts[0], tables, ), (self).rope(parts[1], tables, ), parts[2]]
        def finish(self, x: Tensor, a: Tensor, w: List[Tensor]) -> Tensor:
          x1 = torch.add(x, torch.linear(a, ${OUTPUT}, ${OUTPUT_BIAS}))
          normed = torch.to(torch.layer_norm(${RESIDUAL}, [${D}], ${NORM2}, ${NORM2_BIAS}, ${EPS}), ${C})
          up = torch.linear(normed, ${UP}, ${UP_BIAS})
          return torch.add(x1, torch.linear(${ACT}, ${DOWN}, ${DOWN_BIAS}))
        def head(self, h: Tensor, w: List[Tensor]) -> Tensor:
          normed = torch.to(torch.layer_norm(h, [${D}], w[0], w[1], ${EPS}), ${C})
          return torch.to(torch.linear(normed, w[2]), 6)
      """;

  private GptNeoX() {}

  static Architecture of(ModelConfig config) {
    int width = config.size("hidden_size");
    int heads = config.size("num_attention_heads");
    int headSize = width / heads;
    int vocabulary = config.size("vocab_size");
    config.refuseUnless(
        width % heads == 0,
        "hidden_size %d must be a multiple of num_attention_heads %d".formatted(width, heads));
    config.refuseUnless(
        config.isAbsent("head_dim") || config.size("head_dim") == headSize,
        "head_dim other than hidden_size / num_attention_heads = %d is not supported"
            .formatted(headSize));
    config.refuseUnless(
        headSize <= Rope.MOST_DIMENSIONS,
        "hidden_size / num_attention_heads must be at most %d, was %d"
            .formatted(Rope.MOST_DIMENSIONS, headSize));
    Rope rope = RopeTypes.partial(config, Math.min(headSize, Rope.MOST_DIMENSIONS));
    ContextLength context = ContextLength.of(config, "max_position_embeddings", 2048);

    Map<String, Object> names = new HashMap<>();
    names.put("D", width);
    names.put("H", heads);
    names.put("HD", headSize);
    names.put("EPS", config.epsilon("layer_norm_eps", 1e-5));
    names.put("ACT", Activation.of(config, "hidden_act", "gelu", "up"));
    names.put("RESIDUAL", config.flag("use_parallel_residual", true) ? "x" : "x1");

    ArchitectureBuilder builder = new ArchitectureBuilder();
    builder.begin();
    builder.add("gpt_neox.embed_in.weight", vocabulary, width);
    for (int i = 0; i < config.layers("num_hidden_layers"); i++) {
      builder.begin();
      layer(config, builder, "gpt_neox.layers." + i + ".", width, names);
    }
    builder.begin();
    builder.add("gpt_neox.final_layer_norm.weight", width);
    builder.add("gpt_neox.final_layer_norm.bias", width);
    if (config.flag("tie_word_embeddings", false)) {
      builder.addEmbedding();
    } else {
      builder.add("embed_out.weight", vocabulary, width);
    }
    return builder.architecture(
        config,
        width,
        context,
        new Architecture.Heads(heads, heads, headSize),
        rope,
        ScriptTemplates.fill(SCRIPT, names) + DecoderLayer.methods("None") + ScriptTemplates.ROPE);
  }

  private static void layer(
      ModelConfig config,
      ArchitectureBuilder builder,
      String p,
      int width,
      Map<String, Object> names) {
    int inner = config.size("intermediate_size");
    boolean biased = config.flag("attention_bias", true);
    names.put("NORM1", builder.add(p + "input_layernorm.weight", width));
    names.put("NORM1_BIAS", builder.add(p + "input_layernorm.bias", width));
    names.put("QKV", builder.add(p + "attention.query_key_value.weight", 3L * width, width));
    names.put(
        "QKV_BIAS",
        biased
            ? builder.addBias(NamedShape.of(p + "attention.query_key_value.bias", 3L * width))
            : "None");
    names.put("OUTPUT", builder.add(p + "attention.dense.weight", width, width));
    names.put(
        "OUTPUT_BIAS",
        biased ? builder.addBias(NamedShape.of(p + "attention.dense.bias", width)) : "None");
    names.put("NORM2", builder.add(p + "post_attention_layernorm.weight", width));
    names.put("NORM2_BIAS", builder.add(p + "post_attention_layernorm.bias", width));
    names.put("UP", builder.add(p + "mlp.dense_h_to_4h.weight", inner, width));
    names.put("UP_BIAS", builder.addBias(NamedShape.of(p + "mlp.dense_h_to_4h.bias", inner)));
    names.put("DOWN", builder.add(p + "mlp.dense_4h_to_h.weight", width, inner));
    names.put("DOWN_BIAS", builder.addBias(NamedShape.of(p + "mlp.dense_4h_to_h.bias", width)));
  }
}
