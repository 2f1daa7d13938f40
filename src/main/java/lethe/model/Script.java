package lethe.model;

import java.util.Map;

/** TorchScript text with places to fill, and the methods that several architectures call. */
final class Script {
  /**
   * {@code attend}: causal attention over B x T x heads x size, giving B x T x (heads * size).
   * {@code scale} None is 1 / sqrt(size).
   */
  static final String ATTEND =
      """
        def attend(self, q: Tensor, k: Tensor, v: Tensor, scale: Optional[float]) -> Tensor:
          grouped = torch.ne(torch.size(q, 2), torch.size(k, 2))
          a = torch.scaled_dot_product_attention(torch.transpose(q, 1, 2), torch.transpose(k, 1, 2), torch.transpose(v, 1, 2), None, 0., True, scale=scale, enable_gqa=grouped)
          return torch.reshape(torch.transpose(a, 1, 2), [torch.size(q, 0), torch.size(q, 1), -1])
      """;

  /**
   * {@code rope}: turns the first elements of each head, as many as the tables have columns; pair
   * (i, i + columns / 2) by one angle.
   */
  static final String ROPE =
      """
        def rope(self, x: Tensor, tables: List[Tensor]) -> Tensor:
          cos = torch.unsqueeze(tables[0], 1)
          sin = torch.unsqueeze(tables[1], 1)
          r = torch.size(tables[0], 1)
          half = torch.floordiv(r, 2)
          part = torch.narrow(x, 3, 0, r)
          swapped = torch.cat([torch.neg(torch.narrow(part, 3, half, half)), torch.narrow(part, 3, 0, half)], 3)
          turned = torch.add(torch.mul(part, cos), torch.mul(swapped, sin))
          if torch.lt(r, torch.size(x, 3)):
            y = torch.cat([turned, torch.narrow(x, 3, r, torch.sub(torch.size(x, 3), r))], 3)
          else:
            y = turned
          return y
      """;

  private Script() {}

  /** Replaces each <code>${name}</code> by its value, in any order: values hold no names. */
  static String fill(String template, Map<String, ?> values) {
    String text = template;
    for (Map.Entry<String, ?> value : values.entrySet()) {
      text = text.replace("${" + value.getKey() + "}", String.valueOf(value.getValue()));
    }
    return text;
  }
}
