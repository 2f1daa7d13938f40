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
 * DeBERTa-v2 and -v3 (He et al., arXiv:2006.03654, arXiv:2111.09543) as a classifier of texts and
 * pairs of texts. Attention adds to what tokens say of each other what they say of the distance
 * between them:
 *
 * <pre>
 *   score(i, j) = (q_i k_j + q_i kr_r(i,j) + k_j qr_r(i,j)) / sqrt(3 E)
 *   kr = R Wk + bk,  qr = R Wq + bq,   R = norm(distance embeddings)
 *   r(i, j) = clamp(bucket(i - j) + s, 0, 2 s - 1),   s buckets to each side
 *   bucket(d) = d up to m = s / 2, beyond it sign(d) (m + ceil((m - 1) ln(|d| / m) / ln((L - 1) / m)))
 *   logits = act(h_0 Wp + bp) Wc + bc,   h_0 of the first token
 * </pre>
 *
 * L is {@code max_relative_positions}. Only the layout of the v3 models is supported: no absolute
 * positions, no segments, no convolution, both directions, and distances that share the matrices of
 * queries and keys. Nothing hides padding, so texts of a batch must be of one length.
 *
 * <p>Shapes in the script: x and x1 B x T x D; q, k and v B x H x T x E; qr and kr H x 2s x E; near
 * T x T, the rows r(i, j).
 */
final class DebertaV2 {
  private static final String SCRIPT =
      """
        def embed(self, ids: Tensor, w: List[Tensor]) -> Tensor:
          return torch.layer_norm(torch.embedding(w[0], ids), [${D}], w[1], w[2], ${EPS})
        def split(self, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
          y = torch.reshape(torch.linear(x, w, b), [torch.size(x, 0), torch.size(x, 1), ${H}, ${HD}])
          return torch.transpose(y, 1, 2)
        def at(self, scores: Tensor, near: Tensor) -> Tensor:
          shape = [torch.size(scores, 0), torch.size(scores, 1), torch.size(near, 0), torch.size(near, 1)]
          return torch.gather(scores, 3, torch.expand(near, shape))
        def forward(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> Tensor:
          near = torch.to(tables[0], 4)
          distances = torch.unsqueeze(${DISTANCES}, 0)
          q = (self).split(x, ${Q}, ${Q_BIAS}, )
          k = (self).split(x, ${K}, ${K_BIAS}, )
          v = (self).split(x, ${V}, ${V_BIAS}, )
          qr = (self).split(distances, ${Q}, ${Q_BIAS}, )
          kr = (self).split(distances, ${K}, ${K_BIAS}, )
          words = torch.matmul(q, torch.transpose(k, 2, 3))
          ahead = (self).at(torch.matmul(q, torch.transpose(kr, 2, 3)), near, )
          back = (self).at(torch.matmul(k, torch.transpose(qr, 2, 3)), torch.transpose(near, 0, 1), )
          sum = torch.add(torch.add(words, ahead), torch.transpose(back, 2, 3))
          p = torch.softmax(torch.mul(sum, ${SCALE}), -1)
          mixed = torch.reshape(torch.transpose(torch.matmul(p, v), 1, 2), torch.size(x))
          a = torch.linear(mixed, ${OUTPUT}, ${OUTPUT_BIAS})
          x1 = torch.layer_norm(torch.add(x, a), [${D}], ${NORM1}, ${NORM1_BIAS}, ${EPS})
          up = torch.linear(x1, ${UP}, ${UP_BIAS})
          down = torch.linear(${ACT}, ${DOWN}, ${DOWN_BIAS})
          return torch.layer_norm(torch.add(x1, down), [${D}], ${NORM2}, ${NORM2_BIAS}, ${EPS})
        def head(self, h: Tensor, w: List[Tensor]) -> Tensor:
          pooled = torch.linear(h, w[0], w[1])
          return torch.linear(${POOLER_ACT}, w[2], w[3])
      """;

  private static final Set<String> BOTH = Set.of("c2p", "p2c");

  private DebertaV2() {}

