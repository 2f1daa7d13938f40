package lethe.model.torch;

/**
 * A layer's forward method rewritten to hand out its keys and values and to take those of earlier
 * positions: {@code begin} for a text's first tokens, {@code step} for one more. Made from the text
 * of {@code forward} itself, so the two cannot drift apart.
 */
public final class CachedLayer {
  private static final String SIGNATURE =
      "  def forward(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> Tensor:";

  private static final String ATTEND = "    a = (self).attend(";
  private static final String END = ", )";
  private static final String RETURN = "    return ";

  private static final String METHODS =
      """
        def hold(self, q: Tensor, k: Tensor, v: Tensor, scale: Optional[float]) -> List[Tensor]:
          return [(self).attend(q, k, v, scale, ), k, v]
        def recall(self, q: Tensor, k: Tensor, v: Tensor, scale: Optional[float], past: List[Tensor]) -> List[Tensor]:
          k1 = torch.cat([past[0], k], 1)
          v1 = torch.cat([past[1], v], 1)
          grouped = torch.ne(torch.size(q, 2), torch.size(k, 2))
          a = torch.scaled_dot_product_attention(torch.transpose(q, 1, 2), torch.transpose(k1, 1, 2), torch.transpose(v1, 1, 2), None, 0., False, scale=scale, enable_gqa=grouped)
          return [torch.reshape(torch.transpose(a, 1, 2), [torch.size(q, 0), torch.size(q, 1), -1]), k1, v1]
        def at(self, table: Tensor, rows: Tensor) -> Tensor:
          return torch.index_select(table, 0, rows)
      """;

  private CachedLayer() {}

  /**
   * The methods {@code begin}, {@code step} and {@code at}.
   *
   * @param script with {@code forward} and {@code attend}
   * @throws IllegalStateException when {@code forward} is not of the form that can be rewritten
   */
  public static String methods(String script) {
    int from = script.indexOf(SIGNATURE);
    int end = script.indexOf("\n  def ", from + 1);
    if (from < 0 || end < 0) {
      throw new IllegalStateException("Cannot rewrite forward: there is no " + SIGNATURE.strip());
    }
    String body = script.substring(from + SIGNATURE.length(), end);
    return METHODS
        + "  def begin(self, x: Tensor, tables: List[Tensor], w: List[Tensor]) -> List[Tensor]:"
        + rewritten(body, "hold", END)
        + "\n  def step(self, x: Tensor, tables: List[Tensor], w: List[Tensor], past: List[Tensor]) -> List[Tensor]:"
        + rewritten(body, "recall", ", past, )")
        + "\n";
  }

  private static String rewritten(String body, String method, String end) {
    StringBuilder text = new StringBuilder();
    int attends = 0;
    for (String line : body.lines().toList()) {
      if (line.startsWith(ATTEND) && line.endsWith(END)) {
        String arguments = line.substring(ATTEND.length(), line.length() - END.length());
        text.append("    kept = (self).").append(method).append('(').append(arguments).append(end);
        text.append("\n    a = kept[0]\n");
        attends++;
      } else if (line.startsWith(RETURN)) {
        text.append("    return [").append(line.substring(RETURN.length()));
        text.append(", kept[1], kept[2]]\n");
      } else {
        text.append(line).append('\n');
      }
    }
    if (attends != 1) {
      throw new IllegalStateException(
          "Cannot rewrite forward: it attends " + attends + " times, not once");
    }
    return text.toString().stripTrailing();
  }
}
