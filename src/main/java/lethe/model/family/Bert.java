package lethe.model.family;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lethe.model.checkpoint.ModelConfig;
import lethe.model.network.Architecture;
import lethe.model.network.ContextLength;
import lethe.model.torch.ScriptTemplates;

/**
 * BERT (Devlin et al., arXiv:1810.04805) as an encoder of sentences: every token sees all others,
 * norms come after the blocks, positions are learnt, and all tokens are of the first segment.
 *
 * <pre>
 *   x0 = norm(word[token] + position[t] + type[0])
 *   x1 = norm(x + attention(q, k, v) Wo + bo)      q, k, v = x Wq + bq, x Wk + bk, x Wv + bv
 *   x2 = norm(x1 + act(x1 W1 + b1) W2 + b2)
 * </pre>
 *
 * It has no head: what is made of the last layer's hidden states is up to the caller. Nothing hides
 * padding, so texts of a batch must be of one length.
 *
 * <p>Shapes in the script: x and x1 B x T x D; q, k and v B x T x H x E.
 */
final class Bert {
  private static final String SCRIPT =
      """
        def embed(self, ids: Tensor, w: List[Tensor]) -> Tensor:
          placed = torch.add(torch.embedding(w[0], ids), torch.narrow(w[1], 0, 0, torch.size(ids, 1)))
          return torch.layer_norm(torch.add(placed, torch.select(w[2], 0, 0)), [${D}], w[3], w[4], ${EPS})
        def split(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
          return torch.reshape(torch.linear(x, w, b), [torch.size(x, 0), torch.size(x, 1), ${H}, ${HD}])
        def forward(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> Tensor:
          q = (self).split(x, ${Q}, ${Q_BIAS}, )
          k = (self).split(x, ${K}, ${K_BIAS}, )
          v = (self).split(x, ${V}, ${V_BIAS}, )
          a = torch.linear((self).attend(q, k, v, None, False, ), ${OUTPUT}, ${OUTPUT_BIAS})
          x1 = torch.layer_norm(torch.add(x, a), [${D}], ${NORM1}, ${NORM1_BIAS}, ${EPS})
          up = torch.linear(x1, ${UP}, ${UP_BIAS})
          down = torch.linear(${ACT}, ${DOWN}, ${DOWN_BIAS})
          return torch.layer_norm(torch.add(x1, down), [${D}], ${NORM2}, ${NORM2_BIAS}, ${EPS})
      """;

  private Bert() {}

  static Architecture of(ModelConfig config) {
    int width = config.size("hidden_size");
    int heads = config.size("num_attention_heads");
    int inner = config.size("intermediate_size");
    config.refuseUnless(
        width % heads == 0,
        "hidden_size %d must be a multiple of num_attention_heads %d".formatted(width, heads));
    config.oneOf("position_embedding_type", "absolute", Set.of("absolute"));
    for (String key : List.of("is_decoder", "add_cross_attention")) {
      config.refuseUnless(!config.flag(key, false), key + " true is not supported");
    }
    ContextLength context = ContextLength.of(config, "max_position_embeddings", 512);
    Map<String, Object> names = new HashMap<>();
    names.put("D", width);
    names.put("H", heads);
    names.put("HD", width / heads);
    names.put("EPS", config.epsilon("layer_norm_eps", 1e-12));
    names.put("ACT", Activation.of(config, "hidden_act", "gelu", "up"));

    ArchitectureBuilder builder = new ArchitectureBuilder();
    String e = "bert.embeddings.";
    builder.begin();
    builder.add(e + "word_embeddings.weight", config.size("vocab_size"), width);
    builder.add(e + "position_embeddings.weight", context.tokens(), width);
    builder.add(e + "token_type_embeddings.weight", config.size("type_vocab_size", 2), width);
    builder.add(e + "LayerNorm.weight", width);
    builder.add(e + "LayerNorm.bias", width);
    for (int i = 0; i < config.layers("num_hidden_layers"); i++) {
      builder.begin();
      layer(builder, "bert.encoder.layer." + i + ".", width, inner, names);
    }
    builder.begin();
    return builder.architecture(
        config,
        width,
        context,
        new Architecture.Heads(heads, heads, width / heads),
        Rope.NONE,
        ScriptTemplates.fill(SCRIPT, names) + ScriptTemplates.ATTEND);
  }

  private static void layer(
      ArchitectureBuilder builder, String p, int width, int inner, Map<String, Object> names) {
    for (String part : List.of("query", "key", "value")) {
      String name = part.substring(0, 1).toUpperCase(Locale.ROOT);
      names.put(name, builder.add(p + "attention.self." + part + ".weight", width, width));
      names.put(name + "_BIAS", builder.add(p + "attention.self." + part + ".bias", width));
    }
    block(builder, p, width, inner, names);
  }

  /** What follows the attention, the same in DeBERTa. */
  static void block(
      ArchitectureBuilder builder, String p, int width, int inner, Map<String, Object> names) {
    names.put("OUTPUT", builder.add(p + "attention.output.dense.weight", width, width));
    names.put("OUTPUT_BIAS", builder.add(p + "attention.output.dense.bias", width));
    names.put("NORM1", builder.add(p + "attention.output.LayerNorm.weight", width));
    names.put("NORM1_BIAS", builder.add(p + "attention.output.LayerNorm.bias", width));
    names.put("UP", builder.add(p + "intermediate.dense.weight", inner, width));
    names.put("UP_BIAS", builder.add(p + "intermediate.dense.bias", inner));
    names.put("DOWN", builder.add(p + "output.dense.weight", width, inner));
    names.put("DOWN_BIAS", builder.add(p + "output.dense.bias", width));
    names.put("NORM2", builder.add(p + "output.LayerNorm.weight", width));
    names.put("NORM2_BIAS", builder.add(p + "output.LayerNorm.bias", width));
  }
}
