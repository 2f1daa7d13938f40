package lethe.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Llama (Touvron et al., arXiv:2302.13971): pre-norm layers with RMS norm, rotary grouped-query
 * attention and a SiLU-gated feed-forward block.
 */
final class Llama {
  private static final String SCRIPT =
      """
        def embed(self, ids: Tensor, w: List[Tensor]) -> Tensor:
          return torch.embedding(w[0], ids)
        def forward(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> Tensor:
          b = torch.size(x, 0)
          t = torch.size(x, 1)
          h = torch.rms_norm(x, [${D}], w[0], ${EPS})
          qkv = torch.reshape(torch.linear(h, w[1]), [b, t, ${H} + 2 * ${K}, ${HD}])
          cos = torch.unsqueeze(tables[0], 1)
          sin = torch.unsqueeze(tables[1], 1)
          qk = torch.narrow(qkv, 2, 0, ${H} + ${K})
          turned = torch.cat([torch.neg(torch.narrow(qk, 3, ${HD2}, ${HD2})), torch.narrow(qk, 3, 0, ${HD2})], 3)
          qk1 = torch.add(torch.mul(qk, cos), torch.mul(turned, sin))
          q = torch.transpose(torch.narrow(qk1, 2, 0, ${H}), 1, 2)
          k = torch.transpose(torch.narrow(qk1, 2, ${H}, ${K}), 1, 2)
          v = torch.transpose(torch.narrow(qkv, 2, ${H} + ${K}, ${K}), 1, 2)
          a = torch.scaled_dot_product_attention(q, k, v, None, 0., True, scale=None, enable_gqa=${GQA})
          x1 = torch.add(x, torch.linear(torch.reshape(torch.transpose(a, 1, 2), [b, t, ${H} * ${HD}]), w[2]))
          h1 = torch.rms_norm(x1, [${D}], w[3], ${EPS})
          gu = torch.linear(h1, w[4])
          m = torch.mul(torch.silu(torch.narrow(gu, 2, 0, ${F})), torch.narrow(gu, 2, ${F}, ${F}))
          return torch.add(x1, torch.linear(m, w[5]))
        def head(self, h: Tensor, w: List[Tensor]) -> Tensor:
          return torch.linear(torch.rms_norm(h, [${D}], w[0], ${EPS}), w[1])
      """;

  private Llama() {}

  static Architecture of(ModelConfig config) {
    int width = config.size("hidden_size");
    int heads = config.size("num_attention_heads");
    int keyHeads = config.size("num_key_value_heads", heads);
    int headSize = config.size("head_dim", width / heads);
    int inner = config.size("intermediate_size");
    int vocabulary = config.size("vocab_size");
    config.oneOf("hidden_act", "silu", Set.of("silu"));
    config.refuseUnless(
        !config.flag("attention_bias", false), "attention_bias true is not supported");
    config.refuseUnless(!config.flag("mlp_bias", false), "mlp_bias true is not supported");
    config.refuseUnless(
        heads % keyHeads == 0, "num_attention_heads must be a multiple of num_key_value_heads");
    Rope rope = Rope.of(config, headSize);

    List<Parameter> parameters = new ArrayList<>();
    parameters.add(Parameter.of("model.embed_tokens.weight", vocabulary, width));
    List<List<Integer>> layers = new ArrayList<>();
    for (int i = 0; i < config.size("num_hidden_layers"); i++) {
      String p = "model.layers." + i + ".";
      int first = parameters.size();
      parameters.add(Parameter.of(p + "input_layernorm.weight", width));
      parameters.add(
          Parameter.of(
              NamedShape.of(p + "self_attn.q_proj.weight", (long) heads * headSize, width),
              NamedShape.of(p + "self_attn.k_proj.weight", (long) keyHeads * headSize, width),
              NamedShape.of(p + "self_attn.v_proj.weight", (long) keyHeads * headSize, width)));
      parameters.add(Parameter.of(p + "self_attn.o_proj.weight", width, (long) heads * headSize));
      parameters.add(Parameter.of(p + "post_attention_layernorm.weight", width));
      parameters.add(
          Parameter.of(
              NamedShape.of(p + "mlp.gate_proj.weight", inner, width),
              NamedShape.of(p + "mlp.up_proj.weight", inner, width)));
      parameters.add(Parameter.of(p + "mlp.down_proj.weight", width, inner));
      layers.add(List.of(first, first + 1, first + 2, first + 3, first + 4, first + 5));
    }
    int norm = parameters.size();
    parameters.add(Parameter.of("model.norm.weight", width));
    int output = 0; // tied: the embedding
    if (!config.flag("tie_word_embeddings", false)) {
      output = parameters.size();
      parameters.add(Parameter.of("lm_head.weight", vocabulary, width));
    }
    String script =
        SCRIPT
            .replace("${D}", String.valueOf(width))
            .replace("${EPS}", String.valueOf(config.number("rms_norm_eps", 1e-6)))
            .replace("${HD}", String.valueOf(headSize))
            .replace("${HD2}", String.valueOf(headSize / 2))
            .replace("${H}", String.valueOf(heads))
            .replace("${K}", String.valueOf(keyHeads))
            .replace("${F}", String.valueOf(inner))
            .replace("${GQA}", heads == keyHeads ? "False" : "True");
    return new Architecture(
        config.type(),
        vocabulary,
        config.size("max_position_embeddings"),
        width,
        List.copyOf(parameters),
        List.of(0),
        List.copyOf(layers),
        List.of(norm, output),
        rope::tables,
        script);
  }
}