  static Architecture of(ModelConfig config) {
    int width = config.size("hidden_size");
    int heads = config.size("num_attention_heads");
    int inner = config.size("intermediate_size");
    config.refuseUnless(
        width % heads == 0,
        "hidden_size %d must be a multiple of num_attention_heads %d".formatted(width, heads));
    ContextLength context = ContextLength.of(config, "max_position_embeddings", 512);
    Distances distances = distances(config, context.tokens());

    Map<String, Object> names = new HashMap<>();
    names.put("D", width);
    names.put("H", heads);
    names.put("HD", width / heads);
    int size = width / heads;
    names.put("SCALE", 1 / Math.sqrt(3.0 * size));
    names.put("EPS", config.epsilon("layer_norm_eps", 1e-7));
    names.put("ACT", Activation.of(config, "hidden_act", "gelu", "up"));
    names.put("POOLER_ACT", Activation.of(config, "pooler_hidden_act", "gelu", "pooled"));

    ArchitectureBuilder builder = new ArchitectureBuilder();
    String p = "deberta.";
    builder.begin();
    builder.add(p + "embeddings.word_embeddings.weight", config.size("vocab_size"), width);
    builder.add(p + "embeddings.LayerNorm.weight", width);
    builder.add(p + "embeddings.LayerNorm.bias", width);
    String norm = config.text("norm_rel_ebd", "none");
    config.refuseUnless(
        Set.of("none", "layer_norm").contains(norm),
        "norm_rel_ebd \"%s\" is not supported; supported: layer_norm, none".formatted(norm));
    for (int i = 0; i < config.layers("num_hidden_layers"); i++) {
      builder.begin();
      layer(builder, i, width, inner, norm.equals("layer_norm"), distances.rows(), names);
    }
    builder.begin();
    int pooled = config.size("pooler_hidden_size", width);
    config.refuseUnless(pooled == width, "pooler_hidden_size must be hidden_size " + width);
    int labels = Math.max(1, config.members("id2label").size());
    builder.add("pooler.dense.weight", width, width);
    builder.add("pooler.dense.bias", width);
    builder.add("classifier.weight", labels, width);
    builder.add("classifier.bias", labels);
    return builder.architecture(
        config,
        width,
        context,
        new Architecture.Heads(heads, heads, width / heads, true),
        distances::table,
        ScriptTemplates.fill(SCRIPT, names));
  }

  private static void layer(
      ArchitectureBuilder builder,
      int number,
      int width,
      int inner,
      boolean normed,
      int rows,
      Map<String, Object> names) {
    String p = "deberta.encoder.layer." + number + ".";
    String shared = "deberta.encoder.";
    for (String part : List.of("query", "key", "value")) {
      String name = part.substring(0, 1).toUpperCase(Locale.ROOT);
      String own = p + "attention.self." + part + "_proj";
      names.put(name, builder.add(own + ".weight", width, width));
      names.put(name + "_BIAS", builder.add(own + ".bias", width));
    }
    Bert.block(builder, p, width, inner, names);
    String distances = builder.addShared(shared + "rel_embeddings.weight", rows, width);
    if (normed) {
      distances =
          "torch.layer_norm(%s, [%d], %s, %s, %s)"
              .formatted(
                  distances,
                  width,
                  builder.addShared(shared + "LayerNorm.weight", width),
                  builder.addShared(shared + "LayerNorm.bias", width),
                  names.get("EPS"));
    }
    names.put("DISTANCES", distances);
  }

  private static Distances distances(ModelConfig config, int positions) {
    config.refuseUnless(
        config.flag("relative_attention", false), "relative_attention false is not supported");
    config.refuseUnless(
        config.flag("share_att_key", false), "share_att_key false is not supported");
    config.refuseUnless(
        !config.flag("position_biased_input", true), "position_biased_input true is not supported");
    config.refuseUnless(
        config.count("type_vocab_size", 0) == 0, "type_vocab_size above 0 is not supported");
    config.refuseUnless(
        config.count("conv_kernel_size", 0) == 0, "conv_kernel_size above 0 is not supported");
    config.refuseUnless(
        config.isAbsent("embedding_size")
            || config.size("embedding_size") == config.size("hidden_size"),
        "embedding_size other than hidden_size is not supported");
    config.refuseUnless(
        BOTH.equals(Set.copyOf(config.words("pos_att_type"))), "pos_att_type must be c2p and p2c");
    int most = (int) config.number("max_relative_positions", -1);
    int buckets = (int) config.number("position_buckets", -1);
    int longest = most < 1 ? positions : most;
    return new Distances(buckets < 1 ? longest : buckets, buckets < 1 ? 0 : buckets / 2, longest);
  }

  /**
   * Which row of the distance embeddings two positions have.
   *
   * @param side rows to each side
   * @param exact distances up to which each has a row of its own; 0 for all
   * @param longest distance that is told from longer ones, and one
   */
  private record Distances(int side, int exact, int longest) {
    int rows() {
      return 2 * side;
    }

    List<Architecture.Table> table(int tokens) {
      float[] rows = new float[tokens * tokens];
      for (int i = 0; i < tokens; i++) {
        for (int j = 0; j < tokens; j++) {
          rows[i * tokens + j] = Math.max(0, Math.min(2 * side - 1, bucket(i - j) + side));
        }
      }
      return List.of(new Architecture.Table(tokens, tokens, rows));
    }

    /** In float32, as the models were trained: where it rounds, another row would be taken. */
    private int bucket(int distance) {
      int length = Math.abs(distance);
      if (exact == 0 || length <= exact) {
        return distance;
      }
      float share =
          (float) StrictMath.log((float) length / exact)
              / (float) StrictMath.log((float) (longest - 1) / exact);
      return Integer.signum(distance) * ((int) Math.ceil(share * (exact - 1)) + exact);
    }
  }
}
