package lethe.model.torch;

/**
 * The methods of a decoder's layer, composed of two that each family writes:
 *
 * <pre>
 *   project(x, tables, w) -> [q, k, v]    what attention is given, with the positions turned in
 *   finish(x, a, w) -> x                  adds attention's result a, then the feed-forward block
 * </pre>
 *
 * into these, which differ only in what is attended to:
 *
 * <pre>
 *   forward(x, tables, w) -> x                   a whole text
 *   begin(x, tables, w) -> [x, k, v]             a text's first tokens; hands out keys and values
 *   step(x, tables, w, [k, v]) -> [x, k, v]      one more token, after those whose k and v are given
 *   at(table, rows) -> table                     the tables of some positions, for step
 * </pre>
 *
 * Shapes: x is B x T x D; a is B x T x HE; q is B x T x H x E and k, v are B x T x K x E, with H
 * query heads, K key/value heads and E elements per head. w are the layer's tensors.
 */
public final class DecoderLayer {
  private static final String METHODS =
      """
        def forward(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> Tensor:
          qkv = (self).project(x, tables, w, )
          a = (self).attend(qkv[0], qkv[1], qkv[2], ${SCALE}, True, )
          return (self).finish(x, a, w, )
        def begin(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> List[Tensor]:
          qkv = (self).project(x, tables, w, )
          a = (self).attend(qkv[0], qkv[1], qkv[2], ${SCALE}, True, )
          return [(self).finish(x, a, w, ), qkv[1], qkv[2]]
        def step(self, x: Tensor, tables: List[Tensor], w: List[Tensor], past: List[Tensor]) -> List[Tensor]:
          qkv = (self).project(x, tables, w, )
          k = torch.cat([past[0], qkv[1]], 1)
          v = torch.cat([past[1], qkv[2]], 1)
          a = (self).attend(qkv[0], k, v, ${SCALE}, False, )
          return [(self).finish(x, a, w, ), k, v]
        def at(self, table: Tensor, rows: Tensor) -> Tensor:
          return torch.index_select(table, 0, rows)
      """;

  private DecoderLayer() {}

  /**
   * The composed methods and the attention that they call.
   *
   * @param scale of the attention's logits, {@code None} for 1 / sqrt(E)
   */
  public static String methods(String scale) {
    return METHODS.replace("${SCALE}", scale) + ScriptTemplates.ATTEND;
  }

  /**
   * As {@link #methods}, with bounded logits.
   *
   * @param scale of the attention's logits
   * @param cap that bounds them after that, above 0
   */
  public static String capped(double scale, double cap) {
    return METHODS.replace("${SCALE}", String.valueOf(scale))
        + ScriptTemplates.CAPPED_ATTEND.replace("${CAP}", String.valueOf(cap));
  }
}
