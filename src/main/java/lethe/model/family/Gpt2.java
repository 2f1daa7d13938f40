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
 * GPT-2 (Radford et al., 2019): layer norm, learned positions, full attention. Its matrices are
 * stored as input x output, so they multiply from the right.
 *
 * <pre>
 *   x0 = wte[token] + wpe[position]
 *   x1 = x + attention(q, k, v) Wo + bo      (q, k, v) = norm1(x) Wa + ba
 *   x2 = x1 + act(norm2(x1) W1 + b1) W2 + b2
 * </pre>
 *
 * <p>Shapes in the script: x, x1 and normed B x T x D; qkv B x T x 3H x E, of which parts are
 * queries, keys and values; up B x T x F, F the width of the feed-forward block.
 */
final class Gpt2 {
  private static final String SCRIPT =
      """
        def embed(self, ids: Tensor, w: List[Tensor]) -> Tensor:
          return torch.add(torch.embedding(w[0], ids), torch.narrow(w[1], 0, 0, torch.size(ids, 1)))
        def product(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
          flat = torch.addmm(b, torch.reshape(x, [-1, torch.size(x, 2)]), w)
          return torch.reshape(flat, [torch.size(x, 0), torch.size(x, 1), torch.size(w, 1)])
        def project(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> List[Tensor]:
          normed = torch.to(torch.layer_norm(x, [${D}], ${NORM1}, ${NORM1_BIAS}, ${EPS}), ${C})
          qkv = torch.reshape((self).product(normed, ${QKV}, ${QKV_BIAS}, ), [torch.size(x, 0), torch.size(x, 1), 3 * ${H}, ${HD}])
          parts = torch.chunk(qkv, 3, 2)
          return [parts[0], parts[1], parts[2]]
        def finish(self, x: Tensor, a: Tensor, w: List[Tensor]) -> Tensor:
          x1 = torch.add(x, (self).product(a, ${OUTPUT}, ${OUTPUT_BIAS}, ))
          normed = torch.to(torch.layer_norm(x1, [${D}], ${NORM2}, ${NORM2_BIAS}, ${EPS}), ${C})
          up = (self).product(normed, ${UP}, ${UP_BIAS}, )
          return torch.add(x1, (self).product(${ACT}, ${DOWN}, ${DOWN_BIAS}, ))
        def head(self, h: Tensor, w: List[Tensor]) -> Tensor:
          normed = torch.to(torch.layer_norm(h, [${D}], w[0], w[1], ${EPS}), ${C})
          return torch.to(torch.linear(normed, w[2]), 6)
      """;

  private Gpt2() {}

  static Architecture of(ModelConfig config) {
    int width = config.size(config.named("n_embd", "hidden_size"));
    int heads = config.size(config.named("n_head", "num_attention_heads"));
    int vocabulary = config.size("vocab_size");
    long inner = config.isAbsent("n_inner") ? 4L * width : config.size("n_inner");
    config.refuseUnless(
        width % heads == 0, "n_embd %d must be a multiple of n_head %d".formatted(width, heads));
    for (String key : new String[] {"add_cross_attention", "scale_attn_by_inverse_layer_idx"}) {
      config.refuseUnless(!config.flag(key, false), key + " true is not supported");
    }
    config.flag("reorder_and_upcast_attn", false); // attention always accumulates in float32
    ContextLength context =
        ContextLength.of(config, config.named("n_positions", "max_position_embeddings"), 1024);

    Map<String, Object> names = new HashMap<>();
    names.put("D", width);
    names.put("H", heads);
    names.put("HD", width / heads);
    names.put("EPS", config.epsilon("layer_norm_epsilon", 1e-5));
    String scale = config.flag("scale_attn_weights", true) ? "None" : "1.0";
    names.put("ACT", Activation.of(config, "activation_function", "gelu_new", "up"));

    ArchitectureBuilder builder = new ArchitectureBuilder();
    builder.begin();
    builder.add("transformer.wte.weight", vocabulary, width);
    builder.add("transformer.wpe.weight", context.tokens(), width);
    for (int i = 0; i < config.layers(config.named("n_layer", "num_hidden_layers")); i++) {
      builder.begin();
      layer(builder, "transformer.h." + i + ".", width, inner, names);
    }
    builder.begin();
    builder.add("transformer.ln_f.weight", width);
    builder.add("transformer.ln_f.bias", width);
    if (config.flag("tie_word_embeddings", true)) {
      builder.addEmbedding();
    } else {
      builder.add("lm_head.weight", vocabulary, width);
    }
    return builder.architecture(
        config,
        width,
        context,
        new Architecture.Heads(heads, heads, width / heads),
        Rope.NONE,
        ScriptTemplates.fill(SCRIPT, names) + DecoderLayer.methods(scale));
  }

  private static void layer(
      ArchitectureBuilder builder, String p, int width, long inner, Map<String, Object> names) {
    names.put("NORM1", builder.add(p + "ln_1.weight", width));
    names.put("NORM1_BIAS", builder.add(p + "ln_1.bias", width));
    names.put("QKV", builder.add(p + "attn.c_attn.weight", width, 3L * width));
    names.put("QKV_BIAS", builder.addBias(NamedShape.of(p + "attn.c_attn.bias", 3L * width)));
    names.put("OUTPUT", builder.add(p + "attn.c_proj.weight", width, width));
    names.put("OUTPUT_BIAS", builder.addBias(NamedShape.of(p + "attn.c_proj.bias", width)));
    names.put("NORM2", builder.add(p + "ln_2.weight", width));
    names.put("NORM2_BIAS", builder.add(p + "ln_2.bias", width));
    names.put("UP", builder.add(p + "mlp.c_fc.weight", width, inner));
    names.put("UP_BIAS", builder.addBias(NamedShape.of(p + "mlp.c_fc.bias", inner)));
    names.put("DOWN", builder.add(p + "mlp.c_proj.weight", inner, width));
    names.put("DOWN_BIAS", builder.addBias(NamedShape.of(p + "mlp.c_proj.bias", width)));
  }
}
