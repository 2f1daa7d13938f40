package lethe.model.torch;

import java.util.Map;

/**
 * TorchScript text with placeholders, and the methods that several architectures call. <code>${C}
 * </code> is the dtype of matrix products, filled when the network is loaded; all else is float32.
 */
public final class ScriptTemplates {
  /**
   * {@code attend}: attention over B x T x heads x size, giving B x T x (heads * size). {@code
   * scale} None is 1 / sqrt(size); {@code causal} hides from every position those after it; a
   * single last position does not need it.
   */
  public static final String ATTEND =
      """
        def attend(self, q: Tensor, k: Tensor, v: Tensor, scale: Optional[float], causal: bool) -> Tensor:
          grouped = torch.ne(torch.size(q, 2), torch.size(k, 2))
          a = torch.scaled_dot_product_attention(torch.transpose(q, 1, 2), torch.transpose(k, 1, 2), torch.transpose(v, 1, 2), None, 0., causal, scale=scale, enable_gqa=grouped)
          return torch.reshape(torch.transpose(a, 1, 2), [torch.size(q, 0), torch.size(q, 1), -1])
      """;

  /**
   * {@code attend} where a <code>${CAP}</code> bounds the scores of queries and keys:
   *
   * <pre>  softmax(c tanh(scale q k / c)) v,   c the cap  </pre>
   *
   * No fused operator has the bound, so all T x T scores of a pass are in memory, in float32. A
   * group of query heads shares its keys without a copy of them, as rows of one matrix.
   */
  public static final String CAPPED_ATTEND =
      """
        def attend(self, q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
          hidden = torch.triu(torch.new_ones(q, [torch.size(q, 1), torch.size(k, 1)], dtype=11), torch.size(k, 1) - torch.size(q, 1) + 1)
          rows = torch.reshape(torch.transpose(q, 1, 2), [torch.size(q, 0), torch.size(k, 2), -1, torch.size(q, 3)])
          z = torch.to(torch.matmul(rows, torch.permute(k, [0, 2, 3, 1])), 6)
          bounded = torch.mul(torch.tanh_(torch.mul_(z, scale / ${CAP})), ${CAP})
          square = torch.reshape(bounded, [torch.size(q, 0), torch.size(q, 2), torch.size(q, 1), torch.size(k, 1)])
          p = torch.softmax(torch.masked_fill_(square, hidden, -1.0e30), -1)
          a = torch.matmul(torch.reshape(torch.to(p, ${C}), torch.size(z)), torch.transpose(v, 1, 2))
          heads = torch.reshape(a, [torch.size(q, 0), torch.size(q, 2), torch.size(q, 1), torch.size(q, 3)])
          return torch.reshape(torch.transpose(heads, 1, 2), [torch.size(q, 0), torch.size(q, 1), -1])
      """;

  /**
   * {@code rope}: turns the first elements of each head, twice as many as the tables have columns;
   * pair (i, i + columns) by one angle.
   */
  public static final String ROPE =
      """
        def rope(self, x: Tensor, tables: List[Tensor]) -> Tensor:
          cos = torch.unsqueeze(tables[0], 1)
          sin = torch.unsqueeze(tables[1], 1)
          half = torch.size(cos, 2)
          p = torch.split_with_sizes(x, [half, half, torch.size(x, 3) - 2 * half], 3)
          left = torch.addcmul(torch.mul(p[0], cos), p[1], sin, value=-1)
          right = torch.addcmul(torch.mul(p[1], cos), p[0], sin)
          return torch.cat([left, right, p[2]], 3)
      """;

  private ScriptTemplates() {}

  /**
   * Replaces each <code>${name}</code> by its value, in any order, since values contain no
   * placeholders.
   */
  public static String fill(String template, Map<String, ?> values) {
    String text = template;
    for (Map.Entry<String, ?> value : values.entrySet()) {
      text = text.replace("${" + value.getKey() + "}", String.valueOf(value.getValue()));
    }
    return text;
  }
}
